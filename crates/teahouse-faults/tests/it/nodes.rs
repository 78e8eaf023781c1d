//! Three nodes on hosts of their own, with PostgreSQL, NATS and a balancer: whatever befalls them, no
//! promise is broken. It needs root, for the hosts are network namespaces; without root it fails.

use teahouse_client::Transport;
use teahouse_faults::balancer::Balancer;
use teahouse_faults::cluster::{roll, run};
use teahouse_faults::fault::Rates;
use teahouse_faults::trouble::Trouble;

use crate::{judged, seed, travelled};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_nodes_break_no_promise_whatever_befalls_them() {
    let seed = seed("nodes");
    let plan = run::Plan { seed, ..run::Plan::default() };
    let outcome = judged("nodes", seed, run::run(&plan, |line| println!("{line}")).await);
    let summary = &outcome.summary;
    assert!(summary.faults_total() >= plan.faults, "{summary}");
    assert!(Trouble::ALL.iter().all(|trouble| summary.troubles.contains_key(trouble)), "{summary}");
    assert_eq!(travelled(&outcome), Transport::ALL.map(Transport::as_str).into());
    assert!(!summary.held.is_empty(), "without PostgreSQL people are asked to wait\n{summary}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nginx_in_front_of_three_nodes_breaks_no_promise() {
    // Every request may go to another node, and none is harmed but by what befalls nodes.
    let (seed, balancer, rates) = (seed("nodes-nginx"), Balancer::Nginx, Rates::uncut(Rates::rough()));
    let plan = run::Plan { seed, balancer, rates, faults: 100, troubles: 3, ..run::Plan::default() };
    judged("nodes-nginx", seed, run::run(&plan, |line| println!("{line}")).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rolling_restart_behind_haproxy_loses_nothing() {
    rolls("roll-haproxy", Balancer::Haproxy).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rolling_restart_behind_nginx_loses_nothing() {
    rolls("roll-nginx", Balancer::Nginx).await;
}

async fn rolls(name: &str, balancer: Balancer) {
    let seed = seed(name);
    let plan = roll::Plan { seed, balancer, ..roll::Plan::default() };
    let outcome = judged(name, seed, roll::run(&plan, |line| println!("{line}")).await);
    let summary = &outcome.summary;
    assert_eq!(summary.troubles.get(&Trouble::RollNodes), Some(&3), "each node once\n{summary}");
    assert_eq!(summary.unknown, 0, "everybody stayed to the end\n{summary}");
    assert_eq!(travelled(&outcome), Transport::ALL.map(Transport::as_str).into());
}
