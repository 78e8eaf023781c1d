//! Many sends in one call of the kernel, by io_uring, where the kernel offers it: how a room writes to those of its
//! sockets that nothing waits for, and how the floor of the measurements does it beside plain writes.
//!
//! Each thread has a ring of its own and owns no socket. It says how the sockets answered; what that means is for the
//! caller to decide.

use std::os::fd::BorrowedFd;

#[cfg_attr(not(target_os = "linux"), path = "refused.rs")]
mod ring;

pub use ring::send_all;

/// How many sends go into one call at most.
pub const SENDS_MAX: usize = 512;

/// Whether the kernel offers io_uring to this thread: many containers forbid it.
#[must_use]
pub fn is_offered() -> bool {
    send_all(std::iter::empty::<(BorrowedFd<'_>, &[u8])>(), |_, _| ())
}
