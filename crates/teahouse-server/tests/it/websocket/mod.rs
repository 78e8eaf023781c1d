//! RFC 6455 over real sockets, against the echo.

mod closing;
mod differential;
mod echo;
mod handshake;
pub(crate) mod raw;
mod server;
mod silence;
