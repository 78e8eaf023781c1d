//! Rooms: made, changed, archived.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::json;
use teahouse_core::rights::Action;
use teahouse_protocol::frame::Error;
use teahouse_protocol::{Body, ErrorCode, Kind, Person, Policy, Readers, RoomId, RoomNow, RoomRole, UserId};

use super::{By, Place, audit, event, refused};
use crate::clock::unix_ms;
use crate::error::bad_field;
use crate::node::Node;
use crate::settings::RoomsBy;
use crate::store::rooms::{self, Made};
use crate::store::{Commit, Committed, StoreError};

/// Characters of the longest name of a room.
const NAME_MAX: usize = 64;
/// Characters of the longest topic.
const TOPIC_MAX: usize = 512;
/// How often a change is tried that meets another one.
const TRIES: usize = 4;
/// Most people of a direct room.
const DIRECT_MAX: usize = 20;
/// Longest pause between two messages, in seconds.
const SLOW_S_MAX: u32 = 6 * 3_600;
/// Longest time that messages may be kept before it is for ever, in days.
const KEEP_DAYS_MAX: u32 = 36_500;

/// What is to be different in a room; what is left out stays.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Change {
    /// Its name.
    pub name: Option<String>,
    /// What it is about.
    pub topic: Option<String>,
    /// The name in its address; an empty one takes it away.
    pub slug: Option<String>,
    /// What holds there.
    pub policy: Option<Policy>,
    /// Whether it is closed.
    pub archived: Option<bool>,
}

impl Change {
    /// The room with this change.
    fn applied(self, room: &RoomNow) -> Result<RoomNow, Error> {
        let mut now = room.clone();
        if let Some(name) = self.name {
            now.name = name_of(&name)?;
        }
        if let Some(topic) = self.topic {
            now.topic = topic_of(&topic)?;
        }
        if let Some(slug) = self.slug {
            now.slug = slug_of(&slug)?;
        }
        if let Some(policy) = self.policy {
            now.policy = checked(policy)?;
        }
        now.archived = self.archived.unwrap_or(now.archived);
        Ok(now)
    }
}

impl Node {
    /// Makes a room, of which they are the moderator.
    ///
    /// # Errors
    /// `forbidden`, what is wrong with the room, or the store's code.
    pub async fn make_room(&self, by: &Person, change: Change) -> Result<RoomId, Error> {
        self.may_make_rooms(by)?;
        if change.name.is_none() {
            return Err(bad_field("name", "A room needs a name."));
        }
        let now = Change { archived: None, ..change }.applied(&RoomNow::default())?;
        let made = self.made(by, &now, None, &[by.id]).await?;
        made.ok_or_else(taken)
    }

    /// Whether somebody may make rooms, as the owner decided.
    ///
    /// # Errors
    /// `forbidden`.
    pub fn may_make_rooms(&self, by: &Person) -> Result<(), Error> {
        let may = match self.settings().rooms_by {
            RoomsBy::Guests => true,
            RoomsBy::Accounts => by.role.is_some(),
            RoomsBy::Moderators => self.who(Some(by)).keeps_order(),
        };
        if may {
            Ok(())
        } else {
            Err(refused(ErrorCode::Forbidden, "In this house not everybody makes rooms."))
        }
    }

    /// The direct room of somebody and these people; says whether it is new.
    ///
    /// # Errors
    /// What is wrong with the people, or the store's code.
    pub async fn direct_room(&self, by: &Person, others: Vec<UserId>) -> Result<(RoomId, bool), Error> {
        if by.role.is_none() && self.settings().rooms_by != RoomsBy::Guests {
            let said = "Guests answer messages and do not begin conversations. Claim your name first.";
            return Err(refused(ErrorCode::Forbidden, said));
        }
        let mut people = others;
        people.push(by.id);
        people.sort_unstable();
        people.dedup();
        if !(2..=DIRECT_MAX).contains(&people.len()) {
            return Err(bad_field("direct", "A conversation has 2 to 20 people, yourself among them."));
        }
        for person in &people {
            let known = rooms::person(&*self.store, *person).await?;
            known.ok_or_else(|| bad_field("direct", "One of these people is not there."))?;
        }
        let pair = people.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
        let policy = Policy { read: Readers::Joined, ..Policy::default() };
        let now = RoomNow { direct: true, policy, ..RoomNow::default() };
        if let Some(made) = self.made(by, &now, Some(pair.clone()), &people).await? {
            self.tell_of_rooms(people).await?;
            return Ok((made, true));
        }
        let known = rooms::of_pair(&*self.store, &pair).await?;
        let known = known.ok_or_else(|| StoreError::Busy.refusal(None))?;
        // Who left it is wanted there again.
        for person in people {
            self.let_in(person, &known, RoomRole::Member).await?;
        }
        Ok((known, false))
    }

