//! Rights that change while a room is followed. Whoever an event concerns is held before it: they get nothing
//! more until the store has said what they may, and that is newer than the event.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use teahouse_core::rights::{self, Action, Concern, Subject};
use teahouse_core::room::{ConnectionId, Input, Output, Post};
use teahouse_protocol::{CloseCode, Push, UserId};

use super::Mail;
use super::task::Task;
use crate::access::{self, Standing};
use crate::clock::unix_ms;
use crate::session::{Connection, Transport};

/// Single people whose rights changed that are remembered one by one.
const RECENT_MAX: usize = 256;

/// How long who left before it was known waits before they send again, in milliseconds.
const RETRY_MS: u64 = 100;

/// What became of the question what somebody may.
#[derive(Debug)]
pub(crate) struct Checked {
    connection: Arc<Connection>,
    /// How many changes had happened when the store was asked.
    as_of: u64,
    /// None if the connection ended.
    standing: Option<Standing>,
}

/// Whose rights changed, in the order in which it became known here.
#[derive(Debug, Default)]
pub(super) struct Revisions {
    count: u64,
    /// The last change that concerned everybody.
    everybody: u64,
    recent: VecDeque<(u64, UserId)>,
}

impl Revisions {
    fn note(&mut self, concern: Concern) -> u64 {
        self.count += 1;
        match concern {
            Concern::Everybody => {
                self.everybody = self.count;
                self.recent.clear();
            }
            Concern::One(person) => {
                if self.recent.len() == RECENT_MAX
                    && let Some((count, _)) = self.recent.pop_front()
                {
                    // It is not remembered whose change this was: it may have been anybody's.
                    self.everybody = count;
                }
                self.recent.push_back((self.count, person));
            }
        }
        self.count
    }

    /// Whether what was read of somebody after so many changes still holds.
    pub(super) fn still_holds(&self, as_of: u64, person: Option<UserId>) -> bool {
        let is_theirs = |(count, whose): &(u64, UserId)| *count > as_of && Some(*whose) == person;
        as_of >= self.everybody && !self.recent.iter().any(is_theirs)
    }
}

impl Task {
    /// Nobody whom it concerns gets anything more before their rights are known again.
    pub(super) fn concern(&mut self, concern: Concern) {
        let count = self.changes.note(concern);
        self.room.changes.store(count, Ordering::Release);
        let concerned = match concern {
            Concern::One(person) => self.people.connections(person),
            Concern::Everybody => self.followed_by(),
        };
        for connection in concerned {
            if self.hold(&connection) {
                self.ask_for_rights(connection);
            }
        }
    }

    /// Whether it follows the room.
    fn hold(&mut self, connection: &Arc<Connection>) -> bool {
        let live_at = connection.with_subscription(&self.room, |one| {
            let live_at = one.feed.is_live().then_some(one.live_at);
            one.feed.hold(self.room.head());
            live_at
        });
        if let Some(Some(index)) = live_at {
            self.remove_live(index as usize);
        }
        live_at.is_some()
    }

    fn ask_for_rights(&self, connection: Arc<Connection>) {
        let (access, room) = (self.access.clone(), self.room.clone());
        let as_of = self.room.changes();
        tokio::spawn(async move {
            let standing = access.until_known(&connection, &room.id).await;
            room.tell(Mail::Checked(Box::new(Checked { connection, as_of, standing })));
        });
    }

    /// Somebody writes. What they may is not known while they are held: then it waits.
    pub(super) fn post(
        &mut self,
        connection: &Connection,
        post: Box<Post>,
        rate: Result<(), u64>,
        out: &mut Vec<Output>,
    ) {
        let is_held = connection.with_subscription(&self.room, |one| one.feed.is_held());
        let subject = match is_held {
            Some(true) => return self.held.entry(post.connection).or_default().push((post, rate)),
            // Who was sent out in between; what comes with a request follows nothing, and was looked up just now.
            None if connection.transport != Transport::Send => Subject::default(),
            _ => post.subject,
        };
        self.core.handle(Input::Post { post: Box::new(Post { subject, ..*post }), rate }, out);
    }

    /// Nobody will know what they may: whoever sent it tries again.
    pub(super) fn give_up(&mut self, connection: ConnectionId, out: &mut Vec<Output>) {
        for (post, _) in self.held.remove(&connection).unwrap_or_default() {
            self.core.handle(Input::Post { post, rate: Err(RETRY_MS) }, out);
        }
    }

    /// It is known what somebody may who is held.
    pub(super) fn checked(&mut self, checked: Checked, out: &mut Vec<Output>) {
        let Checked { connection, as_of, standing } = checked;
        let Some(standing) = standing else { return };
        let someone = connection.someone.get();
        if !self.changes.still_holds(as_of, someone.map(|someone| someone.id)) {
            return self.ask_for_rights(connection);
        }
        let who = self.access.who(someone.map(|someone| someone.person()).as_ref());
        let subject = standing.subject(who, unix_ms());
        for (post, rate) in self.held.remove(&connection.id).unwrap_or_default() {
            self.core.handle(Input::Post { post: Box::new(Post { subject, ..*post }), rate }, out);
        }
        match rights::may(&subject, &self.room.id, self.core.now(), Action::Read) {
            Err(refusal) => self.send_out(&connection, refusal),
            Ok(()) => {
                let floor = access::floor(&subject, self.core.now());
                let has_hole = connection.with_subscription(&self.room, |one| {
                    if !one.feed.is_held() {
                        return false;
                    }
                    one.stand(standing);
                    let has_hole = one.feed.seq() < floor;
                    if !has_hole {
                        one.feed.let_go();
                    }
                    has_hole
                });
                if has_hole == Some(true) {
                    // The client comes back with its cursor, and is told of the hole.
                    connection.close(CloseCode::Rotate);
                }
            }
        }
        connection.wire.task.wake();
    }

    /// Somebody may not read the room any more.
    fn send_out(&mut self, connection: &Arc<Connection>, refusal: rights::Refusal) {
        if !self.drop_subscription(connection) {
            return;
        }
        self.left(connection, true);
        let room = self.room.id.clone();
        connection.say(&Push::Unsubscribed { r#ref: None, room, code: Some(refusal.code()) });
        connection.wire.flush(self.clock.now());
        if !connection.dialect.has_signals() {
            // It follows nothing else, and has no word for this.
            connection.close(CloseCode::Forbidden);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(number: u8) -> UserId {
        UserId::from_bytes([number; 16])
    }

    #[test]
    fn what_was_read_before_a_change_holds_for_others_only() {
        let mut revisions = Revisions::default();
        assert_eq!(revisions.note(Concern::One(person(1))), 1);
        assert!(!revisions.still_holds(0, Some(person(1))));
        assert!(revisions.still_holds(1, Some(person(1))));
        assert!(revisions.still_holds(0, Some(person(2))) && revisions.still_holds(0, None));
        assert_eq!(revisions.note(Concern::Everybody), 2);
        assert!(!revisions.still_holds(1, Some(person(2))) && !revisions.still_holds(1, None));
        assert!(revisions.still_holds(2, None));
    }

    #[test]
    fn what_is_not_remembered_may_have_been_anybodys() {
        let mut revisions = Revisions::default();
        for number in 0..=RECENT_MAX as u64 {
            revisions.note(Concern::One(person(u8::try_from(number % 7).unwrap())));
        }
        assert!(!revisions.still_holds(0, Some(person(99))));
        assert!(revisions.still_holds(1, Some(person(99))));
    }
}
