//! Who has to stay out of the house, and who may come again. Every node hears of it by an order in the same
//! commit; the rooms of the person hear of it by an event.

use std::net::IpAddr;

use serde_json::json;
use teahouse_core::rights::{self, Subject, Who};
use teahouse_protocol::frame::Error;
use teahouse_protocol::{Act, Body, Deed, ErrorCode, Kind, Person, RoomId, UserId};

use super::{By, audit, event, refused};
use crate::bans::range;
use crate::clock::unix_ms;
use crate::error::bad_field;
use crate::house::Order;
use crate::node::Node;
use crate::store::Commit;
use crate::store::bans::{self as rows, NewBan, StoredBan};
use crate::store::rooms::invites;

/// The longest ban that ends by itself: 10 years.
pub const MINUTES_MAX: u64 = 10 * 366 * 24 * 60;
/// Most characters of a reason.
pub const REASON_MAX: usize = 500;
/// Rooms that hear of it in the commit itself; more of them hear of it right after.
const ROOMS_AT_ONCE: usize = 100;

/// Who is to stay out.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(default)]
pub struct Ban {
    /// Who.
    pub person: Option<UserId>,
    /// Which addresses: one, or `ADDRESS/BITS`.
    pub range: Option<String>,
    /// For how long; none for ever.
    pub minutes: Option<u64>,
    /// Why.
    pub reason: Option<String>,
}

impl Node {
    /// The bans that hold, the newest first.
    ///
    /// # Errors
    /// The store's code.
    pub async fn house_bans(&self) -> Result<Vec<StoredBan>, Error> {
        rows::bans(&*self.store, unix_ms()).await.map_err(Error::from)
    }

    /// Has somebody, or a range of addresses, stay out of the house: they are out at once, on every node.
    /// `from` is where the one is who asks, if they are anywhere.
    ///
    /// # Errors
    /// `bad_field`, `not_found`, `forbidden`, or the store's code.
    pub async fn ban_from_house(&self, by: &By, from: Option<IpAddr>, ban: &Ban) -> Result<u64, Error> {
        keeps_order(by)?;
        let (until, reason) = terms(ban.minutes, ban.reason.as_deref())?;
        let range = ban.range.as_deref().map(|text| banned_range(text, from)).transpose()?;
        let person = match ban.person {
            Some(id) => Some(self.bannable(by, id).await?),
            None if range.is_none() => {
                return Err(bad_field("person", "Say who has to stay out: a person or a range."));
            }
            None => None,
        };
        let id = new_id();
        let new = NewBan {
            id,
            person: person.as_ref().map(|person| person.id),
            range: range.as_deref(),
            until,
            reason: &reason,
            by: by.id(),
            at: unix_ms(),
        };
        let detail = json!({"ban": id, "range": range, "until": until, "reason": reason});
        let commit = rows::put(&new).into_iter().fold(Commit::new(), Commit::then);
        let commit = commit.then(audit(by, "ban", None, new.person, &detail));
        // Nor do they come back as somebody else by a link of their own.
        let commit = new.person.map(invites::end_all).into_iter().fold(commit, Commit::then);
        self.told_everywhere(by, commit, person, Act::Ban, until, &reason).await?;
        Ok(id)
    }

    /// Ends a ban at once.
    ///
    /// # Errors
    /// `not_found`, `forbidden`, or the store's code.
    pub async fn lift_ban(&self, by: &By, id: u64) -> Result<(), Error> {
        keeps_order(by)?;
        let none = || refused(ErrorCode::NotFound, "There is no such ban; it may have ended.");
        let ban = self.house_bans().await?.into_iter().find(|ban| ban.id == id).ok_or_else(none)?;
        let about = ban.person.as_ref().map(|person| person.id);
        let detail = json!({"ban": id, "range": ban.range});
        let commit = Commit::new().then(rows::lift(id)).then(audit(by, "unban", None, about, &detail));
        self.told_everywhere(by, commit, ban.person, Act::Unban, None, "").await
    }

