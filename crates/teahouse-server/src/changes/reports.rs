//! What somebody asks the house's moderators to look at, and what these decide.
//!
//! A report has the message with it: whoever decides need not read the room.

use serde_json::json;
use teahouse_core::rights::{self, Action};
use teahouse_protocol::frame::Error;
use teahouse_protocol::{
    Act, Body, Deed, ErrorCode, Event, History, Kind, Person, Range, RoomId, Seq, UserId,
};

use super::bans::{Ban, keeps_order, terms};
use super::{By, audit, event, refused};
use crate::clock::unix_ms;
use crate::node::Node;
use crate::session::page;
use crate::store::bans::StoredBan;
use crate::store::changes::{has_text, take_away};
use crate::store::reports::{self as rows, NewReport, Report, Which};
use crate::store::rooms::{self, messages};
use crate::store::{Commit, Committed};

/// Reports of one person in an hour.
const HOURLY_MAX: u64 = 20;
/// The same of a guest.
const HOURLY_GUEST_MAX: u64 = 5;
const HOUR_MS: u64 = 3_600_000;
/// Messages that are shown with a reported one.
const AROUND: u32 = 7;
/// For how long the decision `mute` has somebody be silent in the room, in minutes: a day.
pub const MUTE_MINUTES: u64 = 24 * 60;
/// For how long the decision `ban` keeps somebody out of the house, in minutes: a week.
pub const BAN_MINUTES: u64 = 7 * 24 * 60;

/// What becomes of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// Nothing.
    Dismiss,
    /// The message is deleted.
    Delete,
    /// Who wrote it is silent in the room for a day.
    Mute,
    /// Who wrote it stays out of the house for a week.
    Ban,
}

impl Decision {
    /// The word of it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Dismiss => "dismiss",
            Self::Delete => "delete",
            Self::Mute => "mute",
            Self::Ban => "ban",
        }
    }
}

impl Node {
    /// Tells the moderators of a message. Whoever tells them twice of the same is heard once.
    ///
    /// # Errors
    /// Why they may not, `no_such_message`, `rate`, or the store's code.
    pub async fn report(&self, by: &Person, room: &RoomId, seq: Seq, reason: &str) -> Result<(), Error> {
        let (_, reason) = terms(None, Some(reason))?;
        let place = self.place(&By::Person(by.clone()), room, Action::Report).await?;
        let none = || refused(ErrorCode::NoSuchMessage, "There is no such message, or it is gone already.");
        let found = messages::message(&*self.store, room, seq).await?;
        let floor = rights::readable_from(&place.subject, &place.room.now());
        let (about, text) = found.filter(|_| seq >= floor).ok_or_else(none)?;
        let now = unix_ms();
        self.may_report(by, now).await?;
        let id = super::bans::new_id();
        let report = NewReport { id, room, seq, text: &text, about, by: by.id, reason: &reason, at: now };
        // Refused if they reported it before, or if it is gone meanwhile.
        self.commit(Commit::new().then(has_text(room, seq)).then(rows::put(&report))).await?;
        Ok(())
    }

    async fn may_report(&self, by: &Person, now: u64) -> Result<(), Error> {
        let most = if by.role.is_none() { HOURLY_GUEST_MAX } else { HOURLY_MAX };
        let (made, first) = rows::made_since(&*self.store, by.id, now.saturating_sub(HOUR_MS)).await?;
        if made < most {
            return Ok(());
        }
        let retry_ms = Some((first + HOUR_MS).saturating_sub(now).max(1_000));
        let said = "You reported much in the last hour. The moderators look at it; wait a while.";
        Err(Error { retry_ms, ..refused(ErrorCode::Rate, said) })
    }

    /// What moderators are asked to look at.
    ///
    /// # Errors
    /// `forbidden`, or the store's code.
    pub async fn reports(&self, by: &By, which: Which) -> Result<Vec<Report>, Error> {
        keeps_order(by)?;
        rows::reports(&*self.store, which).await.map_err(Error::from)
    }

