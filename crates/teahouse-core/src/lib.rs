//! The rules of Teahouse: no sockets, no clock, no runtime.
//!
//! State machines that are given what happened and the time, and answer with what is to be done.
//! A driver (the server, or the simulation in `tests/sim`) carries it out.
#![warn(missing_docs)]

/// Who may do what; a command becomes a draft or a rejection.
pub mod room;
