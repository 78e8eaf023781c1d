//! Many sends in one call of the kernel, by io_uring, where the kernel offers it: how a room writes to
//! those of its sockets that nothing waits for.
//!
//! Each thread has a ring of its own and owns no socket. The one file of this crate with unsafe code: the
//! kernel reads bytes that it is only pointed at, and [`send_all`] waits until it has. It says how the
//! sockets answered; what that means is for the wire to decide.
#![allow(unsafe_code)]

use std::cell::RefCell;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};

use io_uring::squeue::Entry;
use io_uring::types::Fd;
use io_uring::{IoUring, opcode};
use rustix::net::SendFlags;

/// How many sends go into one call at most.
pub const SENDS_MAX: usize = 512;

thread_local! {
    static RING: RefCell<Own> = const { RefCell::new(Own::Untried) };
}

/// The ring of a thread.
enum Own {
    Untried,
    /// The kernel has no io_uring, or forbids it.
    Refused,
    Ready(Box<Ring>),
}

struct Ring {
    ring: IoUring,
    entries: Vec<Entry>,
    /// What the kernel answered, by the place in `entries`.
    answers: Vec<i32>,
}

/// Sends each socket its bytes, without waiting for any that is full, and tells of each by its place how
/// many it took. `false` if there is no ring: then nothing was sent.
///
/// # Panics
/// With more than [`SENDS_MAX`], or bytes that are too many for one send.
pub fn send_all<'a>(
    sends: impl ExactSizeIterator<Item = (BorrowedFd<'a>, &'a [u8])>,
    mut sent: impl FnMut(usize, io::Result<usize>),
) -> bool {
    RING.with_borrow_mut(|own| {
        let Some(ring) = own.ring() else { return false };
        ring.send(sends);
        for (place, answer) in ring.answers.iter().enumerate() {
            sent(place, usize::try_from(*answer).map_err(|_| io::Error::from_raw_os_error(-answer)));
        }
        true
    })
}

impl Own {
    fn ring(&mut self) -> Option<&mut Ring> {
        if let Self::Untried = self {
            *self = Ring::new().map_or(Self::Refused, |ring| Self::Ready(Box::new(ring)));
        }
        match self {
            Self::Ready(ring) => Some(ring),
            _ => None,
        }
    }
}

impl Ring {
    fn new() -> io::Result<Self> {
        let mut builder = IoUring::builder();
        // What is left to do is done when the thread asks for it, not in between: the cheapest way, from
        // Linux 6.1 on. Who has an older kernel has plain writes.
        let ring = builder.setup_single_issuer().setup_defer_taskrun().build(SENDS_MAX as u32)?;
        Ok(Self { ring, entries: Vec::with_capacity(SENDS_MAX), answers: Vec::with_capacity(SENDS_MAX) })
    }

    fn send<'a>(&mut self, sends: impl ExactSizeIterator<Item = (BorrowedFd<'a>, &'a [u8])>) {
        // With DONTWAIT a full socket is an answer at once and not something that the kernel watches.
        let flags = (SendFlags::DONTWAIT | SendFlags::NOSIGNAL).bits().cast_signed();
        let mut left = sends.len();
        self.entries.clear();
        self.entries.extend(sends.enumerate().map(|(place, (socket, bytes))| {
            let length = u32::try_from(bytes.len()).expect("a tick has less than 4 GiB");
            let send = opcode::Send::new(Fd(socket.as_raw_fd()), bytes.as_ptr(), length);
            send.flags(flags).build().user_data(place as u64)
        }));
        self.answers.clear();
        self.answers.resize(left, 0);
        // SAFETY: sockets and bytes are borrowed until this returns, which it does only after the kernel
        // has answered every entry that it took; nothing in between unwinds.
        let pushed = unsafe { self.ring.submission().push_multiple(&self.entries) };
        pushed.expect("a chunk has a place in an empty ring");
        while left > 0 {
            self.submit(left);
            for answer in self.ring.completion() {
                if let Some(place) = self.answers.get_mut(answer.user_data() as usize) {
                    *place = answer.result();
                }
                left = left.saturating_sub(1);
            }
        }
    }

    /// Lets the kernel take what was pushed and waits for `want` answers.
    fn submit(&self, want: usize) {
        use io::ErrorKind::{Interrupted, ResourceBusy, WouldBlock};
        match self.ring.submit_and_wait(want) {
            Ok(_) => {}
            // A signal, or no memory for a moment: what was not taken is taken next time.
            Err(error) if [Interrupted, WouldBlock, ResourceBusy].contains(&error.kind()) => {}
            // The kernel may still read the bytes, so nobody can go on who would free them.
            Err(_) => std::process::abort(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::net::{TcpListener, TcpStream};
    use std::os::fd::AsFd;

    use super::*;

    fn pair() -> (TcpStream, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let near = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        (near, listener.accept().unwrap().0)
    }

    #[test]
    fn each_socket_gets_its_bytes_in_order() {
        let mut pairs = [pair(), pair(), pair()];
        let texts = [&b"tea"[..], b"", b"house"];
        for _ in 0..20 {
            let sends = pairs.iter().zip(texts).map(|((near, _), text)| (near.as_fd(), text));
            let mut told = Vec::new();
            if !send_all(sends, |place, count| told.push((place, count.unwrap()))) {
                return; // This kernel has none, and nothing was sent.
            }
            assert_eq!(told, [(0, 3), (1, 0), (2, 5)]);
        }
        for ((near, far), text) in pairs.iter_mut().zip(["tea", "", "house"]) {
            near.shutdown(std::net::Shutdown::Write).unwrap();
            let mut all = String::new();
            far.read_to_string(&mut all).unwrap();
            assert_eq!(all, text.repeat(20));
        }
    }
}
