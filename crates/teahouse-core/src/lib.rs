//! The rules of Teahouse: no sockets, no clock, no runtime.
//!
//! State machines that are given what happened and the time, and answer with what is to be done.
//! A driver (the server, or the simulation in `tests/sim`) carries it out.
#![warn(missing_docs)]

/// Where a subscription starts: where it left off, further on, or anew.
pub mod cursor;
/// What one subscription gets next: live or behind.
pub mod feed;
/// Rates.
pub mod limits;
/// What somebody may be called.
pub mod name;
/// Who is here, who is typing; expires by the time it is given.
pub mod presence;
/// Who may do what in a room.
pub mod rights;
/// One room: what is written, in which order, and the last number of its log.
pub mod room;
/// One client: hello, heartbeats, silence, and what its commands ask for.
pub mod session;
/// The time that every machine is given.
pub mod time;

pub use time::Moment;
