//! Which harm a proxy does when: drawn from a seed and counted in bytes, so that a seed means something.
//!
//! It opens nothing and waits for nothing; `pump.rs` carries out what is drawn here.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::chance::Chance;

/// The direction of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// From the client to the house.
    Up,
    /// From the house to the client.
    Down,
}

/// The kinds of harm, as they are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The connection is accepted and closed at once.
    Refuse,
    /// The connection is accepted, and nobody says anything.
    Ignore,
    /// Both ends get a reset in the middle of bytes.
    Reset,
    /// Both ends get an end in the middle of bytes.
    End,
    /// Nothing goes on in one direction for a while.
    Stall,
    /// Nothing goes on in both directions for a while.
    Freeze,
    /// Nothing goes on for a while, then the connection is cut.
    StallThenCut,
    /// Half of what was read goes on, then the connection is cut.
    HalveThenCut,
    /// Half of what was read goes on, the rest later.
    HalveThenLate,
    /// A short pause.
    Delay,
    /// Bytes go on in pieces of one to seven.
    Split,
    /// Bytes are held back until there are many, or a while has passed, as a proxy that buffers does.
    Buffer,
    /// The house gets everything and answers; the connection is cut before the answer goes on.
    LoseAnswer,
    /// Somebody had every connection of the proxy cut.
    CutAll,
    /// A request of a kind that is blocked got a refusal, or none at all.
    Block,
}

/// One drawn fault: what, and the numbers that belong to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) kind: Kind,
    /// How long, where it takes time.
    pub(crate) pause: Duration,
    /// How many bytes, where that matters.
    pub(crate) bytes: usize,
}

/// How often a proxy does harm, and of which kind.
#[derive(Debug, Clone)]
pub struct Rates {
    /// Connections of a hundred that are refused or ignored.
    pub opening_percent: u64,
    /// Mean number of bytes from the client between two faults.
    pub up_bytes: u64,
    /// Mean number of bytes from the house between two faults.
    pub down_bytes: u64,
    /// Longest stall.
    pub stall: Duration,
    /// How often each kind comes, compared with the others.
    pub weights: &'static [(Kind, u64)],
}

/// Every kind that happens in the middle of a connection.
const ROUGH: &[(Kind, u64)] = &[
    (Kind::Reset, 6),
    (Kind::End, 6),
    (Kind::Stall, 8),
    (Kind::Freeze, 4),
    (Kind::StallThenCut, 4),
    (Kind::HalveThenCut, 8),
    (Kind::HalveThenLate, 10),
    (Kind::Delay, 14),
    (Kind::Split, 14),
    (Kind::Buffer, 12),
    (Kind::LoseAnswer, 14),
];

/// Of these, what makes a line slow and never breaks it.
const LATE: &[(Kind, u64)] = &[
    (Kind::Stall, 4),
    (Kind::Freeze, 2),
    (Kind::HalveThenLate, 5),
    (Kind::Delay, 7),
    (Kind::Split, 7),
    (Kind::Buffer, 6),
];

impl Rates {
    /// Everything that can go wrong, often.
    #[must_use]
    pub fn rough() -> Self {
        Self {
            opening_percent: 8,
            up_bytes: 2_500,
            down_bytes: 25_000,
            stall: Duration::from_millis(1_200),
            weights: ROUGH,
        }
    }

    /// Sockets that take little and late, and are never cut.
    #[must_use]
    pub fn slow() -> Self {
        Self {
            opening_percent: 0,
            up_bytes: 300,
            down_bytes: 2_000,
            stall: Duration::from_secs(3),
            weights: LATE,
        }
    }

    /// The same without what breaks a connection.
    #[must_use]
    pub fn uncut(self) -> Self {
        let weights = if self.weights.is_empty() { &[] } else { LATE };
        Self { opening_percent: 0, weights, ..self }
    }

    /// Nothing at all.
    #[must_use]
    pub fn none() -> Self {
        Self { weights: &[], opening_percent: 0, ..Self::rough() }
    }

    /// What happens to a connection before its first byte.
    pub(crate) fn opening(&self, chance: &mut Chance) -> Option<Fault> {
        let kind = if chance.percent(50) { Kind::Refuse } else { Kind::Ignore };
        let fault = Fault { kind, pause: self.pause(kind, chance), bytes: 0 };
        chance.percent(self.opening_percent).then_some(fault)
    }

    /// After how many more bytes of that direction what happens.
    pub(crate) fn next(&self, way: Way, chance: &mut Chance) -> Option<(u64, Fault)> {
        let mean = if way == Way::Up { self.up_bytes } else { self.down_bytes };
        // One in four comes at once: in a head, in the handshake, in the first frame.
        let after = if chance.percent(25) { chance.below(200) } else { chance.below(2 * mean) };
        let total: u64 = self.weights.iter().map(|(_, weight)| weight).sum();
        let mut ticket = chance.below(total);
        let (kind, _) = self.weights.iter().find(|(_, weight)| {
            let hit = ticket < *weight;
            ticket = ticket.saturating_sub(*weight);
            hit
        })?;
        let fault =
            Fault { kind: *kind, pause: self.pause(*kind, chance), bytes: Self::bytes(*kind, chance) };
        Some((after, fault))
    }

    fn pause(&self, kind: Kind, chance: &mut Chance) -> Duration {
        let longest = u64::try_from(self.stall.as_millis()).unwrap_or(u64::MAX);
        let ms = match kind {
            Kind::Stall | Kind::Freeze | Kind::StallThenCut | Kind::Ignore => {
                chance.from(50, longest.max(50))
            }
            Kind::LoseAnswer => 1_000,
            Kind::HalveThenLate | Kind::Buffer => chance.from(20, 300),
            Kind::Delay => chance.from(1, 60),
            _ => 0,
        };
        Duration::from_millis(ms)
    }

    fn bytes(kind: Kind, chance: &mut Chance) -> usize {
        let bytes = match kind {
            Kind::Split => chance.from(8, 160),
            Kind::Buffer => chance.from(512, 32 * 1024),
            _ => 0,
        };
        usize::try_from(bytes).expect("some kilobytes fit")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_kind_comes_and_a_seed_repeats_them() {
        let rates = Rates::rough();
        let draw = |seed| {
            let mut chance = Chance::new(seed);
            (0..2_000).map(|_| rates.next(Way::Up, &mut chance)).collect::<Vec<_>>()
        };
        assert_eq!(draw(3), draw(3));
        assert_ne!(draw(3), draw(4));
        let kinds: BTreeSet<Kind> = draw(3).into_iter().flatten().map(|(_, fault)| fault.kind).collect();
        assert_eq!(kinds, ROUGH.iter().map(|(kind, _)| *kind).collect());
    }

    #[test]
    fn openings_come_as_often_as_asked() {
        let count = |rates: &Rates| {
            let mut chance = Chance::new(5);
            (0..10_000).filter(|_| rates.opening(&mut chance).is_some()).count()
        };
        assert_eq!(count(&Rates::slow()), 0);
        assert!((600..1_000).contains(&count(&Rates::rough())), "{}", count(&Rates::rough()));
        assert_eq!(Rates::none().next(Way::Down, &mut Chance::new(1)), None);
    }
}
