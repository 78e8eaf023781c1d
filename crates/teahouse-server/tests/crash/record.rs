//! What was written, acknowledged, stored and seen in one run, and the check of it.
//!
//! The check knows nothing of how the run came about; its own tests feed it broken records.

use std::collections::BTreeMap;

use teahouse_client::protocol::{Cid, UserId};

/// One stored event, as the wire gave it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stored {
    pub(crate) seq: u64,
    pub(crate) cid: Cid,
    pub(crate) by: UserId,
    pub(crate) letter: Letter,
}

/// What a message says: which sender's, and that sender's how manyth from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Letter {
    pub(crate) sender: usize,
    pub(crate) number: u64,
}

/// One acknowledgement, as the sender's client gave it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Acknowledged {
    pub(crate) letter: Letter,
    pub(crate) cid: Cid,
    pub(crate) seq: u64,
}

/// Everything that a run left behind.
#[derive(Debug, Clone, Default)]
pub(crate) struct Record {
    /// The room's whole log, by `history`.
    pub(crate) log: Vec<Stored>,
    /// The last number that the house names.
    pub(crate) head: u64,
    pub(crate) acknowledged: Vec<Acknowledged>,
    /// What each reader saw from the beginning on, in the order in which it saw it.
    pub(crate) readers: Vec<Vec<Stored>>,
}

/// A broken promise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The log's numbers are not 1, 2, 3, …: here they do not go on.
    LogGap { seq: u64 },
    /// The log does not end where the house says.
    LogEnd { last: u64, head: u64 },
    /// An acknowledged message is not in the log.
    Lost { letter: Letter, seq: u64 },
    /// A message is in the log at another number than its acknowledgement says.
    Moved { letter: Letter, acknowledged: u64, stored: u64 },
    /// A message is in the log more than once.
    Repeated { letter: Letter, seq: u64 },
    /// A message stands after one that its sender wrote later.
    Swapped { letter: Letter, seq: u64 },
    /// A sender became somebody else.
    OtherPerson { sender: usize, seq: u64 },
    /// A reader's numbers do not go on here: a gap, a repeat or a swap.
    ReaderOrder { reader: usize, expected: u64, saw: u64 },
    /// A reader saw something else than the log has.
    ReaderOther { reader: usize, seq: u64 },
    /// A reader has another end than the house.
    ReaderEnd { reader: usize, last: u64, head: u64 },
}

impl Letter {
    /// The text that says it.
    pub(crate) fn text(self) -> String {
        format!("{} {}", self.sender, self.number)
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (sender, number) = text.split_once(' ')?;
        Some(Self { sender: sender.parse().ok()?, number: number.parse().ok()? })
    }
}

impl Record {
    /// Every promise that was broken; none in a good run.
    pub(crate) fn faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        self.check_log(&mut faults);
        self.check_acknowledged(&mut faults);
        self.check_senders(&mut faults);
        self.check_readers(&mut faults);
        faults
    }

    fn check_log(&self, faults: &mut Vec<Fault>) {
        for (stored, expected) in self.log.iter().zip(1..) {
            if stored.seq != expected {
                faults.push(Fault::LogGap { seq: expected });
                break;
            }
        }
        let last = self.log.last().map_or(0, |stored| stored.seq);
        if last != self.head {
            faults.push(Fault::LogEnd { last, head: self.head });
        }
    }

    fn check_acknowledged(&self, faults: &mut Vec<Fault>) {
        let by_cid: BTreeMap<Cid, &Stored> =
            self.log.iter().rev().map(|stored| (stored.cid, stored)).collect();
        for &Acknowledged { letter, cid, seq } in &self.acknowledged {
            match by_cid.get(&cid).filter(|stored| stored.letter == letter) {
                None => faults.push(Fault::Lost { letter, seq }),
                Some(stored) if stored.seq != seq => {
                    faults.push(Fault::Moved { letter, acknowledged: seq, stored: stored.seq });
                }
                Some(_) => {}
            }
        }
    }

    fn check_senders(&self, faults: &mut Vec<Fault>) {
        let mut seen: BTreeMap<Letter, u64> = BTreeMap::new();
        let mut latest: BTreeMap<usize, &Stored> = BTreeMap::new();
        for stored in &self.log {
            let Stored { seq, letter, by, .. } = *stored;
            if seen.insert(letter, seq).is_some() {
                faults.push(Fault::Repeated { letter, seq });
                continue;
            }
            if let Some(before) = latest.get(&letter.sender) {
                if before.letter.number > letter.number {
                    faults.push(Fault::Swapped { letter, seq });
                    continue;
                }
                if before.by != by {
                    faults.push(Fault::OtherPerson { sender: letter.sender, seq });
                }
            }
            latest.insert(letter.sender, stored);
        }
    }

    fn check_readers(&self, faults: &mut Vec<Fault>) {
        let log: BTreeMap<u64, &Stored> = self.log.iter().map(|stored| (stored.seq, stored)).collect();
        for (reader, seen) in self.readers.iter().enumerate() {
            for (stored, expected) in seen.iter().zip(1..) {
                if stored.seq != expected {
                    faults.push(Fault::ReaderOrder { reader, expected, saw: stored.seq });
                    break;
                }
                if log.get(&stored.seq).is_some_and(|in_log| *in_log != stored) {
                    faults.push(Fault::ReaderOther { reader, seq: stored.seq });
                }
            }
            let last = seen.last().map_or(0, |stored| stored.seq);
            if last != self.head {
                faults.push(Fault::ReaderEnd { reader, last, head: self.head });
            }
        }
    }
}

