//! Load generators and measurements of Teahouse; never shipped.
//!
//! A message is made in `dialect`, travels as `frame`, is said and counted by a `crowd` of
//! `person`s, against a `target`: the server under test or the `floor`. `load` says how many are
//! in flight; `fanout`, `delay` and `idle` are the three measurements, `report` prints them.
//! `compare` does them on the server's peers as well; `wire` counts bytes.

// how bytes are cut and made
pub mod dialect;
pub mod frame;
pub mod handshake;
pub mod poll;
// the load generator
pub mod crowd;
pub mod load;
pub mod person;
// what is measured, and with what
pub mod floor;
pub mod guests;
pub mod interrupt;
pub mod system;
pub mod target;
// the measurements
pub mod comeback;
pub mod compare;
pub mod delay;
pub mod fanout;
pub mod idle;
pub mod nodes;
pub mod projection;
pub mod pulse;
pub mod readers;
pub mod report;
pub mod wire;
