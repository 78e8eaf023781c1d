//! The only source of chance of a run: splitmix64 (Steele, Lea, Flood 2014), one stream for each user.
//!
//! A seed has to choose the same faults for as long as this repository lives, whatever a crate changes,
//! and what one connection draws must not depend on how busy another one is.

/// A stream of numbers that a seed determines.
#[derive(Debug, Clone)]
pub struct Chance(u64);

impl Chance {
    /// The stream of a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let mut chance = Self(seed);
        chance.draw();
        chance
    }

    /// A stream of its own for somebody numbered `whose`, whatever this one has drawn or will draw.
    #[must_use]
    pub fn stream(&self, whose: u64) -> Self {
        Self::new(self.0 ^ Self::new(whose.wrapping_mul(0x2545_f491_4f6c_dd1d)).draw())
    }

    /// The next number.
    pub fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// From 0 to `end` - 1; 0 when there is nothing to choose from.
    pub fn below(&mut self, end: u64) -> u64 {
        self.draw() % end.max(1)
    }

    /// From `low` to `high`, both included.
    pub fn from(&mut self, low: u64, high: u64) -> u64 {
        low + self.below(high - low + 1)
    }

    /// True that many times of a hundred.
    pub fn percent(&mut self, chance: u64) -> bool {
        self.below(100) < chance
    }

    /// An index into something of that length, which is not empty.
    pub fn index(&mut self, len: usize) -> usize {
        usize::try_from(self.below(len as u64)).expect("an index fits")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_chooses_and_streams_are_apart() {
        let draws = |mut chance: Chance| (0..4).map(|_| chance.draw()).collect::<Vec<_>>();
        assert_eq!(draws(Chance::new(7)), draws(Chance::new(7)));
        assert_ne!(draws(Chance::new(7)), draws(Chance::new(8)));
        let one = Chance::new(7);
        assert_eq!(draws(one.stream(1)), draws(one.stream(1)));
        assert_ne!(draws(one.stream(1)), draws(one.stream(2)));
        assert_ne!(draws(one.stream(0)), draws(one));
    }

    #[test]
    fn stays_within_its_bounds() {
        let mut chance = Chance::new(1);
        for _ in 0..1000 {
            assert!((3..=5).contains(&chance.from(3, 5)));
            assert!(chance.index(4) < 4);
            assert!(!chance.percent(0) && chance.percent(100));
        }
        assert_eq!(chance.below(0), 0);
    }
}