mod tests {
    use super::*;

    fn stored(seq: u64, sender: usize, number: u64) -> Stored {
        let mut cid = [0; 16];
        cid[0] = sender as u8;
        cid[8..].copy_from_slice(&number.to_be_bytes());
        let by = UserId::from_bytes([sender as u8; 16]);
        Stored { seq, cid: Cid::from_bytes(cid), by, letter: Letter { sender, number } }
    }

    /// Two senders, six events, two readers, nothing wrong.
    fn good() -> Record {
        let log: Vec<Stored> = [(0, 1), (1, 1), (0, 2), (0, 3), (1, 2), (0, 4)]
            .into_iter()
            .zip(1..)
            .map(|((sender, number), seq)| stored(seq, sender, number))
            .collect();
        let acknowledged =
            log.iter().map(|&Stored { seq, cid, letter, .. }| Acknowledged { letter, cid, seq }).collect();
        Record { readers: vec![log.clone(), log.clone()], head: 6, log, acknowledged }
    }

    /// Breaks a good record and names the faults that must be found, no more and no fewer.
    fn check<T>(spoil: impl FnOnce(&mut Record) -> T, expected: &[Fault]) {
        let mut record = good();
        spoil(&mut record);
        assert_eq!(record.faults(), expected);
    }

    const FIRST_OF_1: Letter = Letter { sender: 1, number: 1 };
    const LAST_OF_0: Letter = Letter { sender: 0, number: 4 };

    #[test]
    fn finds_nothing_in_a_good_record() {
        check(|_| {}, &[]);
        // A message without an acknowledgement may be in the log or not.
        check(|record| record.acknowledged.pop(), &[]);
        assert_eq!(Letter::parse(&LAST_OF_0.text()), Some(LAST_OF_0));
        assert_eq!(Letter::parse("something else"), None);
    }

    #[test]
    fn finds_a_lost_message() {
        let lose_last = |record: &mut Record| {
            record.log.pop();
            record.head = 5;
            record.readers.iter_mut().for_each(|seen| seen.truncate(5));
        };
        check(lose_last, &[Fault::Lost { letter: LAST_OF_0, seq: 6 }]);
        let lose_middle = |record: &mut Record| record.log.remove(1);
        check(lose_middle, &[Fault::LogGap { seq: 2 }, Fault::Lost { letter: FIRST_OF_1, seq: 2 }]);
        // Its place in the log is not enough: it must say what was written.
        let other_text = |record: &mut Record| {
            record.log[5].letter.number = 9;
            record.readers.clear();
        };
        check(other_text, &[Fault::Lost { letter: LAST_OF_0, seq: 6 }]);
    }

    #[test]
    fn finds_a_repeated_message() {
        let again = Stored { seq: 7, ..stored(7, 0, 4) };
        let repeat = |record: &mut Record| {
            record.log.push(again);
            record.readers.iter_mut().for_each(|seen| seen.push(again));
            record.head = 7;
        };
        check(repeat, &[Fault::Repeated { letter: LAST_OF_0, seq: 7 }]);
        let late_repeat = |record: &mut Record| {
            let again = Stored { seq: 7, ..stored(7, 1, 1) };
            record.log.push(again);
            record.readers.clear();
            record.head = 7;
        };
        check(late_repeat, &[Fault::Repeated { letter: FIRST_OF_1, seq: 7 }]);
    }

    #[test]
    fn finds_swapped_messages() {
        let swap = |record: &mut Record| {
            record.log[2] = stored(3, 0, 3);
            record.log[3] = stored(4, 0, 2);
            record.acknowledged.clear();
            record.readers.clear();
        };
        check(swap, &[Fault::Swapped { letter: Letter { sender: 0, number: 2 }, seq: 4 }]);
    }

    #[test]
    fn finds_a_moved_message_and_another_person() {
        check(
            |record| record.acknowledged[5].seq = 5,
            &[Fault::Moved { letter: LAST_OF_0, acknowledged: 5, stored: 6 }],
        );
        let other = |record: &mut Record| {
            record.log[5].by = UserId::from_bytes([9; 16]);
            record.readers.clear();
        };
        check(other, &[Fault::OtherPerson { sender: 0, seq: 6 }]);
    }

    #[test]
    fn finds_what_readers_did_not_see() {
        let order = |expected, saw| Fault::ReaderOrder { reader: 1, expected, saw };
        check(|record| record.readers[1].remove(2), &[order(3, 4)]);
        check(|record| record.readers[1].insert(2, stored(2, 1, 1)), &[order(3, 2)]);
        check(|record| record.readers[1].swap(1, 2), &[order(2, 3)]);
        check(|record| record.readers[1].remove(0), &[order(1, 2)]);
        let end = Fault::ReaderEnd { reader: 0, last: 5, head: 6 };
        check(|record| record.readers[0].pop(), &[end]);
        check(|record| record.readers[0].clear(), &[Fault::ReaderEnd { reader: 0, last: 0, head: 6 }]);
        let other = Fault::ReaderOther { reader: 0, seq: 3 };
        check(|record| record.readers[0][2].letter.number = 7, &[other]);
    }

    #[test]
    fn finds_an_end_that_is_not_the_houses() {
        let ends = [
            Fault::LogEnd { last: 6, head: 7 },
            Fault::ReaderEnd { reader: 0, last: 6, head: 7 },
            Fault::ReaderEnd { reader: 1, last: 6, head: 7 },
        ];
        check(|record| record.head = 7, &ends);
    }
}
