//! Where a subscription starts: where the client left off, further on, or anew.
//!
//! Every start that is not exactly what the client asked for is said aloud.

use teahouse_protocol::{Epoch, From, Seq};

/// More events behind than this are not sent one by one: they are there through history.
pub const BEHIND_MAX: u64 = 5_000;
/// With how many events before the head such a client goes on.
pub const TAIL_AFTER_HOLE: u64 = 200;

/// What a room's log holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    /// The identity of the log.
    pub epoch: Epoch,
    /// The lowest number kept.
    pub oldest: Seq,
    /// The last number.
    pub head: Seq,
}

impl Extent {
    /// The lowest number after which everything is there.
    #[must_use]
    pub fn floor(&self) -> Seq {
        Seq(self.oldest.0.saturating_sub(1))
    }

    /// The same for somebody who may read what follows `floor`. The log goes at least so far: whoever knows a lower
    /// head has not heard of it yet.
    #[must_use]
    pub fn after(self, floor: Seq) -> Self {
        Self { oldest: self.oldest.max(floor.next()), head: self.head.max(floor), ..self }
    }

    fn tail(&self, count: u64) -> Seq {
        Seq(self.head.0.saturating_sub(count)).max(self.floor())
    }
}

/// Where a subscription starts, and what the client is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// Events after this number follow.
    At(Seq),
    /// Events between the client's cursor and this number were left out: `behind`.
    Behind(Seq),
    /// The client's history is not this log's: `reset`, and events after this number follow.
    Reset(Seq),
}

/// Decides where a subscription starts. `same` says whether the log's event at the cursor has the
/// cursor's check; it is asked only for a number that the log holds.
#[must_use]
pub fn start(from: &From, extent: &Extent, same: impl FnOnce(Seq, u32) -> bool) -> Start {
    let cursor = match from {
        From::Head => return Start::At(extent.head),
        From::Tail(count) => return Start::At(extent.tail((*count).min(From::TAIL_MAX))),
        From::Cursor(cursor) => cursor,
    };
    let reset = Start::Reset(extent.tail(TAIL_AFTER_HOLE));
    match cursor.epoch {
        Some(epoch) if epoch != extent.epoch => return reset,
        Some(_) if cursor.seq > extent.head => return reset,
        Some(_) if cursor.seq > extent.floor() && !same(cursor.seq, cursor.check) => return reset,
        _ => {}
    }
    if cursor.seq < extent.floor() || extent.head.since(cursor.seq) > BEHIND_MAX {
        return Start::Behind(extent.tail(TAIL_AFTER_HOLE));
    }
    Start::At(cursor.seq)
}

