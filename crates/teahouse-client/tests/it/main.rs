//! The client against a house of its own: seeded worlds without sockets, and a real WebSocket.
#![expect(clippy::unwrap_used, reason = "these are tests, their helpers too")]

/// The small house behind a real port.
mod door;
/// A small house: logs, people, refusals. It stores in memory and makes faults only on request.
mod house;
/// One transport of a simulated world.
mod pipe;
/// Many clients, cuts, lost acknowledgements, repeats, gaps, refusals; every promise is checked.
mod sim;
/// The whole client over real sockets.
mod wire;
