//! Links into rooms. A link's code is computed from its number and the house's secret; the store has its hash.

use serde_json::json;
use teahouse_core::rights::Action;
use teahouse_protocol::frame::Error;
use teahouse_protocol::{Body, ErrorCode, Kind, Person, RoomId, RoomRole};

use super::{By, Place, audit, event, refused};
use crate::clock::unix_ms;
use crate::error::bad_field;
use crate::node::Node;
use crate::people;
use crate::store::rooms::invites::{self, Invite, Which};
use crate::store::{Commit, Committed, rooms};

/// Longest time of a link that is not for ever, in hours: a year.
const HOURS_MAX: u64 = 366 * 24;
/// Most people of a link that is not for any number.
const USES_MAX: u64 = 10_000;
/// Most links of one room.
const INVITES_MAX: usize = 200;
/// Characters of a code: 96 bits.
const CODE_LENGTH: usize = 16;

/// How long, and for how many.
#[derive(Debug, Clone, Copy, Default, serde::Deserialize)]
pub struct Asked {
    /// For how many hours; none for ever.
    pub hours: Option<u64>,
    /// For how many people; none for any number.
    pub uses: Option<u64>,
}

impl Node {
    /// Makes a link into a room.
    ///
    /// # Errors
    /// Why they may not, what is wrong with it, or the store's code.
    pub async fn invite(&self, by: &By, room: &RoomId, asked: Asked) -> Result<Invite, Error> {
        if asked.hours.is_some_and(|hours| !(1..=HOURS_MAX).contains(&hours)) {
            return Err(bad_field("hours", "Between one hour and a year; null for ever."));
        }
        if asked.uses.is_some_and(|uses| !(1..=USES_MAX).contains(&uses)) {
            return Err(bad_field("uses", "For 1 to 10,000 people; null for any number."));
        }
        self.place(by, room, Action::Invite).await?;
        let By::Person(person) = by else {
            return Err(refused(ErrorCode::Forbidden, "An invite is somebody's: it is made in the room."));
        };
        if self.invites_of(room).await?.len() >= INVITES_MAX {
            return Err(refused(ErrorCode::Rate, "This room has 200 invites. End one first."));
        }
        let now = unix_ms();
        let invite = Invite {
            id: rooms::random_id(),
            room: room.clone(),
            by: person.clone(),
            made: now,
            until: asked.hours.map(|hours| now + hours * 3_600_000),
            uses_left: asked.uses,
        };
        let commit = Commit::new()
            .then(invites::add_invite(&invite, people::hash(&self.code_of(&invite))))
            .then(audit(by, "invited", Some(room), None, &json!({"hours": asked.hours, "uses": asked.uses})));
        self.commit_all(commit).await?;
        Ok(invite)
    }

    /// The links into a room.
    ///
    /// # Errors
    /// The store's code.
    pub async fn invites_of(&self, room: &RoomId) -> Result<Vec<Invite>, Error> {
        invites::invites(&*self.store, Which::Of(room)).await.map_err(Error::from)
    }

    /// What stands in a link.
    #[must_use]
    pub fn code_of(&self, invite: &Invite) -> String {
        self.secret_of(&format!("invite {}", invite.id)).chars().take(CODE_LENGTH).collect()
    }

    /// The link of that code, good or not.
    ///
    /// # Errors
    /// `not_found`, or the store's code.
    pub async fn invite_of(&self, code: &str) -> Result<Invite, Error> {
        let found = invites::invites(&*self.store, Which::Hash(people::hash(code))).await;
        let found = found?.into_iter().next();
        found.ok_or_else(|| refused(ErrorCode::NotFound, "There is no such invite, or it has ended."))
    }

    /// Ends a link: whoever made it, and who keeps order in its room.
    ///
    /// # Errors
    /// Why they may not, `not_found`, or the store's code.
    pub async fn end_invite(&self, by: &By, id: u64) -> Result<(), Error> {
        let none = || refused(ErrorCode::NotFound, "There is no such invite, or it has ended.");
        let found = invites::invites(&*self.store, Which::Number(id)).await;
        let found = found?.into_iter().next().ok_or_else(none)?;
        if found.by.id != by.id() && !by.who().keeps_order() {
            self.place(by, &found.room, Action::Moderate).await.map_err(|_| none())?;
        }
        let commit = Commit::new().then(invites::end_invite(id)).then(audit(
            by,
            "invite_ended",
            Some(&found.room),
            Some(found.by.id),
            &json!({}),
        ));
        match self.commit(commit).await? {
            Committed::Done { .. } => Ok(()),
            Committed::Refused(_) => Err(none()),
        }
    }

    /// Somebody uses a link: they are a member of its room then. Who is one already uses nothing up.
    ///
    /// # Errors
    /// `not_found` if the link is not good, `banned` if they were sent out of the room, or the store's code.
    pub async fn use_invite(&self, by: &Person, code: &str) -> Result<Place, Error> {
        let none = || refused(ErrorCode::NotFound, "There is no such invite, or it has ended.");
        let invite = self.invite_of(code).await?;
        let standing = self.access.standing(Some(by), &invite.room).await;
        let standing = standing?;
        if standing.is_banned {
            return Err(refused(ErrorCode::Banned, "You were sent out of this room."));
        }
        let who = By::Person(by.clone());
        let room = self.rooms.find(&invite.room).await?.ok_or_else(none)?;
        if standing.member.is_none() && room.now().archived {
            return Err(none());
        }
        if standing.member.is_none() {
            let commit = Commit::new()
                .then(rooms::is_no_member(&invite.room, by.id))
                .then(invites::use_invite(people::hash(code), unix_ms()))
                .append(&invite.room, event(Kind::Join, by.id, Body::default()))
                .then(rooms::add_member(&invite.room, by.id, RoomRole::Member, unix_ms()));
            match self.commit(commit).await? {
                // They joined at the same moment.
                Committed::Done { .. } | Committed::Refused(0) => {}
                Committed::Refused(_) => return Err(none()),
            }
            self.tell_of_rooms(vec![by.id]).await?;
        }
        self.place(&who, &invite.room, Action::Read).await
    }
}
