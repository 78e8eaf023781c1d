//! A run in a few lines: counted from its history, for people.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::broken::{Harm, Violation, harms};
use crate::fault::Kind;
use crate::history::{Deed, Operation};
use crate::trouble::Trouble;

/// What a run was made of, and what came of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// Harm that was done, by kind.
    pub faults: BTreeMap<Kind, u64>,
    /// What was done to the house.
    pub deeds: BTreeMap<Deed, u64>,
    /// Clients by the transport with which they began.
    pub begun: BTreeMap<String, u64>,
    /// Times that a client went on over another transport, by the new one.
    pub switches: BTreeMap<String, u64>,
    /// Messages that were sent.
    pub sent: u64,
    /// Of these, acknowledged.
    pub acknowledged: u64,
    /// Of these, acknowledged as a repeat: the first answer had been lost.
    pub repeats: u64,
    /// Of these, refused for good.
    pub refused: u64,
    /// Of these, nobody knows: their client left.
    pub unknown: u64,
    /// Events that readers were told.
    pub told: u64,
    /// Readers in rooms.
    pub readings: usize,
    /// Holes that readers were told of.
    pub holes: u64,
    /// What befell hosts.
    pub troubles: BTreeMap<Trouble, u64>,
    /// Messages that their client kept for later, by what the house said.
    pub held: BTreeMap<&'static str, u64>,
    /// What was measured: its name, and what came out.
    pub figures: Vec<(String, String)>,
    /// Broken promises, by what they do to people.
    pub harms: BTreeMap<Harm, usize>,
}

impl Summary {
    /// Counts.
    #[must_use]
    pub fn new(history: &[Operation], violations: &[Violation]) -> Self {
        let mut summary = Self { harms: harms(violations), ..Self::default() };
        let mut readings = BTreeSet::new();
        let mut answered = BTreeSet::new();
        for operation in history {
            match operation {
                Operation::Sent { .. } => summary.sent += 1,
                Operation::Acknowledged { sender, number, repeat, .. } => {
                    let first = answered.insert((sender, number));
                    summary.acknowledged += u64::from(first);
                    summary.repeats += u64::from(first && *repeat);
                }
                Operation::Refused { .. } => summary.refused += 1,
                Operation::Unknown { .. } => summary.unknown += 1,
                Operation::Began { reader, room, .. } => drop(readings.insert((reader, room))),
                Operation::Told { .. } => summary.told += 1,
                Operation::Hole { .. } => summary.holes += 1,
                Operation::Fault { kind, .. } => *summary.faults.entry(*kind).or_default() += 1,
                Operation::Befell { trouble, over: false, .. } => {
                    *summary.troubles.entry(*trouble).or_default() += 1;
                }
                Operation::Held { code, .. } => *summary.held.entry(code.as_str()).or_default() += 1,
                Operation::House { deed } => *summary.deeds.entry(*deed).or_default() += 1,
                Operation::Switched { before, transport, .. } => {
                    let counts = if before.is_some() { &mut summary.switches } else { &mut summary.begun };
                    *counts.entry(transport.clone()).or_default() += 1;
                }
                _ => {}
            }
        }
        summary.readings = readings.len();
        summary
    }

    /// All harm that was done.
    #[must_use]
    pub fn faults_total(&self) -> u64 {
        self.faults.values().chain(self.troubles.values()).sum()
    }

    fn harm(&self, harm: Harm) -> usize {
        self.harms.get(&harm).copied().unwrap_or(0)
    }

    fn deed(&self, deed: Deed) -> u64 {
        self.deeds.get(&deed).copied().unwrap_or(0)
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kinds = self.faults.iter().map(|(kind, count)| format!("{} {count}", word(kind)));
        let kinds = kinds.collect::<Vec<_>>().join(", ");
        writeln!(f, "faults    {}: {kinds}", self.faults_total())?;
        if !self.troubles.is_empty() {
            let troubles = self.troubles.iter().map(|(trouble, count)| format!("{trouble} {count}"));
            let troubles = troubles.collect::<Vec<_>>().join(", ");
            writeln!(f, "troubles  {}: {troubles}", self.troubles.values().sum::<u64>())?;
        }
        let (killed, drained) = (self.deed(Deed::Killed), self.deed(Deed::Drained));
        writeln!(f, "restarts  {}: {killed} after SIGKILL, {drained} after SIGTERM", killed + drained)?;
        let named = |counts: &BTreeMap<String, u64>| {
            let named = counts.iter().map(|(transport, count)| format!("{transport} {count}"));
            format!("{}: {}", counts.values().sum::<u64>(), named.collect::<Vec<_>>().join(", "))
        };
        writeln!(f, "clients   {}", named(&self.begun))?;
        writeln!(f, "switches  {}", named(&self.switches))?;
        writeln!(
            f,
            "messages  {} sent, {} acknowledged ({} after a lost answer), {} refused, {} unknown",
            self.sent, self.acknowledged, self.repeats, self.refused, self.unknown
        )?;
        writeln!(f, "told      {} events in {} readings, {} holes", self.told, self.readings, self.holes)?;
        if !self.held.is_empty() {
            let held = self.held.iter().map(|(code, count)| format!("{code} {count}"));
            writeln!(f, "held      {}", held.collect::<Vec<_>>().join(", "))?;
        }
        for (name, figure) in &self.figures {
            writeln!(f, "{name}: {figure}")?;
        }
        let [lost, repeated, swapped, other] =
            [Harm::Lost, Harm::Repeated, Harm::Swapped, Harm::Other].map(|harm| self.harm(harm));
        write!(f, "lost {lost}, repeated {repeated}, swapped {swapped}, other {other}")
    }
}

/// The name of a kind as it is in the history.
fn word(kind: &Kind) -> String {
    let name = serde_json::to_value(kind).ok();
    name.and_then(|name| name.as_str().map(|name| name.replace('_', " "))).unwrap_or_default()
}
