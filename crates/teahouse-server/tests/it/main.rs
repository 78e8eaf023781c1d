//! What the server promises, one file per behaviour.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "clippy sees only functions with #[test] as tests"
)]

mod account;
mod admin;
mod bad_input;
mod bans;
mod bus;
mod calls;
mod client;
mod door;
mod export;
mod faults;
mod files;
mod follower;
mod hello;
mod history;
mod house;
mod keep;
mod kit;
mod lab;
mod nodes;
mod people;
mod plain;
mod push;
mod reports;
mod resume;
mod retention;
mod rights;
mod rooms;
mod routes;
mod search;
mod send;
mod slow;
mod stop;
mod store;
mod terminal;
mod tls;
mod transports;
mod unread;
mod websocket;
