//! Who is in a room: joining, leaving, roles, and what moderators do to somebody there.

use serde_json::json;
use teahouse_core::rights::{self, Action, Who};
use teahouse_protocol::frame::Error;
use teahouse_protocol::{Act, Body, Deed, ErrorCode, Kind, Level, Person, RoomId, RoomRole, UserId};

use super::{By, Place, audit, event, refused};
use crate::clock::unix_ms;
use crate::error::bad_field;
use crate::node::Node;
use crate::store::rooms::invites;
use crate::store::{Commit, Committed, rooms};

/// Characters of the longest reason.
const REASON_MAX: usize = 300;
/// Longest time of a ban or a mute that is not for ever, in minutes: ten years.
const MINUTES_MAX: u64 = 10 * 366 * 24 * 60;

/// For how long, and why.
#[derive(Debug, Clone, Default, serde::Deserialize)]
pub struct Terms {
    /// For how many minutes; none for ever.
    pub minutes: Option<u64>,
    /// Why, for the one it is done to and for the log.
    #[serde(default)]
    pub reason: String,
}

impl Terms {
    /// Until when, in milliseconds since 1970-01-01 UTC; none for ever.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn until(&self) -> Result<Option<u64>, Error> {
        if self.minutes.is_some_and(|minutes| !(1..=MINUTES_MAX).contains(&minutes)) {
            return Err(bad_field("minutes", "Between one minute and ten years; null for ever."));
        }
        if self.reason.chars().count() > REASON_MAX || self.reason.chars().any(char::is_control) {
            return Err(bad_field("reason", "A reason has at most 300 characters, on one line."));
        }
        Ok(self.minutes.map(|minutes| unix_ms() + minutes * 60_000))
    }

    fn told_reason(&self) -> Option<String> {
        Some(self.reason.trim().to_owned()).filter(|reason| !reason.is_empty())
    }
}

/// What a moderator does to somebody in a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sanction {
    /// They stay out.
    Ban,
    /// They are silent.
    Mute,
}

impl Sanction {
    fn as_str(self) -> &'static str {
        match self {
            Self::Ban => "ban",
            Self::Mute => "mute",
        }
    }

    fn acts(self) -> (Act, Act) {
        match self {
            Self::Ban => (Act::Ban, Act::Unban),
            Self::Mute => (Act::Mute, Act::Unmute),
        }
    }
}

impl Node {
    /// Makes somebody a member of a room, if they are none.
    ///
    /// # Errors
    /// The store's code.
    pub async fn let_in(&self, person: UserId, room: &RoomId, role: RoomRole) -> Result<(), Error> {
        let commit = Commit::new()
            .then(rooms::is_no_member(room, person))
            .append(room, event(Kind::Join, person, Body::default()))
            .then(rooms::add_member(room, person, role, unix_ms()));
        // Who was quicker did the same.
        self.commit(commit).await?;
        Ok(())
    }

    /// Somebody joins a room that they may read.
    ///
    /// # Errors
    /// Why they may not, or the store's code.
    pub async fn join(&self, by: &By, id: &RoomId) -> Result<Place, Error> {
        let place = self.place(by, id, Action::Join).await?;
        if place.standing.member.is_none() {
            self.let_in(by.id(), id, RoomRole::Member).await?;
            self.tell_of_rooms(vec![by.id()]).await?;
        }
        self.place(by, id, Action::Read).await
    }

    /// Somebody leaves a room.
    ///
    /// # Errors
    /// Why they may not, or the store's code.
    pub async fn leave(&self, by: &By, id: &RoomId) -> Result<(), Error> {
        self.place(by, id, Action::Leave).await?;
        let commit = Commit::new()
            .then(rooms::remove_member(id, by.id()).must())
            .append(id, event(Kind::Leave, by.id(), Body::default()));
        self.commit(commit).await?;
        self.tell_of_rooms(vec![by.id()]).await
    }

