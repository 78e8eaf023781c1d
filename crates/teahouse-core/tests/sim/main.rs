//! The seeded simulation: a log, nodes that die, connections that break, clients that vanish, in one
//! process without sockets, clock or runtime. It drives the machines of the core as the server does and
//! checks the promises of Teahouse after everything that happens.
//!
//! `TEAHOUSE_SIM_SEED=7` runs one seed alone and prints what happened in it, `TEAHOUSE_SIM_SEEDS=100000`
//! more of them.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};

use checks::{Broken, Promise};
use fault::Mutation;
use outside::Tally;
use world::{Ended, World};

mod checks;
mod client;
mod deeds;
mod fault;
mod log;
mod net;
mod node;
mod node_room;
mod outbox;
mod outside;
mod rng;
mod world;

/// So many worlds each time that the tests run.
const SEEDS: u64 = 1_000;
/// As many as the machines that run the tests have cores.
const THREADS: u64 = 2;

fn run(seed: u64, mutation: Mutation, traced: bool) -> Ended {
    let world = catch_unwind(AssertUnwindSafe(|| World::new(seed, mutation, traced).run()));
    world.unwrap_or_else(|panic| {
        let said = panic.downcast_ref::<String>().cloned();
        let said = said.or_else(|| panic.downcast_ref::<&str>().map(|said| (*said).to_owned()));
        let how = said.unwrap_or_else(|| "a panic without words".into());
        let broken = Some(Broken { promise: Promise::Assertion, how });
        Ended { tally: Tally::default(), broken, trace: Vec::new() }
    })
}

/// Runs seeds on all cores until one of them ends as `wanted`; the lowest such seed of those that ran.
fn first(seeds: u64, mutation: Mutation, wanted: impl Fn(&Ended) -> bool + Sync) -> (Option<u64>, Tally) {
    let (next, found) = (AtomicU64::new(0), AtomicU64::new(u64::MAX));
    let tally = std::sync::Mutex::new(Tally::default());
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= seeds.min(found.load(Ordering::Relaxed)) {
                        return;
                    }
                    let ended = run(seed, mutation, false);
                    tally.lock().expect("no thread panics").add(&ended.tally);
                    if wanted(&ended) {
                        found.fetch_min(seed, Ordering::Relaxed);
                    }
                }
            });
        }
    });
    let found = Some(found.into_inner()).filter(|seed| *seed != u64::MAX);
    (found, tally.into_inner().expect("no thread panics"))
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name)
        .ok()
        .map(|value| value.parse().unwrap_or_else(|_| panic!("{name} is no number: {value}")))
}

/// The last lines of what happened in a world, and how much of it there was.
fn told(seed: u64, ended: &Ended, lines: usize) -> String {
    let last = ended.trace.len().saturating_sub(lines);
    format!("{}\nseed {seed}: {}", ended.trace[last..].join("\n"), ended.tally)
}

#[test]
fn the_promises_hold() {
    if let Some(seed) = number("TEAHOUSE_SIM_SEED") {
        let ended = run(seed, Mutation::None, true);
        println!("{}", told(seed, &ended, usize::MAX));
        assert!(ended.broken.is_none(), "seed {seed}: {:?}", ended.broken);
        return;
    }
    let seeds = number("TEAHOUSE_SIM_SEEDS").unwrap_or(SEEDS);
    let (found, tally) = first(seeds, Mutation::None, |ended| ended.broken.is_some());
    if let Some(seed) = found {
        let ended = run(seed, Mutation::None, true);
        println!("{}", told(seed, &ended, 120));
        panic!(
            "seed {seed}: {:?}\nThe whole of it: TEAHOUSE_SIM_SEED={seed} \
             cargo test -p teahouse-core --test sim the_promises -- --nocapture",
            ended.broken
        );
    }
    println!("{seeds} seeds: {tally}");
}

/// Without this a seed that was printed could not be run again.
#[test]
fn a_seed_is_one_world() {
    for seed in 0..10 {
        let (one, other) = (run(seed, Mutation::None, true), run(seed, Mutation::None, true));
        assert!(one.trace.len() > 100, "seed {seed}: nothing happens");
        for (line, again) in one.trace.iter().zip(&other.trace) {
            assert_eq!(line, again, "seed {seed}");
        }
        assert_eq!(one.trace.len(), other.trace.len(), "seed {seed}");
    }
}

/// Each broken rule, and the promise that must be seen to be broken.
const BITES: &[(Mutation, Promise)] = &[
    (Mutation::AckBeforeDurable, Promise::Once),
    (Mutation::DeliverBeforeCommit, Promise::Truth),
    (Mutation::SkipCatchUp, Promise::Wire),
    (Mutation::ForgetGate, Promise::SenderOrder),
    (Mutation::IgnoreMissing, Promise::Quiet),
    (Mutation::DeliverHints, Promise::Wire),
    (Mutation::IgnoreJump, Promise::Wire),
    (Mutation::LiveWithoutAsking, Promise::Wire),
    (Mutation::NeverCompare, Promise::Quiet),
    (Mutation::HoleUnsaid, Promise::Order),
    (Mutation::ForgetCheck, Promise::Truth),
    (Mutation::ForgetRights, Promise::Rights),
    (Mutation::ForgetLeave, Promise::Here),
    (Mutation::NeverPause, Promise::Bound),
    (Mutation::ReadEverything, Promise::Bound),
    (Mutation::StoreTwice, Promise::Once),
    (Mutation::AnswerUnsynced, Promise::Once),
    (Mutation::ClientWithoutDedupe, Promise::Order),
    (Mutation::ClientForgetsOutbox, Promise::Quiet),
    (Mutation::ClientSwapsOutbox, Promise::SenderOrder),
];

#[test]
fn every_broken_rule_is_found() {
    let missed: Vec<_> = BITES
        .iter()
        .filter(|(mutation, promise)| {
            let sees = |ended: &Ended| ended.broken.as_ref().is_some_and(|broken| broken.promise == *promise);
            let (found, _) = first(SEEDS, *mutation, sees);
            let how = found.and_then(|seed| run(seed, *mutation, false).broken).map(|broken| broken.how);
            println!("{mutation:?}: seed {found:?}: {how:?}");
            found.is_none()
        })
        .collect();
    assert!(missed.is_empty(), "no seed of {SEEDS} shows that these checks bite: {missed:?}");
}
