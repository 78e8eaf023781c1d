//! Rates: a token bucket, which allows a burst and then so many a second.

use crate::Moment;

/// How often something may happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// How many a second in the long run; at least 1.
    pub per_second: u32,
    /// How many at once after a pause; at least 1.
    pub burst: u32,
}

/// What is left of a rate. A new bucket is full.
#[derive(Debug, Clone, Copy, Default)]
pub struct Bucket {
    /// Thousandths of a token that were used and have not come back yet.
    used_milli: u64,
    at: Moment,
}

impl Bucket {
    /// Takes one token, or says how many milliseconds to wait for it.
    ///
    /// # Errors
    /// The waiting time, at least 1 ms; nothing was taken.
    pub fn take(&mut self, rate: Rate, now: Moment) -> Result<(), u64> {
        // A thousandth of a token comes back `per_second` times a millisecond.
        let back = now.since_ms(self.at).saturating_mul(u64::from(rate.per_second));
        self.used_milli = self.used_milli.saturating_sub(back);
        self.at = self.at.max(now);
        let room = u64::from(rate.burst) * 1000;
        if self.used_milli + 1000 <= room {
            self.used_milli += 1000;
            return Ok(());
        }
        let missing = self.used_milli + 1000 - room;
        Err(missing.div_ceil(u64::from(rate.per_second).max(1)))
    }

    /// Whether the bucket is full again, so that it need not be kept.
    #[must_use]
    pub fn is_full(&self, rate: Rate, now: Moment) -> bool {
        now.since_ms(self.at).saturating_mul(u64::from(rate.per_second)) >= self.used_milli
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_burst_then_a_steady_rate() {
        let rate = Rate { per_second: 10, burst: 3 };
        let mut bucket = Bucket::default();
        for _ in 0..3 {
            assert_eq!(bucket.take(rate, Moment(5)), Ok(()));
        }
        assert_eq!(bucket.take(rate, Moment(5)), Err(100));
        assert_eq!(bucket.take(rate, Moment(104)), Err(1));
        assert_eq!(bucket.take(rate, Moment(105)), Ok(()));
        assert!(!bucket.is_full(rate, Moment(105)));
        assert!(bucket.is_full(rate, Moment(405)));
    }

    proptest! {
        #[test]
        fn never_more_than_the_burst_and_the_rate(gaps in prop::collection::vec(0u64..500, 1..200)) {
            let rate = Rate { per_second: 7, burst: 5 };
            let (mut bucket, mut now, mut taken) = (Bucket::default(), Moment(0), 0u64);
            for gap in gaps {
                now = now + gap;
                match bucket.take(rate, now) {
                    Ok(()) => taken += 1,
                    Err(wait) => {
                        let mut later = bucket;
                        prop_assert_eq!(later.take(rate, now + wait), Ok(()));
                    }
                }
                prop_assert!(taken <= 5 + now.0 * 7 / 1000);
            }
        }
    }
}
