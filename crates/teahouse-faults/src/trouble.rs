//! What befalls hosts and the links between them: drawn from a seed, so that a seed means something.
//!
//! It does nothing; `cluster.rs` carries out what is drawn here.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::chance::Chance;
use crate::hosts::Cut;

/// The kinds of trouble, as they are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trouble {
    /// A node cannot reach PostgreSQL.
    CutDatabase,
    /// A node cannot reach NATS.
    CutNats,
    /// The balancer cannot reach a node.
    CutFront,
    /// NATS is killed, and started again later.
    StopNats,
    /// PostgreSQL is stopped (fast), and started again later.
    StopDatabase,
    /// PostgreSQL is stopped as by a crash (immediate), and has to recover.
    CrashDatabase,
    /// PostgreSQL and its connections stand still.
    FreezeDatabase,
    /// A node is killed (SIGKILL), and started again later.
    KillNode,
    /// A node's host loses its power: nobody is told that its connections are gone.
    LoseHost,
    /// All nodes are drained (SIGTERM) and started again, one after the other.
    RollNodes,
    /// A node's clock is wrong.
    SkewClock,
    /// PostgreSQL has no place to write.
    FillDisk,
}

/// One drawn trouble, and the numbers that belong to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Drawn {
    /// What.
    pub trouble: Trouble,
    /// Which node, where that matters.
    pub node: usize,
    /// How, where a link is cut.
    pub cut: Cut,
    /// How wrong, where a clock is, in seconds.
    pub skew_s: i64,
    /// How long.
    pub lasts: Duration,
}

impl std::fmt::Display for Trouble {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::CutDatabase => "cut from PostgreSQL",
            Self::CutNats => "cut from NATS",
            Self::CutFront => "cut from the balancer",
            Self::StopNats => "NATS stopped",
            Self::StopDatabase => "PostgreSQL stopped",
            Self::CrashDatabase => "PostgreSQL crashed",
            Self::FreezeDatabase => "PostgreSQL frozen",
            Self::KillNode => "node killed",
            Self::LoseHost => "host lost",
            Self::RollNodes => "rolling restart",
            Self::SkewClock => "clock skewed",
            Self::FillDisk => "disk full",
        })
    }
}

impl Drawn {
    /// A trouble that nothing was drawn for.
    pub(crate) fn plain(trouble: Trouble) -> Self {
        Self { trouble, node: 0, cut: Cut::Near, skew_s: 0, lasts: Duration::ZERO }
    }
}

impl Trouble {
    /// Every kind.
    pub const ALL: [Self; 12] = [
        Self::CutDatabase,
        Self::CutNats,
        Self::CutFront,
        Self::StopNats,
        Self::StopDatabase,
        Self::CrashDatabase,
        Self::FreezeDatabase,
        Self::KillNode,
        Self::LoseHost,
        Self::RollNodes,
        Self::SkewClock,
        Self::FillDisk,
    ];

    /// Whether both can be done and undone without looking at each other.
    fn bears(self, other: Self) -> bool {
        use Trouble::{
            CrashDatabase, CutDatabase, CutFront, CutNats, FillDisk, FreezeDatabase, KillNode, LoseHost,
            RollNodes, StopDatabase, StopNats,
        };
        let server = |it| matches!(it, StopDatabase | CrashDatabase | FreezeDatabase | FillDisk);
        let host = |it| matches!(it, CutDatabase | CutNats | CutFront | KillNode | LoseHost);
        let both = |one: &dyn Fn(Self) -> bool, two: &dyn Fn(Self) -> bool| {
            (one(self) && two(other)) || (one(other) && two(self))
        };
        // Who is asked to stop wants the store to finish its work, and has to succeed; without NATS, too.
        let alone = both(&|it| it == RollNodes, &|it| !matches!(it, StopNats | CutNats));
        self != other && !alone && !both(&server, &server) && !both(&|it| it == LoseHost, &host)
    }

    /// When it is undone, if others are to be undone, too: a node has to start with its store, and without
    /// NATS.
    pub(crate) fn turn(self) -> u8 {
        match self {
            Self::KillNode | Self::LoseHost => 1,
            Self::StopNats | Self::CutNats => 2,
            _ => 0,
        }
    }
}

/// What happens in turn: sometimes two troubles at once, each kind once before any comes again.
#[must_use]
pub fn draw(count: usize, nodes: usize, lasts_ms_max: u64, chance: &mut Chance) -> Vec<Vec<Drawn>> {
    let mut left = Vec::new();
    let mut scenes = Vec::new();
    let mut drawn = 0;
    while drawn < count {
        let first = one(&mut left, nodes, lasts_ms_max, chance);
        let mut scene = vec![first];
        if drawn + 1 < count && chance.percent(30) {
            let second = one(&mut left, nodes, lasts_ms_max, chance);
            if first.trouble.bears(second.trouble) {
                scene.push(second);
            } else {
                left.push(second.trouble);
            }
        }
        drawn += scene.len();
        scenes.push(scene);
    }
    scenes
}

fn one(left: &mut Vec<Trouble>, nodes: usize, lasts_ms_max: u64, chance: &mut Chance) -> Drawn {
    if left.is_empty() {
        left.extend(Trouble::ALL);
    }
    let trouble = left.swap_remove(chance.index(left.len()));
    let seconds = [3_600, -90, 86_400, -7_200, 5, -3];
    Drawn {
        trouble,
        node: chance.index(nodes),
        cut: Cut::ALL[chance.index(Cut::ALL.len())],
        skew_s: seconds[chance.index(seconds.len())],
        lasts: Duration::from_millis(chance.from(300, lasts_ms_max.max(300))),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_restart_goes_with_a_bus_that_is_away_and_with_nothing_else() {
        let company = Trouble::ALL.into_iter().filter(|it| it.bears(Trouble::RollNodes));
        assert_eq!(company.collect::<Vec<_>>(), [Trouble::CutNats, Trouble::StopNats]);
        for (one, other) in Trouble::ALL.iter().flat_map(|one| Trouble::ALL.map(|other| (*one, other))) {
            assert_eq!(one.bears(other), other.bears(one), "{one}, {other}");
        }
    }

    #[test]
    fn every_kind_comes_before_any_comes_again() {
        for seed in 0..50 {
            let draw = |count| draw(count, 3, 3_500, &mut Chance::new(seed));
            let scenes = draw(12);
            let kinds: Vec<Trouble> = scenes.iter().flatten().map(|it| it.trouble).collect();
            assert_eq!(kinds.iter().collect::<BTreeSet<_>>().len(), 12, "seed {seed}: {kinds:?}");
            assert_eq!(scenes, draw(12));
            let apart = |scene: &[Drawn]| scene.len() == 1 || scene[0].trouble.bears(scene[1].trouble);
            assert!(scenes.iter().all(|scene| apart(scene)));
        }
    }
}