    /// None if the room's address, or its people, have one already.
    async fn made(
        &self,
        by: &Person,
        now: &RoomNow,
        pair: Option<String>,
        people: &[UserId],
    ) -> Result<Option<RoomId>, Error> {
        if let Some(slug) = &now.slug
            && self.room_named(slug).await.is_ok()
        {
            return Ok(None);
        }
        let (id, at) = (new_id(), unix_ms());
        let made = rooms::make(&Made { id: &id, now, pair, by: by.id, at });
        let commit = Commit::new().then(made).then(audit(
            &By::Person(by.clone()),
            "room_made",
            Some(&id),
            None,
            &json!({"name": now.name}),
        ));
        match self.commit(commit).await? {
            Committed::Refused(_) => return Ok(None),
            Committed::Done { .. } => {}
        }
        // What it was at its beginning is the first event of its log.
        let body = Body { room: Some(Box::new(now.clone())), ..Body::default() };
        self.commit_all(Commit::new().append(&id, event(Kind::Room, by.id, body))).await?;
        for person in people {
            let is_maker = *person == by.id && !now.direct;
            self.let_in(*person, &id, if is_maker { RoomRole::Moderator } else { RoomRole::Member }).await?;
        }
        Ok(Some(id))
    }

    /// Changes a room.
    ///
    /// # Errors
    /// Why they may not, what is wrong with it, or the store's code.
    pub async fn change_room(&self, by: &By, id: &RoomId, change: Change) -> Result<Place, Error> {
        for _ in 0..TRIES {
            if self.change_as_it_is(by, id, change.clone()).await? {
                return self.place(by, id, Action::Read).await;
            }
        }
        Err(StoreError::Busy.into())
    }

    /// Whether it was done; not if somebody else changed the room at the same moment.
    async fn change_as_it_is(&self, by: &By, id: &RoomId, change: Change) -> Result<bool, Error> {
        self.place(by, id, if change.archived.is_some() { Action::Archive } else { Action::Change }).await?;
        // From the store: another node may have changed it a moment ago.
        let none = || refused(ErrorCode::NoSuchRoom, crate::error::sentence(ErrorCode::NoSuchRoom));
        let before = self.store.room(id).await?.ok_or_else(none)?.now;
        let now = change.applied(&before)?;
        if *id == RoomId::main() && now.policy.read == Readers::Joined {
            return Err(bad_field("policy.read", "The main room is never private."));
        }
        if before.archived && now.archived && now != before {
            return Err(refused(ErrorCode::Forbidden, "This room is archived. Open it again first."));
        }
        if let (Some(slug), true) = (&now.slug, now.slug != before.slug)
            && self.room_named(slug).await.is_ok()
        {
            return Err(taken());
        }
        if now == before {
            return Ok(true);
        }
        let body = Body { room: Some(Box::new(now.clone())), ..Body::default() };
        let commit = Commit::new()
            .then(rooms::change(id, &before, &now, unix_ms()))
            .then(audit(by, "room_changed", Some(id), None, &json!({"before": before, "now": now})))
            .append(id, event(Kind::Room, by.id(), body));
        Ok(matches!(self.commit(commit).await?, Committed::Done { .. }))
    }

