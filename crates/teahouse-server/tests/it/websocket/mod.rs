//! RFC 6455 over real sockets, against the echo.

mod closing;
mod differential;
mod echo;
mod handshake;
mod raw;
mod server;
mod silence;
