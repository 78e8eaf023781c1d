//! The people of the load generator: one epoll loop over all their sockets. Says messages, counts
//! what everybody heard and finds whoever heard less, more or in another order than the others.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use crate::dialect::{Dialect, NUMBER_MAX, Order};
use crate::frame::Kind;
use crate::person::{Person, Tally};
use crate::poll::Poll;

/// How many people stand at the door at once.
const ARRIVING_MAX: usize = 128;
/// How many people share one source address: the kernel looks long for a free port among many.
const PEOPLE_PER_ADDRESS: usize = 1000;
/// Last bytes of an address that a host may have.
const LAST_BYTES: usize = 254;
/// No progress for so long is a fault of the server.
const STALL_MAX: Duration = Duration::from_secs(20);
/// One wait of the loop; after it the flag for a stop is looked at.
const TURN: Duration = Duration::from_millis(100);
const SCRATCH_BYTES: usize = 256 << 10;

/// Many people in one room of one host.
pub struct Crowd {
    /// The nodes of the host, to which they go in turn.
    to: Vec<SocketAddr>,
    dialect: Dialect,
    /// The second and third byte of its source addresses, and a part of its messages' cids.
    number: u16,
    people: Vec<Person>,
    poll: Poll,
    scratch: Vec<u8>,
    tally: Tally,
    said: u64,
    /// Messages said, each times the people who were there.
    deliveries_due: u64,
    stop: Arc<AtomicBool>,
}

impl Crowd {
    /// A crowd without people.
    pub fn new(to: SocketAddr, dialect: Dialect, stop: Arc<AtomicBool>) -> Result<Self> {
        Self::among(vec![to], dialect, stop)
    }

    /// A crowd without people in front of several nodes of one host.
    pub fn among(to: Vec<SocketAddr>, dialect: Dialect, stop: Arc<AtomicBool>) -> Result<Self> {
        ensure!(!to.is_empty(), "a host has a node");
        Ok(Self {
            to,
            dialect,
            number: crowd_number(),
            people: Vec::new(),
            poll: Poll::new()?,
            scratch: vec![0; SCRATCH_BYTES],
            tally: Tally::default(),
            said: 0,
            deliveries_due: 0,
            stop,
        })
    }

    /// How many people there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.people.len()
    }

    /// Whether there is nobody.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.people.is_empty()
    }

    /// What all have heard since the beginning.
    #[must_use]
    pub fn tally(&self) -> Tally {
        self.tally
    }

    /// How many messages were said since the beginning.
    #[must_use]
    pub fn said(&self) -> u64 {
        self.said
    }

    /// Lets people arrive until there are `count`, all of them in the room.
    pub fn grow(&mut self, count: usize) -> Result<()> {
        let mut ready = self.people.len();
        let mut progress = Progress::new();
        while ready < count {
            while self.people.len() < count && self.people.len() - ready < ARRIVING_MAX {
                self.admit()?;
            }
            self.turn(TURN, |_, _| ())?;
            let arriving = &self.people[ready..];
            // In order of arrival: one slow person holds the others back for a moment only.
            ready += arriving.iter().take_while(|person| person.is_ready()).count();
            progress.look(ready as u64).with_context(|| {
                format!("{ready} of {count} people are in the room: the others got no answer")
            })?;
        }
        Ok(())
    }

    fn admit(&mut self) -> Result<()> {
        let index = self.people.len();
        let source = IpAddr::V4(source(self.number, index)?);
        let person =
            Person::arrive(source, self.to[index % self.to.len()], self.dialect, index as u64, &self.poll)?;
        self.people.push(person);
        // Whoever comes later counts as having heard what was said before.
        self.people[index].heard = self.people[0].heard;
        self.people[index].heard.answers = 0;
        Ok(())
    }

    /// Says the next message by `person`; the answer is its number.
    pub fn say(&mut self, person: usize) -> Result<u64> {
        let number = self.said;
        ensure!(number <= NUMBER_MAX, "more than {NUMBER_MAX} messages in one crowd");
        self.said += 1;
        self.deliveries_due += self.people.len() as u64;
        self.people[person].say(Kind::Text, &self.dialect.message(self.number, number), &self.poll)?;
        Ok(number)
    }

    /// One round: waits at most `timeout`, reads what came; `heard` gets (person, number).
    pub fn turn(&mut self, timeout: Duration, mut heard: impl FnMut(usize, u64)) -> Result<()> {
        ensure!(!self.stop.load(Ordering::Relaxed), "interrupted");
        let count = self.poll.wait(timeout)?;
        for at in 0..count {
            let ready = self.poll.ready(at);
            let index = ready.token as usize;
            let person = &mut self.people[index];
            if ready.writable {
                person.write_on(&self.poll)?;
            }
            if ready.readable {
                let (dialect, tally) = (self.dialect, &mut self.tally);
                person.read(&mut self.scratch, dialect, tally, &self.poll, |number| {
                    heard(index, number);
                })?;
            }
        }
        Ok(())
    }

    /// Turns until `done` says so; no progress for 20 s is an error.
    pub fn turn_until(&mut self, what: &str, mut done: impl FnMut(&Self) -> bool) -> Result<()> {
        let mut progress = Progress::new();
        while !done(self) {
            self.turn(TURN, |_, _| ())?;
            progress.look(self.tally.reads).with_context(|| format!("waiting for {what}"))?;
        }
        Ok(())
    }

    /// Reads what lies there already: pings that came while nobody looked.
    pub fn look_up(&mut self) -> Result<()> {
        let mut reads = u64::MAX;
        while reads != self.tally.reads {
            reads = self.tally.reads;
            self.turn(Duration::ZERO, |_, _| ())?;
        }
        Ok(())
    }

    /// Whether as many messages were delivered as there are people to hear what was said.
    #[must_use]
    pub fn all_heard(&self) -> bool {
        self.tally.deliveries >= self.deliveries_due
    }

    /// Waits until everybody has heard all that was said, then compares what they heard.
    pub fn settle(&mut self) -> Result<()> {
        let acked = |crowd: &Self| !crowd.dialect.has_lines() || crowd.tally.acks >= crowd.said;
        let waited = self.turn_until("the last messages", |crowd| {
            crowd.tally.deliveries >= crowd.deliveries_due && acked(crowd)
        });
        if let Err(error) = waited {
            // Why it broke off comes first, then who misses what.
            let missing = self.compare().err().map(|missing| format!("; {missing}"));
            bail!("{error:#}{}", missing.unwrap_or_default());
        }
        self.look_up()?;
        self.compare()
    }

    /// Finds whoever heard less, more or in another order than they should.
    pub fn compare(&self) -> Result<()> {
        let Some(first) = self.people.first() else {
            return Ok(());
        };
        let (acks, said) = (self.tally.acks, self.said);
        ensure!(!self.dialect.has_lines() || acks == said, "{acks} acks for {said} messages");
        for (index, person) in self.people.iter().enumerate() {
            let (heard, said) = (person.heard.messages, self.said);
            ensure!(heard == said, "person {index} heard {heard} of {said} messages");
            let same = person.heard.order == first.heard.order;
            ensure!(same, "person {index} heard another order than person 0");
        }
        Ok(())
    }

    /// Everybody asks one question and gets one answer.
    pub fn ask_all(&mut self) -> Result<()> {
        let (kind, question) = self.dialect.question();
        let before: Vec<u64> = self.people.iter().map(|person| person.heard.answers).collect();
        for start in (0..self.people.len()).step_by(ARRIVING_MAX) {
            let group = start..(start + ARRIVING_MAX).min(self.people.len());
            for index in group.clone() {
                self.people[index].say(kind, &question, &self.poll)?;
            }
            let answered =
                |crowd: &Self| group.clone().all(|index| crowd.people[index].heard.answers > before[index]);
            self.turn_until("answers", answered)?;
        }
        Ok(())
    }

    /// Tells the floor how large its frames shall be.
    pub fn order_size(&mut self, wire_bytes: usize) -> Result<()> {
        let order = Order::Deliver { wire_bytes }.encode(0);
        let Some(person) = self.people.first_mut() else {
            bail!("nobody is there to give an order");
        };
        let answers = person.heard.answers;
        person.say(Kind::Binary, &order, &self.poll)?;
        self.turn_until("the floor's answer", |crowd| crowd.people[0].heard.answers > answers)
    }
}

