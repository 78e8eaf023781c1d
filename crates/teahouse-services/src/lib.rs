//! PostgreSQL and NATS for tests and measurements: Debian's programs, each on a loopback address of its
//! own and in a folder of its own, ended when their owner is dropped or dies.

/// A child that ends with its owner.
mod keeper;
/// NATS.
mod nats;
/// PostgreSQL.
mod postgres;

pub use nats::Nats;
pub use postgres::{Postgres, Stop};

use std::net::Ipv4Addr;

/// An address on loopback that nobody else uses: of sixteen million, one at random. So the services keep
/// their usual ports, and come back at the same place after a restart.
fn address() -> Ipv4Addr {
    Ipv4Addr::new(127, rand::random_range(1..=254), rand::random(), rand::random_range(1..=254))
}