    /// What was said before and after a reported message, for who may read it.
    ///
    /// # Errors
    /// The store's code.
    pub async fn around(&self, by: &By, report: &Report) -> Result<Vec<Event>, Error> {
        let By::Person(reader) = by else { return Ok(Vec::new()) };
        let range = Range::Around(report.seq);
        let history = History { r#ref: 0, room: report.room.clone(), range, limit: AROUND };
        match page(self, &history, Some(reader)).await {
            Ok(page) => {
                let said = |one: &Event| one.kind.is_message() && one.seq != report.seq;
                Ok(page.messages.into_iter().filter(said).collect())
            }
            Err(error) if error.code == ErrorCode::NoSuchRoom => Ok(Vec::new()),
            Err(error) => Err(Error { r#ref: None, ..error }),
        }
    }

    /// Decides a report, and all others of the same message.
    ///
    /// # Errors
    /// `not_found`, `forbidden`, or the store's code.
    pub async fn decide(&self, by: &By, id: u64, decision: Decision) -> Result<Report, Error> {
        let none = || refused(ErrorCode::NotFound, "There is no such report.");
        let report = self.reports(by, Which::Number(id)).await?.pop().ok_or_else(none)?;
        if report.decided.is_some() {
            return Err(refused(ErrorCode::Forbidden, "This report was decided already."));
        }
        let detail = json!({"report": id.to_string(), "seq": report.seq, "decision": decision.as_str()});
        let about = report.about.as_ref().map(|person| person.id);
        let commit = rows::decide(id, decision.as_str(), by.id(), unix_ms());
        let commit = commit.into_iter().fold(Commit::new(), Commit::then);
        let commit = commit.then(audit(by, "decided", Some(&report.room), about, &detail));
        match decision {
            Decision::Dismiss => self.unless_changed(commit).await?,
            Decision::Delete => self.delete_reported(by, &report, commit).await?,
            Decision::Mute => self.mute_reported(by, &report, commit).await?,
            Decision::Ban => {
                self.ban_reported(by, about.ok_or_else(nobody)?).await?;
                self.unless_changed(commit).await?;
            }
        }
        self.reports(by, Which::Number(id)).await?.pop().ok_or_else(none)
    }

    async fn delete_reported(&self, by: &By, report: &Report, decided: Commit) -> Result<(), Error> {
        let Report { room, seq, .. } = report;
        let commit = decided
            .clone()
            .then(has_text(room, *seq))
            .append(room, event(Kind::Delete, by.id(), Body::about(*seq)))
            .redacts();
        let commit = take_away(room, *seq, 0).into_iter().fold(commit, Commit::then);
        match self.commit(commit).await? {
            Committed::Done { .. } => Ok(()),
            // Its text is gone already.
            Committed::Refused(_) => self.unless_changed(decided).await,
        }
    }

    /// Keeps them out, unless they have to stay out longer already: a ban takes the place of the one before.
    async fn ban_reported(&self, by: &By, person: UserId) -> Result<(), Error> {
        // What the one who reported it said is for moderators alone.
        let ban = Ban { person: Some(person), minutes: Some(BAN_MINUTES), reason: None, range: None };
        let (until, _) = terms(ban.minutes, None)?;
        let outlasts = |held: &StoredBan| {
            held.person.as_ref().is_some_and(|held| held.id == person) && ends_later(held.until, until)
        };
        if !self.house_bans().await?.iter().any(outlasts) {
            self.ban_from_house(by, None, &ban).await?;
        }
        Ok(())
    }

    /// Has them be silent, unless they have to be so longer already: a mute takes the place of the one before.
    async fn mute_reported(&self, by: &By, report: &Report, decided: Commit) -> Result<(), Error> {
        let about = report.about.as_ref().ok_or_else(nobody)?;
        let person = self.below(by, about.id).await?;
        // What the one who reported it said is for moderators alone.
        let (until, reason) = terms(Some(MUTE_MINUTES), None)?;
        let (room, id) = (&report.room, person.id);
        let held = self.access.standing(Some(&person), room).await?.muted_until;
        if held.is_some_and(|held| ends_later(Some(held), until)) {
            return self.unless_changed(decided).await;
        }
        self.may_undo(by, &self.place_unasked(by, room).await?, id, "mute").await?;
        let put = rooms::sanction(room, id, "mute", until, &reason, by.id(), unix_ms());
        let reason = Some(reason).filter(|reason| !reason.is_empty());
        let body =
            Body { deed: Some(Box::new(Deed { person, act: Act::Mute, until, reason })), ..Body::default() };
        let commit = decided.then(rooms::lift(room, id, "mute")).then(put);
        self.unless_changed(commit.append(room, event(Kind::Moderation, by.id(), body))).await
    }
}

/// Whether what ends at the one time outlasts what ends at the other; none is never.
fn ends_later(one: Option<u64>, other: Option<u64>) -> bool {
    one.unwrap_or(u64::MAX) > other.unwrap_or(u64::MAX)
}

fn nobody() -> Error {
    refused(ErrorCode::NotFound, "Nobody is known to have written this.")
}