    /// Commits what concerns who may come in, with the order and what the person's rooms hear of it.
    async fn told_everywhere(
        &self,
        by: &By,
        commit: Commit,
        person: Option<Person>,
        act: Act,
        until: Option<u64>,
        reason: &str,
    ) -> Result<(), Error> {
        let mut commit = commit.append(&RoomId::house(), Order::Bans.draft());
        let Some(person) = person else { return self.unless_changed(commit).await };
        if act == Act::Ban {
            // Whoever became a moderator meanwhile is not banned by one.
            commit = commit.then(rows::has_role(&person));
        }
        let rooms = rows::rooms_of(&*self.store, person.id).await?;
        let reason = Some(reason.to_owned()).filter(|reason| !reason.is_empty());
        let deed = Deed { person, act, until, reason };
        let said = || {
            let body = Body { deed: Some(Box::new(deed.clone())), ..Body::default() };
            event(Kind::Moderation, by.id(), body)
        };
        let (first, rest) = rooms.split_at(rooms.len().min(ROOMS_AT_ONCE));
        self.unless_changed(first.iter().fold(commit, |commit, room| commit.append(room, said()))).await?;
        for rooms in rest.chunks(ROOMS_AT_ONCE) {
            self.unless_changed(rooms.iter().fold(Commit::new(), |commit, room| commit.append(room, said())))
                .await?;
        }
        Ok(())
    }

    /// The person, if whoever asks stands above them in the house.
    ///
    /// # Errors
    /// `not_found`, `forbidden`, or the store's code.
    pub async fn below(&self, by: &By, id: UserId) -> Result<Person, Error> {
        let person = self.person(id).await?;
        let house = |who| Subject { who, ..Subject::default() };
        if !rights::stands_above(&house(by.who()), &house(Who::of(person.role))) {
            let said = "They keep order here as you do, or more: you cannot do this to them.";
            return Err(refused(ErrorCode::Forbidden, said));
        }
        Ok(person)
    }

    async fn bannable(&self, by: &By, id: UserId) -> Result<Person, Error> {
        if by.id() == id {
            return Err(Error {
                field: Some("person".into()),
                ..refused(ErrorCode::Forbidden, "You cannot ban yourself.")
            });
        }
        self.below(by, id).await
    }
}

/// Whether they keep order in the whole house.
///
/// # Errors
/// `forbidden`.
pub fn keeps_order(by: &By) -> Result<(), Error> {
    if by.who().keeps_order() {
        return Ok(());
    }
    Err(refused(ErrorCode::Forbidden, "Only the moderators of the house may do this."))
}

/// Until when, and why.
///
/// # Errors
/// `bad_field`.
pub fn terms(minutes: Option<u64>, reason: Option<&str>) -> Result<(Option<u64>, String), Error> {
    if minutes.is_some_and(|minutes| !(1..=MINUTES_MAX).contains(&minutes)) {
        return Err(bad_field(
            "minutes",
            "Expected 1 minute to 10 years; leave minutes out for a ban without an end.",
        ));
    }
    let reason = reason.unwrap_or_default().trim();
    if reason.chars().count() > REASON_MAX || reason.chars().any(char::is_control) {
        return Err(bad_field("reason", "A reason has at most 500 characters, on one line."));
    }
    Ok((minutes.map(|minutes| unix_ms() + minutes * 60_000), reason.to_owned()))
}

/// A number that nothing else has, small enough for every client.
pub(super) fn new_id() -> u64 {
    rand::random::<u64>() >> 11
}

fn banned_range(text: &str, from: Option<IpAddr>) -> Result<String, Error> {
    let range = range(text).map_err(|said| bad_field("range", &said))?;
    if from.is_some_and(|from| range.contains(&from.to_canonical())) {
        let said = "Your own address is in this range: you would be out, too.";
        return Err(Error { field: Some("range".into()), ..refused(ErrorCode::Forbidden, said) });
    }
    Ok(range.to_string())
}