/// Differs between the crowds of one process, and most likely from those of the last processes, whose
/// ports the kernel keeps for a minute.
fn crowd_number() -> u16 {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let number = std::process::id().wrapping_mul(31).wrapping_add(COUNT.fetch_add(1, Ordering::Relaxed));
    // 127.0 is left to others, 127.255 ends in the broadcast address.
    (256 + number % 65_000) as u16
}

/// Where the person of that index comes from: each address of loopback is one's own, and a crowd takes as many as it
/// needs, from the one of its number on.
fn source(crowd: u16, index: usize) -> Result<Ipv4Addr> {
    let taken = index / PEOPLE_PER_ADDRESS;
    let third = u64::from(crowd) + (taken / LAST_BYTES) as u64;
    let [high, low] = u16::try_from(third).context("too many people for one crowd")?.to_be_bytes();
    Ok(Ipv4Addr::new(127, high, low, 1 + (taken % LAST_BYTES) as u8))
}

/// Watches a number that must change.
#[derive(Debug)]
pub struct Progress {
    last: u64,
    since: Instant,
}

impl Progress {
    /// Begins now.
    #[must_use]
    pub fn new() -> Self {
        Self { last: u64::MAX, since: Instant::now() }
    }

    /// An error when `value` has been the same for 20 s.
    pub fn look(&mut self, value: u64) -> Result<()> {
        if value != self.last {
            *self = Self { last: value, since: Instant::now() };
        }
        ensure!(self.since.elapsed() < STALL_MAX, "no progress for {} s", STALL_MAX.as_secs());
        Ok(())
    }
}

impl Default for Progress {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_million_people_have_addresses() {
        assert_eq!(source(256, 0).unwrap(), Ipv4Addr::new(127, 1, 0, 1));
        assert_eq!(source(256, 999).unwrap(), source(256, 0).unwrap());
        assert_eq!(source(256, 253_999).unwrap(), Ipv4Addr::new(127, 1, 0, 254));
        assert_eq!(source(511, 254_000).unwrap(), Ipv4Addr::new(127, 2, 0, 1));
        // The highest number that a crowd has.
        assert_eq!(source(65_255, 999_999).unwrap(), Ipv4Addr::new(127, 254, 234, 238));
        source(u16::MAX, 254_000).unwrap_err();
    }
}
