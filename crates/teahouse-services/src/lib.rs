//! PostgreSQL and NATS for tests and measurements: Debian's programs, each on a loopback address of its
//! own, or on a host of its own, and in a folder of its own; ended when their owner is dropped or dies.

/// A child that ends with its owner.
mod keeper;
/// NATS.
mod nats;
/// PostgreSQL.
mod postgres;
/// Where they run.
mod seat;

pub use keeper::{Keeper, Program};
pub use nats::Nats;
pub use postgres::{Postgres, Stop};
pub use seat::Seat;
