//! Does the generator find what a host loses, repeats or swaps? The floor does it wrong on demand.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::sync_channel;
use std::thread::JoinHandle;

use teahouse_bench::crowd::Crowd;
use teahouse_bench::dialect::{Dialect, Door, Host};
use teahouse_bench::floor::{Fault, Floor, FloorOptions};
use teahouse_bench::load::{self, Load, Outcome, Until};

const PEOPLE: usize = 20;

/// A floor on a thread of its own; ends with the test.
struct RunningFloor {
    address: SocketAddr,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl RunningFloor {
    fn start(joined: bool, fault: Option<Fault>) -> Self {
        Self::with(FloorOptions { joined, uring: false, fault })
    }

    fn with(options: FloorOptions) -> Self {
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        let stop = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&stop);
        let (told, address) = sync_channel(1);
        let thread = std::thread::spawn(move || {
            let mut floor = Floor::bind(any, options).unwrap();
            told.send(floor.address().unwrap()).unwrap();
            floor.run(&seen).unwrap();
        });
        let address = address.recv().unwrap();
        Self { address, stop, thread: Some(thread) }
    }

    fn crowd(&self, door: Door) -> Crowd {
        let dialect = Dialect { door, host: Host::Floor { greeting_bytes: 1000 } };
        let mut crowd = Crowd::new(self.address, dialect, Arc::default()).unwrap();
        crowd.grow(PEOPLE).unwrap();
        crowd
    }
}

impl Drop for RunningFloor {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        let ended = self.thread.take().map(JoinHandle::join);
        assert!(std::thread::panicking() || matches!(ended, Some(Ok(()))));
    }
}

fn run(crowd: &mut Crowd, in_flight: usize, messages: u64) -> anyhow::Result<Outcome> {
    let load = Load { in_flight, until: Until::Messages(messages) };
    load::run(crowd, load, std::process::id())
}

#[test]
fn everything_that_was_said_is_counted_exactly() {
    for (joined, uring) in [(true, false), (false, false), (true, true)] {
        let options = FloorOptions { joined, uring, fault: None };
        if uring && !teahouse_ring::is_offered() {
            let mut floor = Floor::bind(SocketAddr::from(([127, 0, 0, 1], 0)), options).unwrap();
            floor.run(&AtomicBool::new(true)).unwrap_err();
            continue;
        }
        let floor = RunningFloor::with(options);
        for door in [Door::Plain, Door::Full] {
            let mut crowd = floor.crowd(door);
            for (in_flight, messages) in [(1, 30), (7, 100), (PEOPLE, 100), (500, 50)] {
                let outcome = run(&mut crowd, in_flight, messages).unwrap();
                assert_eq!(outcome.messages, messages);
                assert_eq!(outcome.deliveries, messages * PEOPLE as u64);
            }
        }
    }
}

#[test]
fn the_floor_sends_frames_of_the_size_it_was_told() {
    let floor = RunningFloor::start(true, None);
    for wire_bytes in [130, 300, 70_000] {
        let mut crowd = floor.crowd(Door::Plain);
        crowd.order_size(wire_bytes).unwrap();
        let outcome = run(&mut crowd, 5, 40).unwrap();
        assert_eq!(outcome.message_bytes, outcome.deliveries * wire_bytes as u64);
    }
}

#[test]
fn whoever_comes_later_is_counted_from_then_on() {
    let floor = RunningFloor::start(true, None);
    let mut crowd = floor.crowd(Door::Full);
    run(&mut crowd, 3, 20).unwrap();
    crowd.grow(2 * PEOPLE).unwrap();
    let outcome = run(&mut crowd, 3, 20).unwrap();
    assert_eq!(outcome.deliveries, 20 * 2 * PEOPLE as u64);
    crowd.ask_all().unwrap();
}

fn check_found(fault: Fault, words: &str) {
    let floor = RunningFloor::start(false, Some(fault));
    let mut crowd = floor.crowd(Door::Plain);
    let error = run(&mut crowd, 1, 10).map(drop).and_then(|()| run(&mut crowd, 4, 40).map(drop));
    let error = format!("{:#}", error.unwrap_err());
    assert!(error.contains(words), "{fault:?}: {error:?} should say {words:?}");
}

#[test]
fn a_repeated_message_is_found() {
    check_found(Fault::Repeat, "person 19 heard");
}

#[test]
fn a_swapped_message_is_found() {
    let floor = RunningFloor::start(false, Some(Fault::Late));
    let mut crowd = floor.crowd(Door::Plain);
    for _ in 0..10 {
        crowd.say(0).unwrap();
    }
    let error = crowd.settle().unwrap_err().to_string();
    assert_eq!(error, "person 19 heard another order than person 0");
}

#[test]
fn a_lost_message_is_found() {
    let floor = RunningFloor::start(false, Some(Fault::Lose));
    let mut crowd = floor.crowd(Door::Plain);
    for _ in 0..10 {
        crowd.say(0).unwrap();
    }
    let due = (10 * PEOPLE - 1) as u64;
    crowd.turn_until("all but the lost one", |crowd| crowd.tally().deliveries >= due).unwrap();
    // Answers leave after what was delivered before: nothing can be under way any more.
    crowd.ask_all().unwrap();
    let error = crowd.compare().unwrap_err().to_string();
    assert_eq!(error, "person 19 heard 9 of 10 messages");
}

#[test]
fn a_run_that_is_interrupted_ends() {
    let floor = RunningFloor::start(true, None);
    let stop = Arc::new(AtomicBool::new(false));
    let dialect = Dialect { door: Door::Plain, host: Host::Server };
    let mut crowd = Crowd::new(floor.address, dialect, Arc::clone(&stop)).unwrap();
    crowd.grow(2).unwrap();
    stop.store(true, Ordering::Relaxed);
    let error = run(&mut crowd, 1, 10).unwrap_err().to_string();
    assert_eq!(error, "interrupted");
}
