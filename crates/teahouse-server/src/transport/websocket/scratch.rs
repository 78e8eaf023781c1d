//! One read buffer per thread, lent to whoever reads a socket just now.
//!
//! An idle connection thus holds no buffer at all. Nothing may stay in it between two
//! uses: the decoder keeps what is unfinished.

use std::cell::RefCell;

/// How much is read from a socket at once, in bytes.
pub const SCRATCH_BYTES: usize = 64 * 1024;

thread_local! {
    static SCRATCH: RefCell<Box<[u8]>> = RefCell::new(vec![0; SCRATCH_BYTES].into_boxed_slice());
}

/// Lends the thread's buffer, of [`SCRATCH_BYTES`], to `read`; its content is arbitrary.
///
/// # Panics
/// When `read` lends it again.
pub fn with<R>(read: impl FnOnce(&mut [u8]) -> R) -> R {
    SCRATCH.with_borrow_mut(|scratch| read(scratch))
}
