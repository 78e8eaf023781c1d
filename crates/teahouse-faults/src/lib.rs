//! Breaks connections and checks that nothing was lost: a proxy that does harm from a seed, the record of
//! a run, and the judgement of that record. See `docs/faults.md`.
//!
//! It knows the house only from outside: by its program, its addresses and the Rust client.

/// HAProxy or nginx in front of several nodes.
pub mod balancer;
/// The promises that a history can break.
pub mod broken;
/// The only source of chance of a run.
pub mod chance;
/// Whether a history keeps every promise.
pub mod check;
/// A house of several nodes.
pub mod cluster;
/// Everybody who takes part.
mod crowd;
/// Which harm a proxy does when.
pub mod fault;
/// What stands between the house and the network.
pub mod front;
/// What happened in a run.
pub mod history;
/// Hosts with networks of their own.
pub mod hosts;
/// The real program, started and killed.
pub mod house;
/// Debian's nginx in front of a house.
pub mod nginx;
/// One node of several.
mod node;
/// Who talks and listens.
mod person;
/// A proxy that does harm.
pub mod proxy;
/// One direction of a connection.
mod pump;
/// What a client asks for, and what may be blocked.
pub mod request;
/// One run, from its plan to its outcome.
pub mod run;
/// What a history says, sorted.
mod said;
/// A run in a few lines.
pub mod summary;
/// What befalls hosts.
pub mod trouble;
