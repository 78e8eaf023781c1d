//! Turns bytes into frames and back, and hosts a session.

pub mod echo;
pub mod encode;
pub mod patience;
pub mod queue;
#[cfg_attr(not(target_os = "linux"), path = "no_ring.rs")]
pub mod ring;
pub mod websocket;
pub mod wire;
