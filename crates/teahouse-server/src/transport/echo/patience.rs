//! How long a silent peer is waited for, and what happens then.
//!
//! Pure: the time is a parameter. It decides, the connection acts.

use std::time::Duration;

use tokio::time::Instant;

/// How long a peer may be silent before it is asked whether it lives.
pub(super) const SILENCE: Duration = Duration::from_secs(25);
/// How long it has to answer that; any byte of it counts.
pub(super) const ANSWER: Duration = Duration::from_secs(10);
/// How long it has to finish the closing before the socket is dropped.
pub(super) const FAREWELL: Duration = Duration::from_secs(5);

/// What is expected of one peer until when.
#[derive(Debug)]
pub(super) struct Patience {
    deadline: Instant,
    expects: Expects,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Expects {
    /// Anything at all.
    Sound,
    /// An answer to our question.
    Answer,
    /// The end of the closing.
    End,
}

/// What to do when the alarm rang.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Verdict {
    /// Nothing yet; the alarm is set to the deadline again.
    Wait,
    /// A ping.
    Ask,
    /// The closing, for want of an answer.
    Leave,
    /// The end, without further words.
    Drop,
}

impl Patience {
    pub(super) fn new(now: Instant) -> Self {
        Self { deadline: now + SILENCE, expects: Expects::Sound }
    }

    pub(super) fn deadline(&self) -> Instant {
        self.deadline
    }

    /// The peer sent or took bytes.
    pub(super) fn sound(&mut self, now: Instant) {
        if self.expects != Expects::End {
            *self = Self::new(now);
        }
    }

    /// The closing has begun; sounds do not prolong it.
    pub(super) fn farewell(&mut self, now: Instant) {
        if self.expects != Expects::End {
            *self = Self { deadline: now + FAREWELL, expects: Expects::End };
        }
    }

    /// The alarm rang, perhaps for a deadline that has moved since.
    pub(super) fn ring(&mut self, now: Instant) -> Verdict {
        if now < self.deadline {
            return Verdict::Wait;
        }
        match self.expects {
            Expects::Sound => {
                *self = Self { deadline: now + ANSWER, expects: Expects::Answer };
                Verdict::Ask
            }
            Expects::Answer => Verdict::Leave,
            Expects::End => Verdict::Drop,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn asks_after_silence_then_leaves_then_drops() {
        let start = Instant::now();
        let mut patience = Patience::new(start);
        assert_eq!(patience.ring(start + seconds(24)), Verdict::Wait);
        assert_eq!(patience.ring(start + seconds(25)), Verdict::Ask);
        assert_eq!(patience.ring(start + seconds(34)), Verdict::Wait);
        assert_eq!(patience.ring(start + seconds(35)), Verdict::Leave);
        patience.farewell(start + seconds(35));
        assert_eq!(patience.ring(start + seconds(39)), Verdict::Wait);
        assert_eq!(patience.ring(start + seconds(40)), Verdict::Drop);
    }

    #[test]
    fn begins_anew_with_each_sound() {
        let start = Instant::now();
        let mut patience = Patience::new(start);
        patience.sound(start + seconds(20));
        assert_eq!(patience.ring(start + seconds(25)), Verdict::Wait);
        assert_eq!(patience.ring(start + seconds(45)), Verdict::Ask);
        patience.sound(start + seconds(54));
        assert_eq!(patience.ring(start + seconds(55)), Verdict::Wait);
        assert_eq!(patience.ring(start + seconds(79)), Verdict::Ask);
    }

    #[test]
    fn lets_no_sound_prolong_the_closing() {
        let start = Instant::now();
        let mut patience = Patience::new(start);
        patience.farewell(start);
        patience.sound(start + seconds(4));
        patience.farewell(start + seconds(4));
        assert_eq!(patience.ring(start + seconds(5)), Verdict::Drop);
    }
}