/// Where a connection that fell behind goes on: after its number, or after a hole that is said aloud.
#[must_use]
pub fn go_on(after: Seq, extent: &Extent) -> Start {
    if after < extent.floor() || extent.head.since(after) > BEHIND_MAX {
        Start::Behind(extent.tail(TAIL_AFTER_HOLE))
    } else {
        Start::At(after)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use teahouse_protocol::Cursor;

    use super::*;

    const EPOCH: Epoch = Epoch(7);

    fn check(from: From, oldest: u64, head: u64, expected: Start) {
        let extent = Extent { epoch: EPOCH, oldest: Seq(oldest), head: Seq(head) };
        assert_eq!(start(&from, &extent, |seq, check| u64::from(check) == seq.0), expected, "{from:?}");
    }

    fn cursor(epoch: u32, seq: u64, check: u32) -> From {
        From::Cursor(Cursor { epoch: Some(Epoch(epoch)), seq: Seq(seq), check })
    }

    #[test]
    fn a_start_is_what_was_asked_for_or_is_said_aloud() {
        check(From::Head, 1, 10, Start::At(Seq(10)));
        check(From::Tail(3), 1, 10, Start::At(Seq(7)));
        check(From::Tail(50), 1, 10, Start::At(Seq(0)));
        check(From::Tail(50), 5, 10, Start::At(Seq(4)));
        check(From::Tail(50), 1, 0, Start::At(Seq(0)));
        check(From::Cursor(Cursor::BEGINNING), 1, 10, Start::At(Seq(0)));
        check(From::Cursor(Cursor::BEGINNING), 4, 10, Start::Behind(Seq(3)));
        check(From::Cursor(Cursor::BEGINNING), 1, 6_000, Start::Behind(Seq(5_800)));
        check(cursor(7, 10, 10), 1, 10, Start::At(Seq(10)));
        check(cursor(7, 4, 4), 1, 10, Start::At(Seq(4)));
        check(cursor(7, 0, 0), 1, 10, Start::At(Seq(0)));
        check(cursor(7, 4, 5), 1, 10, Start::Reset(Seq(0)));
        check(cursor(8, 4, 4), 1, 10, Start::Reset(Seq(0)));
        check(cursor(7, 11, 11), 1, 10, Start::Reset(Seq(0)));
        check(cursor(7, 1, 1), 1, 5_001, Start::At(Seq(1)));
        check(cursor(7, 1, 1), 1, 5_002, Start::Behind(Seq(4_802)));
        check(cursor(7, 2, 9), 4, 10, Start::Behind(Seq(3)));
        check(cursor(7, 3, 9), 4, 10, Start::At(Seq(3)));
    }

    /// Two people were added to a private room, as 12 and as 14, and this node has heard of 10 only.
    #[test]
    fn nobody_starts_below_what_they_may_read() {
        let all = Extent { epoch: EPOCH, oldest: Seq(1), head: Seq(10) };
        for floor in [Seq(11), Seq(13)] {
            let extent = all.after(floor);
            for from in [From::Head, From::Tail(0), From::Tail(50), cursor(7, floor.0, 9)] {
                assert_eq!(start(&from, &extent, |_, _| false), Start::At(floor), "{from:?}");
            }
            assert_eq!(start(&cursor(7, 10, 10), &extent, |_, _| true), Start::Behind(floor));
            assert_eq!(start(&cursor(8, 10, 10), &extent, |_, _| true), Start::Reset(floor));
        }
        assert_eq!(all.after(Seq(4)), Extent { oldest: Seq(5), ..all });
        assert_eq!(all.after(Seq::ZERO), all);
    }

    proptest! {
        /// Nothing is left out silently, and what follows is in the log and not too much.
        #[test]
        fn a_start_leaves_nothing_out_silently(
            epoch in prop::option::of(6u32..8),
            seq in 0u64..12_000,
            same in any::<bool>(),
            oldest in 1u64..12_000,
            kept in 0u64..12_000,
        ) {
            let extent = Extent { epoch: EPOCH, oldest: Seq(oldest), head: Seq(oldest - 1 + kept) };
            let log = extent.floor()..=extent.head;
            let seq = Seq(if epoch.is_none() { 0 } else { seq });
            let shown = Cursor { epoch: epoch.map(Epoch), seq, check: 9 };
            let begins = start(&From::Cursor(shown), &extent, |asked, check| {
                assert!(asked == seq && check == 9 && log.contains(&asked) && asked > extent.floor());
                same
            });
            let same_log = epoch.is_none_or(|epoch| Epoch(epoch) == EPOCH);
            match begins {
                Start::At(at) => {
                    prop_assert!(same_log && at == seq && log.contains(&at));
                    prop_assert!(at == extent.floor() || epoch.is_none() || same);
                    prop_assert!(extent.head.since(at) <= BEHIND_MAX);
                }
                Start::Behind(at) => {
                    prop_assert!(same_log && at > seq && log.contains(&at));
                    prop_assert!(extent.head.since(at) <= TAIL_AFTER_HOLE);
                }
                Start::Reset(at) => {
                    prop_assert!(!same_log || seq > extent.head || !same);
                    prop_assert!(log.contains(&at) && extent.head.since(at) <= TAIL_AFTER_HOLE);
                }
            }
            // A connection that fell behind has the same right as one that comes back.
            if same_log && log.contains(&seq) && same {
                prop_assert_eq!(go_on(seq, &extent), begins);
            }
        }
    }
}