    /// The room of that id or that slug, whoever asks.
    ///
    /// # Errors
    /// `no_such_room`, or the store's code.
    pub async fn room_named(&self, name: &str) -> Result<RoomId, Error> {
        let none = || refused(ErrorCode::NoSuchRoom, crate::error::sentence(ErrorCode::NoSuchRoom));
        let id: RoomId = name.parse().map_err(|_| none())?;
        if id.is_inner() {
            return Err(none());
        }
        if self.rooms.is_known(&id) {
            return Ok(id);
        }
        let found = rooms::id_of(&*self.store, name).await?;
        found.filter(|id| !id.is_inner()).ok_or_else(none)
    }
}

fn taken() -> Error {
    let said = "Another room has this address.";
    Error { field: Some("slug".into()), ..refused(ErrorCode::NameTaken, said) }
}

/// Ten characters that nobody guesses and everybody can read aloud.
fn new_id() -> RoomId {
    const SIGNS: &[u8] = b"23456789abcdefghjkmnpqrstuvwxyz";
    let sign = || char::from(SIGNS[rand::random_range(0..SIGNS.len())]);
    let id: String = std::iter::repeat_with(sign).take(10).collect();
    id.parse().expect("such signs make an id")
}

fn name_of(given: &str) -> Result<Arc<str>, Error> {
    let name = given.trim();
    let is_good = !name.is_empty() && name.chars().count() <= NAME_MAX && !name.chars().any(is_hidden);
    if is_good {
        Ok(name.into())
    } else {
        Err(bad_field("name", "A room's name has 1 to 64 characters, on one line."))
    }
}

fn topic_of(given: &str) -> Result<Arc<str>, Error> {
    let topic = given.trim();
    let is_good = topic.chars().count() <= TOPIC_MAX && !topic.chars().any(is_hidden);
    if is_good {
        Ok(topic.into())
    } else {
        Err(bad_field("topic", "A topic has at most 512 characters, on one line."))
    }
}

/// Characters that are not seen, or turn the line around.
fn is_hidden(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn slug_of(given: &str) -> Result<Option<Arc<str>>, Error> {
    let slug = given.trim();
    if slug.is_empty() {
        return Ok(None);
    }
    match slug.parse::<RoomId>() {
        Ok(id) if !id.is_inner() && slug.len() > 1 => Ok(Some(slug.into())),
        _ => {
            Err(bad_field("slug", "An address has 2 to 32 of a-z, 0-9, - and _, and does not begin with _."))
        }
    }
}

fn checked(policy: Policy) -> Result<Policy, Error> {
    if policy.slow_s > SLOW_S_MAX {
        return Err(bad_field("policy.slow_s", "The pause between two messages is at most 6 hours."));
    }
    if policy.keep_days.is_some_and(|days| !(1..=KEEP_DAYS_MAX).contains(&days)) {
        return Err(bad_field(
            "policy.keep_days",
            "Messages are kept for 1 day at least; null keeps them for ever.",
        ));
    }
    Ok(policy)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_short_and_plain() {
        for good in ["garden", "tea-room_2", "1025"] {
            assert_eq!(slug_of(good).unwrap().as_deref(), Some(good));
        }
        assert_eq!(slug_of("  ").unwrap(), None);
        for bad in ["_house", "Garden", "a", "with space", "茶馆", &"x".repeat(33)] {
            assert_eq!(slug_of(bad).unwrap_err().field.as_deref(), Some("slug"), "{bad}");
        }
    }

    #[test]
    fn a_change_keeps_what_it_does_not_name() {
        let before = RoomNow { name: "Garden".into(), topic: "tea".into(), ..RoomNow::default() };
        let renamed = Change { name: Some(" 花园 ".into()), ..Change::default() };
        assert_eq!(renamed.applied(&before).unwrap(), RoomNow { name: "花园".into(), ..before.clone() });
        let policy = |policy| Change { policy: Some(policy), ..Change::default() }.applied(&before);
        assert_eq!(
            policy(Policy { slow_s: 100_000, ..Policy::default() }).unwrap_err().field.unwrap(),
            "policy.slow_s"
        );
        let kept = Policy { keep_days: Some(0), ..Policy::default() };
        assert_eq!(policy(kept).unwrap_err().field.unwrap(), "policy.keep_days");
        let nameless = Change { name: Some("\u{202e}x".into()), ..Change::default() };
        assert_eq!(nameless.applied(&before).unwrap_err().field.unwrap(), "name");
    }
}
