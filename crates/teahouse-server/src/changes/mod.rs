//! What people change in rooms and in the house: each change is one commit, and is told when it is stored.
//!
//! Whether somebody may is decided by `core::rights`; here it is asked, and the rows and events are put together.

use std::sync::Arc;

use serde_json::Value as Json;
use teahouse_core::rights::{self, Action, Subject, Who};
use teahouse_core::room::Draft;
use teahouse_protocol::frame::Error;
use teahouse_protocol::{Body, Cid, ErrorCode, Kind, Person, Role, RoomId, UserId};

use crate::access::{self, Standing};
use crate::clock::unix_ms;
use crate::error::sentence;
use crate::house::Order;
use crate::node::Node;
use crate::room::Room;
use crate::store::{Appended, Commit, Committed, Statement, StoreError, Value};

/// Who has to stay out of the house.
pub mod bans;
/// What is done to people.
pub mod house;
/// Links into rooms.
pub mod invites;
/// Who is in a room.
pub mod members;
/// What moderators are asked to look at.
pub mod reports;
/// Rooms: made, changed, archived.
pub mod rooms;
/// What the owner decides about the house.
pub mod settings;

/// Who changes something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum By {
    /// Somebody over the network.
    Person(Person),
    /// Whoever has the machine.
    Terminal,
}

impl By {
    /// Who, as events name them. The terminal has the id that nobody has.
    #[must_use]
    pub fn id(&self) -> UserId {
        match self {
            Self::Person(person) => person.id,
            Self::Terminal => UserId::from_bytes([0; 16]),
        }
    }

    /// As the rules see them. The terminal may what the owner may.
    #[must_use]
    pub fn who(&self) -> Who {
        match self {
            Self::Person(person) => Who::of(person.role),
            Self::Terminal => Who::Account(Role::Owner),
        }
    }

    /// As rows keep it: nobody for the terminal.
    #[must_use]
    pub fn value(&self) -> Value {
        match self {
            Self::Person(person) => person.id.into(),
            Self::Terminal => Value::Null,
        }
    }
}

/// An event that somebody causes now.
#[must_use]
pub fn event(kind: Kind, by: UserId, body: Body) -> Draft {
    let at = unix_ms();
    Draft { cid: Cid::new(at, rand::random()), kind, by, at, body }
}

/// One line of what was done by whom, in the same commit as what it tells of.
#[must_use]
pub fn audit(
    by: &By,
    action: &str,
    room: Option<&RoomId>,
    about: Option<UserId>,
    detail: &Json,
) -> Statement {
    Statement::new(
        "INSERT INTO audit (at, by, action, room, about, detail)
         VALUES ($1, $2, $3, (SELECT key FROM room WHERE id = $4), $5, $6)",
    )
    .with(unix_ms())
    .with(by.value())
    .with(action)
    .with(room)
    .with(about)
    .with(detail.to_string())
}

/// An error that a person can do something about.
#[must_use]
pub fn refused(code: ErrorCode, said: &str) -> Error {
    Error::new(None, code, said)
}

/// A room, and what somebody is in it who may do what they asked.
pub struct Place {
    /// The room.
    pub room: Arc<Room>,
    /// What they are there.
    pub standing: Standing,
    /// As the rules see them there.
    pub subject: Subject,
}

impl Node {
    /// The room, if they may do this there.
    ///
    /// # Errors
    /// Why they may not, or the store's code.
    pub async fn place(&self, by: &By, id: &RoomId, action: Action) -> Result<Place, Error> {
        let place = self.place_unasked(by, id).await?;
        if *by != By::Terminal {
            access::check(&place.subject, id, &place.room.now(), action, None)?;
        }
        Ok(place)
    }

    /// The room, whatever they may do there.
    async fn place_unasked(&self, by: &By, id: &RoomId) -> Result<Place, Error> {
        let none = || refused(ErrorCode::NoSuchRoom, sentence(ErrorCode::NoSuchRoom));
        let room = self.rooms.find(id).await?.ok_or_else(none)?;
        let person = match by {
            By::Person(person) => Some(person),
            By::Terminal => None,
        };
        let standing = self.access.standing(person, id).await?;
        let subject = standing.subject(by.who(), unix_ms());
        Ok(Place { room, standing, subject })
    }

    /// Whether they may act on that person in a room: only who stands higher may.
    ///
    /// # Errors
    /// `forbidden`, or the store's code.
    pub async fn stands_above(&self, by: &By, place: &Place, other: &Person) -> Result<(), Error> {
        let standing = self.access.standing(Some(other), &place.room.id).await;
        let standing = standing?;
        let theirs = standing.subject(Who::of(other.role), unix_ms());
        if *by == By::Terminal || rights::stands_above(&place.subject, &theirs) {
            return Ok(());
        }
        Err(refused(
            ErrorCode::Forbidden,
            "They keep order here as you do, or more: you cannot do this to them.",
        ))
    }

    /// Commits, and tells the rooms whose logs grew, here and on other nodes. An order among it is obeyed by this
    /// node when it is done.
    ///
    /// # Errors
    /// The store's.
    pub async fn commit(&self, commit: Commit) -> Result<Committed, StoreError> {
        let rooms = commit.appended_to();
        let committed = self.store.commit(commit).await?;
        let Committed::Done { appended, .. } = &committed else { return Ok(committed) };
        let house = RoomId::house();
        for (room, what) in rooms.iter().zip(appended) {
            if let (true, Appended::Stored { seq, .. }) = (*room == house, what) {
                self.given(*seq).await;
            }
        }
        self.rooms.grew(rooms.into_iter().filter(|room| *room != house).collect()).await?;
        Ok(committed)
    }

    /// The same, where no statement can say no.
    ///
    /// # Errors
    /// The store's code, or `internal` if one did: this is a bug.
    pub async fn commit_all(&self, commit: Commit) -> Result<(), Error> {
        match self.commit(commit).await? {
            Committed::Done { .. } => Ok(()),
            Committed::Refused(index) => {
                tracing::error!(index, "a statement that cannot fail did: this is a bug");
                Err(refused(ErrorCode::Internal, sentence(ErrorCode::Internal)))
            }
        }
    }

    /// Tells these people, wherever they are, that the list of their rooms changed.
    ///
    /// # Errors
    /// The store's code.
    pub async fn tell_of_rooms(&self, people: Vec<UserId>) -> Result<(), Error> {
        self.order(&Order::Rooms { people }).await.map_err(Error::from)
    }
}