    /// Of what a member wants to be told.
    ///
    /// # Errors
    /// Why they may not, or the store's code.
    pub async fn set_level(
        &self,
        by: &By,
        id: &RoomId,
        level: Option<Level>,
        has_muted: Option<bool>,
    ) -> Result<Place, Error> {
        let place = self.place(by, id, Action::Leave).await?;
        let level = level.unwrap_or(place.standing.level);
        let has_muted = has_muted.unwrap_or(place.standing.has_muted);
        self.commit_all(Commit::new().then(rooms::set_level(id, by.id(), level, has_muted))).await?;
        self.tell_of_rooms(vec![by.id()]).await?;
        self.place(by, id, Action::Read).await
    }

    /// Adds somebody to a room.
    ///
    /// # Errors
    /// Why they may not, or the store's code.
    pub async fn add(&self, by: &By, id: &RoomId, person: UserId) -> Result<(), Error> {
        let place = self.place(by, id, Action::Invite).await?;
        let person = self.person(person).await?;
        let standing = self.access.standing(Some(&person), id).await?;
        if standing.is_banned {
            return Err(refused(
                ErrorCode::Forbidden,
                "They were sent out of this room. Lift the ban first.",
            ));
        }
        drop(place);
        self.let_in(person.id, id, RoomRole::Member).await?;
        self.tell_of_rooms(vec![person.id]).await
    }

    /// Gives a member of a room another role there.
    ///
    /// # Errors
    /// Why they may not, or the store's code.
    pub async fn set_role(&self, by: &By, id: &RoomId, person: UserId, role: RoomRole) -> Result<(), Error> {
        let place = self.place(by, id, Action::Moderate).await?;
        let person = self.person(person).await?;
        if by.id() != person.id {
            self.stands_above_or_equal(by, &place, &person).await?;
        }
        let act = match role {
            RoomRole::Moderator => Act::Moderator,
            RoomRole::Member => Act::Member,
        };
        let commit = Commit::new()
            .then(rooms::set_role(id, person.id, role).must())
            .then(audit(by, "room_role", Some(id), Some(person.id), &json!({"role": role})))
            .append(id, deed(by, &person, act, None, None));
        if let Committed::Refused(_) = self.commit(commit).await? {
            let standing = self.access.standing(Some(&person), id).await?;
            let said = "They are no member of this room.";
            standing.member.ok_or_else(|| refused(ErrorCode::NotFound, said))?;
        }
        self.tell_of_rooms(vec![person.id]).await
    }

    /// Removes a member from a room.
    ///
    /// # Errors
    /// Why they may not, or the store's code.
    pub async fn remove(&self, by: &By, id: &RoomId, person: UserId) -> Result<(), Error> {
        let place = self.place(by, id, Action::Moderate).await?;
        let person = self.person(person).await?;
        self.stands_above(by, &place, &person).await?;
        let body = Body { removed: true, ..Body::default() };
        let commit = Commit::new()
            .then(rooms::remove_member(id, person.id).must())
            .then(invites::end_invites(id, person.id))
            .then(audit(by, "removed", Some(id), Some(person.id), &json!({})))
            .append(id, event(Kind::Leave, person.id, body));
        match self.commit(commit).await? {
            Committed::Done { .. } => self.tell_of_rooms(vec![person.id]).await,
            Committed::Refused(_) => {
                let said = "They are no member of this room. A ban keeps them out.";
                Err(refused(ErrorCode::NotFound, said))
            }
        }
    }

