//! RFC 6455, the server's side, without I/O: bytes in, frames out.
//!
//! Whoever owns a socket owns one [`Decoder`] (or one [`Assembler`], for whole text
//! messages) beside it and writes with [`encoder`]. Only `upgrade` and `scratch` know
//! that sockets and threads exist; nothing here knows rooms, sessions or JSON.

pub mod assembler;
pub mod close;
pub mod decoder;
pub mod encoder;
pub mod fault;
pub mod handshake;
pub mod header;
mod mask;
pub mod scratch;
pub mod upgrade;
mod utf8;

pub use assembler::{Assembler, Message};
pub use close::Close;
pub use decoder::{Chunk, Decoder, Item, Kind};
pub use fault::Fault;
pub use header::Opcode;
