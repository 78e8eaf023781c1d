//! The Rust client of Teahouse: connect, follow rooms, write, and come back by itself.
//!
//! A [`Client`] writes, asks and leaves; its [`Notices`] say what happens, each event exactly once and
//! in order. Connections may die at any moment: the client resumes with its cursors and sends again
//! what was not acknowledged. `examples/follow.rs` is a whole program:
//!
//! ```no_run
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! use teahouse_client::{Client, Notice, Options};
//!
//! let (client, mut notices) = Client::connect(Options::new("http://127.0.0.1:8888/r/1024")?);
//! let receipt = client.say("你好").await?;
//! while let Some(notice) = notices.next().await {
//!     if let Notice::Event(event) = notice {
//!         assert!(event.body.text.len() > 1);
//!         break;
//!     }
//! }
//! let ack = receipt.await?;
//! assert!(ack.seq.0 > 0);
//! client.close().await;
//! # Ok(()) }
//! ```
//!
//! [`Client::reply`], [`Client::edit`], [`Client::delete`], [`Client::react`] and [`Client::pin`] name a message by
//! its number and go through the same outbox, in the order in which they were asked for. A message, and what it
//! says, may thus change: an [`Event`](protocol::Event) with a `rev` is as it was when that one was read.
//!
//! Frames travel by WebSocket, or by plain HTTP where none gets through: a stream, long polls or polls.
//! The client chooses, steps down only while something worse works, goes up again without a gap, and
//! says so with [`Notice::Transport`]; [`Options::transport`] names one for good. `https://` is TLS by
//! rustls with the system's authorities.
//!
//! This crate knows the protocol and nothing of the server's code.
#![warn(missing_docs)]

/// Where a house is: what a person types, taken apart.
mod address;
/// Which transport to use.
mod choice;
/// The handle that a program holds, and its receipts.
mod client;
/// The rules of a client, without sockets, clock or chance.
pub mod connection;
/// What a house counted.
mod cost;
/// The task that drives a connection: it waits, reads and writes.
mod drive;
/// What arrives on a line, including what this version does not know.
mod heard;
/// What a client tells its program.
mod notice;
/// What was written and is not yet acknowledged.
mod outbox;
/// Questions that wait for their answer.
mod question;
/// How long to wait before the next try.
mod retry;
/// A room that is followed, and how far.
mod subscription;
/// How frames travel.
mod transport;

pub use address::{Address, BadAddress};
pub use choice::Transport;
pub use client::{Client, Notices, Options, Page, Receipt};
pub use cost::{Cost, CostBytes, costs};
pub use notice::{Ack, End, Hole, Notice, Refused};
pub use teahouse_protocol as protocol;