    /// Sends somebody out of a room, or has them be silent there. A second one takes the place of the first.
    ///
    /// # Errors
    /// Why they may not, or the store's code.
    pub async fn sanction(
        &self,
        by: &By,
        id: &RoomId,
        person: UserId,
        what: Sanction,
        terms: &Terms,
    ) -> Result<(), Error> {
        let until = terms.until()?;
        let place = self.place(by, id, Action::Moderate).await?;
        let person = self.person(person).await?;
        self.stands_above(by, &place, &person).await?;
        let (kind, (act, _)) = (what.as_str(), what.acts());
        self.may_undo(by, &place, person.id, kind).await?;
        let (by_id, reason) = (by.id(), terms.reason.trim());
        let detail = json!({"until": until, "reason": reason});
        let mut commit = Commit::new().then(rooms::lift(id, person.id, kind)).then(rooms::sanction(
            id,
            person.id,
            kind,
            until,
            reason,
            by_id,
            unix_ms(),
        ));
        if what == Sanction::Ban {
            commit =
                commit.then(rooms::remove_member(id, person.id)).then(invites::end_invites(id, person.id));
        }
        let commit = commit
            .then(audit(by, kind, Some(id), Some(person.id), &detail))
            .append(id, deed(by, &person, act, until, terms.told_reason()));
        self.commit_all(commit).await?;
        self.tell_of_rooms(vec![person.id]).await
    }

    /// Lifts a ban or a mute.
    ///
    /// # Errors
    /// Why they may not, `not_found` if there is none, or the store's code.
    pub async fn lift(&self, by: &By, id: &RoomId, person: UserId, what: Sanction) -> Result<(), Error> {
        let place = self.place(by, id, Action::Moderate).await?;
        let person = self.person(person).await?;
        let (kind, (_, act)) = (what.as_str(), what.acts());
        self.stands_above(by, &place, &person).await?;
        self.may_undo(by, &place, person.id, kind).await?;
        let commit = Commit::new()
            .then(rooms::lift(id, person.id, kind).must())
            .then(audit(
                by,
                if what == Sanction::Ban { "unban" } else { "unmute" },
                Some(id),
                Some(person.id),
                &json!({}),
            ))
            .append(id, deed(by, &person, act, None, None));
        match self.commit(commit).await? {
            Committed::Done { .. } => self.tell_of_rooms(vec![person.id]).await,
            Committed::Refused(_) => Err(refused(ErrorCode::NotFound, "There is nothing to lift.")),
        }
    }

    /// What somebody higher imposed is not for who stands lower to change.
    pub(super) async fn may_undo(
        &self,
        by: &By,
        place: &Place,
        person: UserId,
        kind: &str,
    ) -> Result<(), Error> {
        let imposer = rooms::imposer(&*self.store, &place.room.id, person, kind, unix_ms()).await?;
        let Some(imposer) = imposer else { return Ok(()) };
        let standing = self.access.standing(Some(&imposer), &place.room.id).await?;
        let theirs = standing.subject(Who::of(imposer.role), unix_ms());
        if *by == By::Terminal || !rights::stands_above(&theirs, &place.subject) {
            return Ok(());
        }
        Err(refused(ErrorCode::Forbidden, "Somebody who stands higher has decided this."))
    }

    /// The person of that id.
    ///
    /// # Errors
    /// `not_found`, or the store's code.
    pub async fn person(&self, id: UserId) -> Result<Person, Error> {
        let found = rooms::person(&*self.store, id).await?;
        found.ok_or_else(|| refused(ErrorCode::NotFound, "There is no such person."))
    }

    /// A moderator of the room makes others what they are themselves, and takes it from them.
    async fn stands_above_or_equal(&self, by: &By, place: &Place, other: &Person) -> Result<(), Error> {
        let is_above_house = self.who(Some(other)).keeps_order() && !by.who().keeps_order();
        if is_above_house { self.stands_above(by, place, other).await } else { Ok(()) }
    }
}

fn deed(
    by: &By,
    person: &Person,
    act: Act,
    until: Option<u64>,
    reason: Option<String>,
) -> teahouse_core::room::Draft {
    let deed = Deed { person: person.clone(), act, until, reason };
    event(Kind::Moderation, by.id(), Body { deed: Some(Box::new(deed)), ..Body::default() })
}
