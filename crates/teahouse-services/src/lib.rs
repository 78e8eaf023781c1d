//! PostgreSQL and NATS for tests and measurements: Debian's programs, each on a loopback address of its
//! own, or on a host of its own, and in a folder of its own; ended when their owner is dropped or dies. And an
//! S3-compatible store, inside the process that needs it.

/// A child that ends with its owner.
mod keeper;
/// NATS.
mod nats;
/// PostgreSQL.
mod postgres;
/// An S3-compatible store.
mod s3;
/// Where they run.
mod seat;

pub use keeper::{Keeper, Program};
pub use nats::Nats;
pub use postgres::{Postgres, Stop};
pub use s3::S3;
pub use seat::Seat;
