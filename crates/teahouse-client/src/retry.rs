//! How long to wait before the next try. Chance and time come from outside.

use std::time::Duration;

/// The pauses between tries: full jitter below a bound that doubles.
///
/// Full jitter (a uniform draw from zero to the bound) spreads ten thousand clients of a server that
/// restarts; a fixed pause would bring them all back in the same moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    /// The first bound.
    pub least: Duration,
    /// The last bound.
    pub most: Duration,
}

impl Default for Backoff {
    fn default() -> Self {
        Self { least: Duration::from_millis(500), most: Duration::from_secs(20) }
    }
}

impl Backoff {
    /// The pause before try number `attempt` (0 is the first), for a uniform `random`.
    #[must_use]
    pub fn pause(&self, attempt: u32, random: u64) -> Duration {
        let bound = self.least.saturating_mul(1 << attempt.min(16)).min(self.most);
        let bound_ms = u64::try_from(bound.as_millis()).unwrap_or(u64::MAX).min(u64::from(u32::MAX));
        // 32 bits of chance times 32 bits of bound cannot overflow.
        Duration::from_millis((bound_ms * (random >> 32)) >> 32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(attempt: u32, random: u64, expected_ms: u64) {
        assert_eq!(Backoff::default().pause(attempt, random), Duration::from_millis(expected_ms));
    }

    #[test]
    fn doubles_up_to_the_bound() {
        check(0, 0, 0);
        check(0, u64::MAX, 499);
        check(0, u64::MAX / 2, 249);
        check(1, u64::MAX, 999);
        check(5, u64::MAX, 15_999);
        check(6, u64::MAX, 19_999);
        check(u32::MAX, u64::MAX, 19_999);
        check(u32::MAX, 0, 0);
    }
}
