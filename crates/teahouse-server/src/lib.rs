//! The wires of Teahouse: everything that waits, reads or writes.

use std::sync::{Mutex, MutexGuard, PoisonError};

// A message enters and leaves here.
pub mod transport;
// The task that drives one client's session; who is who.
pub mod people;
pub mod session;
// What somebody may do in a room, as the store knows it.
pub mod access;
// Who has to stay out of the house.
pub mod bans;
// Files that messages carry.
pub mod files;
// What people change in rooms and in the house.
pub mod changes;
// What is said to somebody, and how they learn of it.
pub mod calls;
// The task that drives one room, and what of its log is at hand.
pub mod room;
// Messages are ordered and stored here.
pub mod store;
// What is made of the logs, at their own pace.
pub mod follower;
// What was said is found again.
pub mod search;
// Other nodes are told of it here.
pub mod bus;
// Whole houses are copied and checked here.
pub mod keep;
// A room as somebody takes it along.
pub mod export;
// Browsers without a page are told here.
pub mod push;
// Requests that are not the stream, and the web app.
pub mod api;
pub mod web;
// One process: its doors, its configuration, its clock, its parts.
pub mod accept;
pub mod clock;
pub mod config;
pub mod cost;
pub mod error;
pub mod house;
pub mod node;
mod outward;
pub mod settings;
pub mod terminal;
pub mod tls;

/// Locks a mutex that no panic can leave half-changed: each holder changes it in a few lines.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
