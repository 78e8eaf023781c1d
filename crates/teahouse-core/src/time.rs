//! The time that every machine is given: milliseconds of a clock that only goes forward.

use std::ops::Add;

/// A moment, in milliseconds since the driver started. It says nothing of the date.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Moment(pub u64);

impl Moment {
    /// How many milliseconds lie between `earlier` and this moment; 0 if it is not earlier.
    #[must_use]
    pub fn since_ms(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

impl Add<u64> for Moment {
    type Output = Self;

    fn add(self, ms: u64) -> Self {
        Self(self.0.saturating_add(ms))
    }
}
