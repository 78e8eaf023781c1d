//! The wires of Teahouse: everything that waits, reads or writes.

// 1. a message enters and leaves here
pub mod transport;
// 3. it is ordered and stored
pub mod store;
