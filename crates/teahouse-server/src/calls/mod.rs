//! What is said to somebody: who was called, what they have not read, and how they learn of it.

/// Whom events call.
pub(crate) mod following;
/// All of somebody's devices.
mod telling;
