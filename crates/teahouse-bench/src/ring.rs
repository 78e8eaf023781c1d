//! Many sends in one call of the kernel, by io_uring: what the floor tries with `--uring`, and nobody
//! else. Owns the ring, never the sockets. The one file of this crate with unsafe code: the kernel
//! reads bytes that it is only pointed at, and [`Ring::send_to_each`] waits until it has.
#![allow(unsafe_code)]

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};

use io_uring::squeue::Entry;
use io_uring::types::Fd;
use io_uring::{IoUring, opcode};
use rustix::net::SendFlags;

/// How many sends go into one call: as many as a room writes to before others have their turn.
pub const SENDS_MAX: usize = 512;

/// A ring of one thread.
pub struct Ring {
    ring: IoUring,
    entries: Vec<Entry>,
    /// What the kernel answered, by the place in `entries`.
    answers: Vec<i32>,
}

impl Ring {
    /// A ring for the thread that asks, or why the kernel refuses: many containers forbid io_uring.
    pub fn new() -> io::Result<Self> {
        let entries = SENDS_MAX as u32;
        let mut builder = IoUring::builder();
        // What is left to do is done when the thread asks for it, not in between: the cheapest way, from Linux 6.1 on.
        let ring = builder.setup_single_issuer().setup_defer_taskrun().build(entries);
        let ring = ring.or_else(|_| IoUring::new(entries))?;
        Ok(Self { ring, entries: Vec::with_capacity(SENDS_MAX), answers: Vec::with_capacity(SENDS_MAX) })
    }

    /// Sends the same bytes to each socket, without waiting for any that is full, and tells of each by its
    /// index how many it took.
    ///
    /// # Errors
    /// When there are too many bytes for one send; nothing was sent to the rest then.
    pub fn send_to_each(
        &mut self,
        sockets: &[BorrowedFd<'_>],
        bytes: &[u8],
        mut sent: impl FnMut(usize, io::Result<usize>),
    ) -> io::Result<()> {
        for (chunk, sockets) in sockets.chunks(SENDS_MAX).enumerate() {
            self.send_chunk(sockets, bytes)?;
            for (index, answer) in self.answers.iter().enumerate() {
                let count = usize::try_from(*answer).map_err(|_| io::Error::from_raw_os_error(-answer));
                sent(chunk * SENDS_MAX + index, count);
            }
        }
        Ok(())
    }

    fn send_chunk(&mut self, sockets: &[BorrowedFd<'_>], bytes: &[u8]) -> io::Result<()> {
        // With DONTWAIT a full socket is an answer at once and not something that the kernel watches.
        let flags = (SendFlags::DONTWAIT | SendFlags::NOSIGNAL).bits().cast_signed();
        let length = u32::try_from(bytes.len()).map_err(io::Error::other)?;
        self.entries.clear();
        self.entries.extend(sockets.iter().enumerate().map(|(index, socket)| {
            let send = opcode::Send::new(Fd(socket.as_raw_fd()), bytes.as_ptr(), length);
            send.flags(flags).build().user_data(index as u64)
        }));
        self.answers.clear();
        self.answers.resize(sockets.len(), 0);
        // SAFETY: the sockets are open and `bytes` are borrowed until this returns, which it does only
        // after the kernel has answered every entry that it took; nothing in between unwinds.
        unsafe { self.ring.submission().push_multiple(&self.entries) }.map_err(io::Error::other)?;
        let mut left = sockets.len();
        while left > 0 {
            self.submit(left);
            for answer in self.ring.completion() {
                if let Some(place) = self.answers.get_mut(answer.user_data() as usize) {
                    *place = answer.result();
                }
                left = left.saturating_sub(1);
            }
        }
        Ok(())
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
    fn everybody_gets_the_bytes_and_everybody_is_told_of() {
        let mut ring = Ring::new().unwrap();
        let mut pairs: Vec<_> = (0..SENDS_MAX / 8).map(|_| pair()).collect();
        for _ in 0..20 {
            let sockets: Vec<_> = pairs.iter().map(|(near, _)| near.as_fd()).collect();
            let mut told = vec![0; pairs.len()];
            ring.send_to_each(&sockets, b"tea", |index, count| told[index] += count.unwrap()).unwrap();
            assert!(told.iter().all(|count| *count == 3), "{told:?}");
        }
        for (near, far) in &mut pairs {
            near.shutdown(std::net::Shutdown::Write).unwrap();
            let mut all = String::new();
            far.read_to_string(&mut all).unwrap();
            assert_eq!(all, "tea".repeat(20));
        }
    }

    #[test]
    fn a_full_socket_and_a_dead_one_answer_at_once() {
        let mut ring = Ring::new().unwrap();
        let (full, _far) = pair();
        let (dead, _far) = pair();
        dead.shutdown(std::net::Shutdown::Write).unwrap();
        let bytes = vec![0; 64 << 20];
        let mut answers = Vec::new();
        for _ in 0..3 {
            let sockets = [full.as_fd(), dead.as_fd()];
            ring.send_to_each(&sockets, &bytes, |index, count| {
                answers.push((index, count.map_err(|error| error.kind())));
            })
            .unwrap();
        }
        let of = |index| answers.iter().filter(move |it| it.0 == index).map(|it| it.1);
        assert!(of(0).next().unwrap().unwrap() < bytes.len());
        assert_eq!(of(0).next_back().unwrap(), Err(io::ErrorKind::WouldBlock));
        assert!(of(1).all(|it| it == Err(io::ErrorKind::BrokenPipe)));
    }
}
