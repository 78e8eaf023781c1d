//! The nouns of Teahouse: what travels on the wire.
//!
//! `docs/protocol.md` is normative; its examples are the fixtures of this crate's tests.
//! This crate does no I/O and keeps no state.
#![warn(missing_docs)]

/// What went wrong, and what the client should do about it.
pub mod code;
/// How a line becomes a command, and what is wrong with one that does not.
mod decode;
/// What happened: a stored fact with a number.
pub mod event;
/// What a message carries beside its text.
pub mod file;
/// One unit on the wire: commands of the client, replies and pushes of the server.
pub mod frame;
/// Who and what: rooms, people, sessions, client-made message ids.
pub mod id;
/// What a room is, and who may do what there.
pub mod room;
/// Where in a room's log: numbers, epochs, cursors.
pub mod seq;
/// What stands beside a message: reactions, replies, a pin.
pub mod state;
/// What a person may write.
pub mod text;

pub use code::{Advice, CloseCode, ErrorCode};
pub use decode::DecodeError;
pub use event::{Body, Deed, Event, Kind, Person, Role};
pub use file::{Carried, File, Size};
pub use frame::{Command, From, Hello, Here, History, Limits, Push, Range, SignalBody};
pub use id::{Cid, FileId, RoomId, SessionId, UserId};
pub use room::{Act, Level, Policy, Readers, RoomNow, RoomRole, RoomView, Writers};
pub use seq::{Cursor, Epoch, Offer, Seq};
pub use state::{Reactions, Replies, State, States};

/// The version that `hello.v` names.
pub const VERSION: u32 = 1;
/// The WebSocket subprotocol of that version.
pub const SUBPROTOCOL: &str = "teahouse.v1";
