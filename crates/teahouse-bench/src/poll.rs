//! A thin cover of level-triggered epoll: tokens in, tokens out. Owns the epoll descriptor, never
//! the sockets.

use std::io;
use std::time::Duration;

use rustix::event::Timespec;
use rustix::event::epoll::{self, CreateFlags, Event, EventData, EventFlags};
use rustix::fd::{AsFd, OwnedFd};

/// How many ready sockets one wait may give: one round of reads.
const ROUND_MAX: usize = 1024;

/// The sockets of one loop.
pub struct Poll {
    epoll: OwnedFd,
    events: Vec<Event>,
}

/// A socket that can be used now.
#[derive(Clone, Copy, Debug)]
pub struct Ready {
    pub token: u64,
    /// There is something to read: bytes, an end or an error.
    pub readable: bool,
    pub writable: bool,
}

impl Poll {
    /// A loop without sockets.
    pub fn new() -> io::Result<Self> {
        let epoll = epoll::create(CreateFlags::CLOEXEC)?;
        let nothing = Event { flags: EventFlags::empty(), data: EventData::new_u64(0) };
        Ok(Self { epoll, events: vec![nothing; ROUND_MAX] })
    }

    /// Watches a socket for something to read.
    pub fn add(&self, socket: impl AsFd, token: u64) -> io::Result<()> {
        Ok(epoll::add(&self.epoll, socket, EventData::new_u64(token), EventFlags::IN)?)
    }

    /// Watches a socket that is watched already for room to write as well, or no longer.
    pub fn watch_writable(&self, socket: impl AsFd, token: u64, on: bool) -> io::Result<()> {
        let flags = if on { EventFlags::IN | EventFlags::OUT } else { EventFlags::IN };
        Ok(epoll::modify(&self.epoll, socket, EventData::new_u64(token), flags)?)
    }

    /// Waits until a socket is ready, at most `timeout`; the answer is how many are.
    pub fn wait(&mut self, timeout: Duration) -> io::Result<usize> {
        let timeout = Timespec {
            tv_sec: i64::try_from(timeout.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: i64::from(timeout.subsec_nanos()),
        };
        match epoll::wait(&self.epoll, self.events.as_mut_slice(), Some(&timeout)) {
            Ok(count) => Ok(count),
            // A signal: the caller looks at its flag and comes again.
            Err(rustix::io::Errno::INTR) => Ok(0),
            Err(error) => Err(error.into()),
        }
    }

    /// One of the sockets that the last wait found.
    #[must_use]
    pub fn ready(&self, index: usize) -> Ready {
        let Event { flags, data } = self.events[index];
        Ready {
            token: data.u64(),
            readable: flags.intersects(EventFlags::IN | EventFlags::HUP | EventFlags::ERR),
            writable: flags.contains(EventFlags::OUT),
        }
    }
}
