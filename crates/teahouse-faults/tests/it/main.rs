//! The real program under faults: nothing is lost, repeated or swapped; see `docs/faults.md`.
//!
//! `TEAHOUSE_FAULT_SEED=7` repeats the choices of one run; the seed of a failure is printed.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "these are tests, their helpers too")]

use std::collections::BTreeSet;
use std::fs::File;
use std::io::BufWriter;

use teahouse_client::Transport;
use teahouse_faults::fault::{Kind, Rates};
use teahouse_faults::front::Front;
use teahouse_faults::history::{self, Operation};
use teahouse_faults::house::Limits;
use teahouse_faults::nginx::Passing;
use teahouse_faults::run::{Outcome, Plan, run};

/// Several nodes.
mod nodes;

/// The seed that was asked for, or any.
fn seed(name: &str) -> u64 {
    let asked = std::env::var("TEAHOUSE_FAULT_SEED").ok();
    let seed = asked.map_or_else(rand::random, |text| text.parse().expect("TEAHOUSE_FAULT_SEED is a number"));
    println!("TEAHOUSE_FAULT_SEED={seed} ({name})");
    seed
}

/// Fails with what to look at, unless every promise was kept.
fn judged(name: &str, seed: u64, outcome: anyhow::Result<Outcome>) -> Outcome {
    let outcome = outcome.unwrap_or_else(|error| panic!("TEAHOUSE_FAULT_SEED={seed}: {error:#}"));
    println!("{}", outcome.summary);
    if !outcome.violations.is_empty() {
        let file = format!("{}/faults-{name}-{seed}.ndjson", env!("CARGO_TARGET_TMPDIR"));
        history::write(&outcome.history, BufWriter::new(File::create(&file).unwrap())).unwrap();
        panic!("TEAHOUSE_FAULT_SEED={seed}, the history is in {file}\n{}", outcome.trace());
    }
    assert_eq!(outcome.summary.refused, 0, "nobody had a reason to be refused\n{}", outcome.summary);
    outcome
}

/// Runs a plan under the seed that was asked for, or under any, and fails with what to look at.
async fn holds(name: &str, plan: Plan) -> Outcome {
    let plan = Plan { seed: seed(name), ..plan };
    let outcome = judged(name, plan.seed, run(&plan, |line| println!("{line}")).await);
    let summary = &outcome.summary;
    assert!(summary.faults_total() >= plan.faults, "{summary}");
    assert!(summary.acknowledged > plan.faults / 10, "the rooms were busy\n{summary}");
    outcome
}

/// The transports that clients of these names began with or went over to.
fn travelled(outcome: &Outcome) -> BTreeSet<&str> {
    let switched = outcome.history.iter().filter_map(|it| match it {
        Operation::Switched { transport, .. } => Some(transport.as_str()),
        _ => None,
    });
    switched.collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_faults_break_no_promise() {
    let outcome = holds("thousand", Plan::default()).await;
    let summary = &outcome.summary;
    assert_eq!(travelled(&outcome), Transport::ALL.map(Transport::as_str).into());
    let kinds = [
        Kind::Refuse,
        Kind::Ignore,
        Kind::Reset,
        Kind::End,
        Kind::Stall,
        Kind::Freeze,
        Kind::StallThenCut,
        Kind::HalveThenCut,
        Kind::HalveThenLate,
        Kind::Delay,
        Kind::Split,
        Kind::Buffer,
        Kind::LoseAnswer,
        Kind::CutAll,
    ];
    assert!(kinds.iter().all(|kind| summary.faults.contains_key(kind)), "{summary}");
    assert!(summary.repeats > 0, "an answer that was lost is given again\n{summary}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow_lines_and_tight_limits_break_no_promise() {
    let (rates, limits) = (Rates::slow(), Limits::Tight);
    let plan = Plan { faults: 300, kills: 1, drains: 1, rates, limits, ..Plan::default() };
    holds("slow", plan).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nginx_as_it_comes_breaks_no_promise() {
    // It passes no WebSocket on: whoever chooses has to find something else.
    let http = [Transport::Stream, Transport::LongPoll, Transport::Poll];
    let transports = http.into_iter().map(Some).chain([None]).collect();
    let front = Front::Nginx(Passing::Default);
    let plan = Plan { faults: 300, kills: 2, drains: 1, transports, front, ..Plan::default() };
    let outcome = holds("nginx", plan).await;
    assert_eq!(travelled(&outcome), http.map(Transport::as_str).into());
    // What a stream brings is not held back until it ends, or nobody would choose it.
    let chose = |it: &Operation| matches!(it, Operation::Switched { client, transport, .. } if **client == *"s3" && transport == "stream");
    assert!(outcome.history.iter().any(chose), "s3 chooses, and a stream works");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nginx_that_passes_upgrades_breaks_no_promise() {
    let front = Front::Nginx(Passing::Upgrade);
    let plan = Plan { faults: 300, kills: 2, drains: 1, front, ..Plan::default() };
    let outcome = holds("nginx-upgrade", plan).await;
    assert!(travelled(&outcome).contains("websocket"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tls_breaks_no_promise() {
    let plan = Plan { faults: 300, kills: 2, drains: 1, front: Front::Tls, ..Plan::default() };
    let outcome = holds("tls", plan).await;
    assert_eq!(travelled(&outcome), Transport::ALL.map(Transport::as_str).into());
}
