//! Turns bytes into frames and back, and hosts a session.

pub mod echo;
pub mod encode;
pub mod patience;
pub mod queue;
pub mod websocket;
pub mod wire;
