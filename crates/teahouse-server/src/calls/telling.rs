//! What all of a person's devices learn at once: how far they have read, and that what calls them is another.
//!
//! The devices at this node are told directly, the others by a hint to their nodes. A hint that is lost leaves a
//! number that is old until the device asks again: nothing else depends on it.

use teahouse_protocol::{Push, RoomId, Seq, UserId};

use crate::bus::{Place, Word};
use crate::node::Node;
use crate::session::Connection;

/// People that one hint names.
const NAMED_MAX: usize = 1_000;

impl Node {
    /// Somebody has read a room up to there: their other devices are told.
    pub(crate) fn tell_read(&self, person: UserId, room: &RoomId, seq: Seq, by: Option<&Connection>) {
        self.say_read(person, room, seq, by);
        let word = Word::Read { person, room: room.clone(), seq };
        self.bus().tell(&Place::House, word);
    }

    /// What calls these people is another: their devices ask for it again.
    pub(crate) fn tell_calls(&self, people: &[UserId]) {
        self.say_calls(people);
        for some in people.chunks(NAMED_MAX) {
            self.bus().tell(&Place::House, Word::Calls { people: some.to_vec() });
        }
    }

    /// Another node said something that concerns people, wherever they are.
    pub(crate) fn hear(&self, word: Word) {
        match word {
            Word::Read { person, room, seq } => self.say_read(person, &room, seq, None),
            Word::Calls { people } => self.say_calls(&people),
            _ => {}
        }
    }

    fn say_read(&self, person: UserId, room: &RoomId, seq: Seq, but: Option<&Connection>) {
        let said = Push::Read { r#ref: None, room: room.clone(), seq };
        for one in self.people.connections(person) {
            let is_other = but.is_none_or(|but| but.id != one.id);
            if is_other && one.dialect.has_signals() && one.is_in(room) {
                one.nudge(&said, self.clock.now());
            }
        }
    }

    fn say_calls(&self, people: &[UserId]) {
        let said = Push::Changed { you: None, rooms: false, calls: true };
        for one in people.iter().flat_map(|person| self.people.connections(*person)) {
            one.tell(&said, self.clock.now());
        }
    }
}
