use super::*;

fn room(name: &str) -> RoomId {
    name.parse().unwrap()
}

fn cid(number: u8) -> Cid {
    Cid::from_bytes([number; 16])
}

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// Refs count up from the number of the letter, so that tables stay readable.
struct Table {
    outbox: Outbox,
    last_ref: u64,
}

impl Table {
    /// Letters 1, 2, 3, … to these rooms.
    fn new(rooms: &[&str]) -> Self {
        let mut outbox = Outbox::default();
        for (name, number) in rooms.iter().zip(1..) {
            outbox.push(room(name), cid(number), Kind::Message, Body::of(number.to_string()));
        }
        Self { outbox, last_ref: 0 }
    }

    /// What is due at that time, as letter, ref and `*` for the head.
    fn due(&mut self, at_ms: u64) -> String {
        self.due_in(at_ms, 32, |_| true)
    }

    fn due_in(&mut self, at_ms: u64, unacked_max: usize, open: impl Fn(&RoomId) -> bool) -> String {
        let next_ref = || {
            self.last_ref += 1;
            self.last_ref
        };
        let due = self.outbox.due(ms(at_ms), unacked_max, open, next_ref);
        let said =
            |send: &Send| format!("{}@{}{}", send.body.text, send.r#ref, if send.first { "*" } else { "" });
        due.iter().map(said).collect::<Vec<_>>().join(" ")
    }

    fn refuse(&mut self, r#ref: u64, code: ErrorCode, retry_ms: Option<u64>, at_ms: u64) -> Verdict {
        let error = Error { retry_ms, ..Error::new(Some(r#ref), code, "") };
        self.outbox.refused(r#ref, &error, ms(at_ms))
    }
}

#[test]
fn sends_in_order_with_the_head_marked() {
    let mut table = Table::new(&["a", "b", "a", "b"]);
    assert_eq!(table.due(0), "1@1* 2@2* 3@3 4@4");
    assert_eq!(table.due(0), "");
    assert!(table.outbox.acknowledged(&room("a"), cid(1)));
    assert!(!table.outbox.acknowledged(&room("a"), cid(1)));
    assert!(!table.outbox.acknowledged(&room("b"), cid(3)), "another room's");
    table.outbox.push(room("a"), cid(5), Kind::Message, Body::of("5".into()));
    assert_eq!(table.due(0), "5@5", "3 is still the head");
}

#[test]
fn keeps_to_the_most_in_flight() {
    let mut table = Table::new(&["a", "a", "b"]);
    assert_eq!(table.due_in(0, 2, |_| true), "1@1* 2@2");
    assert_eq!(table.due_in(0, 2, |_| true), "");
    table.outbox.acknowledged(&room("a"), cid(1));
    assert_eq!(table.due_in(0, 2, |_| true), "3@3*");
}

#[test]
fn waits_for_its_room() {
    let mut table = Table::new(&["a", "b", "a"]);
    assert_eq!(table.due_in(0, 32, |it| *it == room("b")), "2@1*");
    assert_eq!(table.due_in(0, 32, |_| true), "1@2* 3@3");
}

#[test]
fn a_refusal_holds_the_room_until_all_are_answered() {
    let mut table = Table::new(&["a", "a", "b", "a"]);
    assert_eq!(table.due(0), "1@1* 2@2 3@3* 4@4");
    assert_eq!(table.refuse(1, ErrorCode::Rate, Some(100), 10), Verdict::Keep(room("a")));
    assert_eq!(table.outbox.next_deadline(), None, "answers are waited for, not time");
    assert_eq!(table.due(500), "", "2 and 4 are not answered yet");
    table.refuse(2, ErrorCode::OutOfOrder, None, 20);
    assert_eq!(table.due(500), "");
    table.refuse(4, ErrorCode::OutOfOrder, None, 30);
    assert_eq!(table.outbox.next_deadline(), Some(ms(110)));
    assert_eq!(table.due(109), "");
    assert_eq!(table.due(110), "1@5* 2@6 4@7");
    assert_eq!(table.outbox.next_deadline(), None);
}

#[test]
fn a_hold_does_not_hold_other_rooms() {
    let mut table = Table::new(&["a"]);
    table.due(0);
    table.refuse(1, ErrorCode::StoreBusy, None, 0);
    table.outbox.push(room("b"), cid(2), Kind::Message, Body::of("2".into()));
    table.outbox.push(room("a"), cid(3), Kind::Message, Body::of("3".into()));
    assert_eq!(table.due(10), "2@2*");
    assert_eq!(table.due(1000), "1@3* 3@4", "without a pause it is a second");
}

#[test]
fn no_refusal_makes_a_busy_loop() {
    let mut table = Table::new(&["a"]);
    table.due(0);
    table.refuse(1, ErrorCode::Rate, Some(0), 0);
    assert_eq!(table.due(0), "");
    assert_eq!(table.outbox.next_deadline(), Some(Outbox::RETRY_LEAST));
}

#[test]
fn a_final_refusal_drops_only_its_message() {
    let mut table = Table::new(&["a", "a"]);
    table.due(0);
    assert_eq!(table.refuse(1, ErrorCode::Muted, None, 0), Verdict::Drop(cid(1)));
    assert_eq!(table.refuse(1, ErrorCode::Muted, None, 0), Verdict::Unknown);
    assert_eq!(table.outbox.len(), 1);
    assert!(table.outbox.acknowledged(&room("a"), cid(2)));
}

#[test]
fn every_connection_begins_with_the_head() {
    let mut table = Table::new(&["a", "a", "b"]);
    table.due(0);
    table.refuse(1, ErrorCode::Rate, Some(60_000), 0);
    table.outbox.connection_lost();
    assert_eq!(table.outbox.next_deadline(), None);
    assert_eq!(table.due(1), "1@4* 2@5 3@6*");
    assert_eq!(table.refuse(2, ErrorCode::Muted, None, 1), Verdict::Unknown, "an answer of another time");
    assert_eq!(table.outbox.drain(Some(&room("a"))), [cid(1), cid(2)]);
    assert_eq!(table.outbox.drain(None), [cid(3)]);
    assert_eq!(table.outbox.len(), 0);
}
