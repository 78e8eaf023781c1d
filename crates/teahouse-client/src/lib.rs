//! The Rust client of Teahouse.
