//! The one file of the project with unsafe code: the kernel reads bytes that it is only pointed at, and [`send_all`]
//! waits until it has.
#![allow(unsafe_code)]

use std::cell::RefCell;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};

use io_uring::squeue::Entry;
use io_uring::types::Fd;
use io_uring::{IoUring, opcode};
use rustix::net::SendFlags;

use crate::SENDS_MAX;

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
        let mut pairs: Vec<_> = (0..SENDS_MAX / 8).map(|_| pair()).collect();
        let texts = [&b"tea"[..], b"", b"house"];
        let offered = crate::is_offered();
        for _ in 0..20 {
            let sends = pairs.iter().zip(texts.into_iter().cycle());
            let sends: Vec<_> = sends.map(|((near, _), text)| (near.as_fd(), text)).collect();
            let whole: Vec<_> = sends.iter().map(|(_, text)| text.len()).enumerate().collect();
            let mut told = Vec::new();
            assert_eq!(
                send_all(sends.into_iter(), |place, count| told.push((place, count.unwrap()))),
                offered
            );
            assert_eq!(told, if offered { whole } else { Vec::new() });
        }
        let times = if offered { 20 } else { 0 };
        for ((near, far), text) in pairs.iter_mut().zip(["tea", "", "house"].into_iter().cycle()) {
            near.shutdown(std::net::Shutdown::Write).unwrap();
            let mut all = String::new();
            far.read_to_string(&mut all).unwrap();
            assert_eq!(all, text.repeat(times));
        }
    }

    #[test]
    fn a_full_socket_and_a_dead_one_answer_at_once() {
        let (full, _far) = pair();
        let (dead, _far) = pair();
        dead.shutdown(std::net::Shutdown::Write).unwrap();
        let bytes = vec![0; 64 << 20];
        let mut answers = Vec::new();
        for _ in 0..3 {
            let sends = [(full.as_fd(), &bytes[..]), (dead.as_fd(), &bytes[..])];
            let sent =
                |index, count: io::Result<usize>| answers.push((index, count.map_err(|error| error.kind())));
            assert_eq!(send_all(sends.into_iter(), sent), crate::is_offered());
        }
        if !crate::is_offered() {
            assert_eq!(answers, []);
            return;
        }
        let of = |index| answers.iter().filter(move |it| it.0 == index).map(|it| it.1);
        assert!(of(0).next().unwrap().unwrap() < bytes.len());
        assert_eq!(of(0).next_back().unwrap(), Err(io::ErrorKind::WouldBlock));
        assert!(of(1).all(|it| it == Err(io::ErrorKind::BrokenPipe)));
    }
}
