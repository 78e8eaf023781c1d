//! What somebody may do in a room, as the store knows it at this moment: the one way from a person to the rules
//! of `core::rights`. It decides nothing itself, and keeps nothing.

use std::sync::Arc;
use std::time::Duration;

use teahouse_core::rights::{self, Action, Membership, Refusal, Subject, Who};
use teahouse_protocol::frame::Error;
use teahouse_protocol::{ErrorCode, Level, Person, Readers, RoomId, RoomNow, RoomView, Seq};
use tokio::sync::Semaphore;

use crate::clock::unix_ms;
use crate::error::sentence;
use crate::session::Connection;
use crate::settings::{Admission, Current};
use crate::store::{Store, StoreError, rooms};

/// Questions to the store at a time, when the rights of many have changed at once.
const QUESTIONS_MAX: usize = 16;
/// How long the next try waits after the store failed.
const PAUSE: Duration = Duration::from_secs(1);

/// What somebody is in a room, beside what they are in the house.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Standing {
    /// None for who did not join.
    pub member: Option<Membership>,
    /// They were sent out, of the room or of the house.
    pub is_banned: bool,
    /// They may not write until then, in milliseconds since 1970-01-01 UTC.
    pub muted_until: Option<u64>,
    /// Of what they want to be told.
    pub level: Level,
    /// Whether they muted the room.
    pub has_muted: bool,
}

impl Standing {
    /// What the rules have to know of them, at this time in milliseconds since 1970-01-01 UTC.
    #[must_use]
    pub fn subject(&self, who: Who, now: u64) -> Subject {
        let muted_until = self.muted_until.filter(|until| *until > now);
        Subject { who, member: self.member, is_banned: self.is_banned, muted_until }
    }

    /// The room as they see it.
    #[must_use]
    pub fn view(&self, who: Who, id: &RoomId, now: &RoomNow) -> RoomView {
        let subject = self.subject(who, unix_ms());
        RoomView {
            joined: self.member.is_some(),
            role: self.member.map(|member| member.role).filter(|role| *role != Default::default()),
            level: self.level,
            muted: self.has_muted,
            silenced_until: subject.muted_until,
            may: rights::all(&subject, id, now),
            ..RoomView::new(id.clone(), now.clone())
        }
    }
}

/// The way to what the store knows of rights.
pub struct Access {
    store: Arc<dyn Store>,
    settings: Arc<Current>,
    questions: Semaphore,
}

impl Access {
    /// Asks this store, of the house with these settings.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, settings: Arc<Current>) -> Self {
        Self { store, settings, questions: Semaphore::new(QUESTIONS_MAX) }
    }

    /// What somebody is to the house. Who is nobody yet may look into an open one.
    #[must_use]
    pub fn who(&self, person: Option<&Person>) -> Who {
        match person {
            Some(person) => Who::of(person.role),
            None if self.settings.now().admission == Admission::Open => Who::Passerby,
            None => Who::Stranger,
        }
    }

    /// What a person is in a room. Who is nobody yet is nothing there.
    ///
    /// # Errors
    /// The store's.
    pub async fn standing(&self, person: Option<&Person>, room: &RoomId) -> Result<Standing, StoreError> {
        Ok(self.standing_and_mark(person, room).await?.0)
    }

    /// The same, and how far they have read there.
    ///
    /// # Errors
    /// The store's.
    pub async fn standing_and_mark(
        &self,
        person: Option<&Person>,
        room: &RoomId,
    ) -> Result<(Standing, Seq), StoreError> {
        let Some(person) = person else { return Ok((Standing::default(), Seq::ZERO)) };
        let _turn = self.questions.acquire().await.expect("the semaphore is never closed");
        rooms::standing_and_mark(&*self.store, person.id, room, unix_ms()).await
    }

    /// The same for whoever has a connection, however long the store takes; none if the connection ended.
    pub(crate) async fn until_known(&self, connection: &Connection, room: &RoomId) -> Option<Standing> {
        loop {
            let person = connection.someone.get().map(|someone| someone.person());
            match self.standing(person.as_ref(), room).await {
                Ok(standing) => return Some(standing),
                Err(error) => tracing::debug!(%room, "rights cannot be read now: {error}"),
            }
            if connection.is_over() {
                return None;
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
}

impl std::fmt::Debug for Access {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Access")
    }
}

/// Whether somebody may do something in a room.
///
/// # Errors
/// The refusal as a client is told it.
pub fn check(
    subject: &Subject,
    id: &RoomId,
    room: &RoomNow,
    action: Action,
    r#ref: Option<u64>,
) -> Result<(), Error> {
    rights::may(subject, id, room, action).map_err(|refusal| refused(refusal, r#ref))
}

/// A refusal as a client is told it.
#[must_use]
pub fn refused(refusal: Refusal, r#ref: Option<u64>) -> Error {
    let code: ErrorCode = refusal.code();
    let retry_ms = match refusal {
        Refusal::Muted(until) => Some(until.saturating_sub(unix_ms())),
        _ => None,
    };
    Error { retry_ms, ..Error::new(r#ref, code, sentence(code)) }
}

/// The number before the first one that somebody may read.
#[must_use]
pub fn floor(subject: &Subject, room: &RoomNow) -> Seq {
    Seq(rights::readable_from(subject, room).0.saturating_sub(1))
}

/// Whether reading the room is a matter of being in it.
#[must_use]
pub fn is_private(room: &RoomNow) -> bool {
    room.direct || room.policy.read == Readers::Joined
}
