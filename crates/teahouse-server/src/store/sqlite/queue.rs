//! What waits for a thread of the store: bounded in number and in bytes, full is said at once.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// A queue with any number of senders; its threads wait in `take_one` or `take_all`.
pub(super) struct Queue<T> {
    waiting: Mutex<Waiting<T>>,
    wake: Condvar,
    jobs_max: usize,
    bytes_max: usize,
}

struct Waiting<T> {
    jobs: VecDeque<(T, usize)>,
    bytes: usize,
    closed: bool,
}

/// Why nothing was put into a queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refused {
    /// Too much waits.
    Full,
    /// Nobody takes from it any more.
    Closed,
}

impl<T> Queue<T> {
    /// A queue of at most `jobs_max` jobs that hold at most `bytes_max` bytes.
    pub(super) fn new(jobs_max: usize, bytes_max: usize) -> Self {
        let waiting = Waiting { jobs: VecDeque::new(), bytes: 0, closed: false };
        Self { waiting: Mutex::new(waiting), wake: Condvar::new(), jobs_max, bytes_max }
    }

    /// Puts a job of about `bytes` bytes at the end.
    ///
    /// A job that is larger than the whole bound is taken when nothing else waits: its bytes are in
    /// memory already, and refusing it would refuse it for ever.
    pub(super) fn push(&self, job: T, bytes: usize) -> Result<(), Refused> {
        let mut waiting = self.waiting();
        if waiting.closed {
            return Err(Refused::Closed);
        }
        let too_many = waiting.jobs.len() >= self.jobs_max;
        let too_big = waiting.bytes.saturating_add(bytes) > self.bytes_max && !waiting.jobs.is_empty();
        if too_many || too_big {
            return Err(Refused::Full);
        }
        waiting.jobs.push_back((job, bytes));
        waiting.bytes += bytes;
        drop(waiting);
        self.wake.notify_one();
        Ok(())
    }

    /// Waits for a job; `None` when the queue is closed and empty.
    pub(super) fn take_one(&self) -> Option<T> {
        let mut waiting = self.waiting();
        loop {
            if let Some((job, bytes)) = waiting.jobs.pop_front() {
                waiting.bytes -= bytes;
                return Some(job);
            }
            if waiting.closed {
                return None;
            }
            waiting = self.wake.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Waits for a job or the end of the queue, until then at the latest; whether there is one of them.
    pub(super) fn wait_until(&self, at: Instant) -> bool {
        let is_quiet = |waiting: &mut Waiting<T>| waiting.jobs.is_empty() && !waiting.closed;
        let left = at.saturating_duration_since(Instant::now());
        let waited = self.wake.wait_timeout_while(self.waiting(), left, is_quiet);
        let (mut waiting, _) = waited.unwrap_or_else(PoisonError::into_inner);
        !is_quiet(&mut waiting)
    }

    /// Waits for jobs and takes all that wait, in order; `None` when the queue is closed and empty.
    pub(super) fn take_all(&self) -> Option<Vec<T>> {
        let first = self.take_one()?;
        let mut waiting = self.waiting();
        waiting.bytes = 0;
        let rest = std::mem::take(&mut waiting.jobs);
        drop(waiting);
        Some(std::iter::once(first).chain(rest.into_iter().map(|(job, _)| job)).collect())
    }

    /// Takes nothing more; what waits is still given out.
    pub(super) fn close(&self) {
        self.waiting().closed = true;
        self.wake.notify_all();
    }

    /// Takes nothing more and forgets what waits: whoever asked sees that nobody answers.
    pub(super) fn abandon(&self) {
        let mut waiting = self.waiting();
        waiting.closed = true;
        waiting.bytes = 0;
        let jobs = std::mem::take(&mut waiting.jobs);
        drop(waiting);
        // Outside the lock: dropping a job wakes its caller.
        drop(jobs);
        self.wake.notify_all();
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting<T>> {
        // Nothing in here panics between two changes that belong together.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_bounded_in_number() {
        let queue = Queue::new(2, 100);
        assert_eq!(queue.push('a', 1), Ok(()));
        assert_eq!(queue.push('b', 1), Ok(()));
        assert_eq!(queue.push('c', 1), Err(Refused::Full));
        assert_eq!(queue.take_one(), Some('a'));
        assert_eq!(queue.push('d', 1), Ok(()));
        assert_eq!(queue.take_all(), Some(vec!['b', 'd']));
    }

    #[test]
    fn is_bounded_in_bytes_but_takes_one_large_job() {
        let queue = Queue::new(10, 100);
        assert_eq!(queue.push('a', 1_000), Ok(()));
        assert_eq!(queue.push('b', 1), Err(Refused::Full));
        assert_eq!(queue.take_all(), Some(vec!['a']));
        assert_eq!(queue.push('c', 60), Ok(()));
        assert_eq!(queue.push('d', 60), Err(Refused::Full));
        assert_eq!(queue.push('e', 40), Ok(()));
    }

    #[test]
    fn gives_out_what_waits_after_it_is_closed() {
        let queue = Queue::new(10, 100);
        assert_eq!(queue.push('a', 1), Ok(()));
        queue.close();
        assert_eq!(queue.push('b', 1), Err(Refused::Closed));
        assert_eq!(queue.take_one(), Some('a'));
        assert_eq!(queue.take_one(), None);
        assert_eq!(queue.take_all(), None);
    }

    #[test]
    fn says_whether_anything_came_until_then() {
        let queue = Queue::new(10, 100);
        assert!(!queue.wait_until(Instant::now()));
        assert_eq!(queue.push('a', 1), Ok(()));
        assert!(queue.wait_until(Instant::now()));
        assert_eq!(queue.take_one(), Some('a'));
        queue.close();
        assert!(queue.wait_until(Instant::now()));
    }

    #[test]
    fn forgets_what_waits_when_it_is_abandoned() {
        let queue = Queue::new(10, 100);
        assert_eq!(queue.push('a', 1), Ok(()));
        queue.abandon();
        assert_eq!(queue.take_one(), None);
    }
}
