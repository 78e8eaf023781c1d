//! Who may do what in a room: decided here and nowhere else.
//!
//! A [`Subject`] is what is known of whoever asks, [`RoomNow`] what holds in the room. `docs/rights.md` prints
//! the whole table; a test holds them together. What happened to somebody's rights is in the room's log:
//! [`concern`] says whose.

use teahouse_protocol::{
    ErrorCode, Event, Kind, Readers, Role, RoomId, RoomNow, RoomRole, Seq, UserId, Writers,
};

/// Who asks, as the house sees them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Who {
    /// Nobody yet, before a house that is not open: they see no room.
    #[default]
    Stranger,
    /// Nobody yet, before an open house: they may look in.
    Passerby,
    /// Somebody with a name and no account.
    Guest,
    /// Somebody with an account.
    Account(Role),
}

impl Who {
    /// Somebody whom the house let in.
    #[must_use]
    pub fn of(role: Option<Role>) -> Self {
        role.map_or(Self::Guest, Self::Account)
    }

    fn is_somebody(self) -> bool {
        matches!(self, Self::Guest | Self::Account(_))
    }

    fn has_account(self) -> bool {
        matches!(self, Self::Account(_))
    }

    /// Whether they keep order in the whole house.
    #[must_use]
    pub fn keeps_order(self) -> bool {
        matches!(self, Self::Account(Role::Moderator | Role::Owner))
    }
}

/// What somebody is in a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Membership {
    /// Their role there.
    pub role: RoomRole,
    /// The first number that they may read.
    pub readable_from: Seq,
}

/// What is known of whoever asks for something in a room.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Subject {
    /// Who.
    pub who: Who,
    /// What they are in the room.
    pub member: Option<Membership>,
    /// They were sent out of the room or of the house.
    pub is_banned: bool,
    /// They may not write until then, in milliseconds since 1970-01-01 UTC.
    pub muted_until: Option<u64>,
}

/// What somebody may do in a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// See that it is there, and what is said.
    Read,
    /// Say something; change what one said.
    Write,
    /// Put an emoji under a message.
    React,
    /// Call everybody at once, by `<@here>` and `<@room>`.
    Call,
    /// Keep a message in view.
    Pin,
    /// Become a member.
    Join,
    /// Be a member no longer.
    Leave,
    /// Add others, and make invites.
    Invite,
    /// Change name, topic and policy.
    Change,
    /// Close it for good, or open it again.
    Archive,
    /// Delete others' messages, mute, remove, ban.
    Moderate,
    /// Tell the moderators of a message; delete one's own.
    Report,
}

impl Action {
    /// Every action, in the order of the table.
    pub const ALL: &[Self] = &[
        Self::Read,
        Self::Write,
        Self::React,
        Self::Call,
        Self::Pin,
        Self::Join,
        Self::Leave,
        Self::Invite,
        Self::Change,
        Self::Archive,
        Self::Moderate,
        Self::Report,
    ];

    /// The name in `RoomView.may`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::React => "react",
            Self::Call => "call",
            Self::Pin => "pin",
            Self::Join => "join",
            Self::Leave => "leave",
            Self::Invite => "invite",
            Self::Change => "change",
            Self::Archive => "archive",
            Self::Moderate => "moderate",
            Self::Report => "report",
        }
    }
}

/// Why somebody may not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// For them there is no such room.
    NoSuchRoom,
    /// The policy does not let them write.
    MayNotWrite,
    /// They were muted until then, in milliseconds since 1970-01-01 UTC.
    Muted(u64),
    /// Not they.
    Forbidden,
}

impl Refusal {
    /// The public code.
    #[must_use]
    pub fn code(self) -> ErrorCode {
        match self {
            Self::NoSuchRoom => ErrorCode::NoSuchRoom,
            Self::MayNotWrite => ErrorCode::MayNotWrite,
            Self::Muted(_) => ErrorCode::Muted,
            Self::Forbidden => ErrorCode::Forbidden,
        }
    }
}

/// Whether somebody may do something in a room.
///
/// # Errors
/// Why not. A room that one may not read answers as one that does not exist, whatever is asked.
pub fn may(subject: &Subject, id: &RoomId, room: &RoomNow, action: Action) -> Result<(), Refusal> {
    if id.is_inner() || !may_read(subject, room) {
        return Err(Refusal::NoSuchRoom);
    }
    let is_allowed = match action {
        Action::Read => true,
        Action::Write => return may_write(subject, room),
        Action::React => return may_react(subject, room),
        Action::Call => may_call(subject, room),
        Action::Pin => may_pin(subject, room),
        Action::Join => subject.who.is_somebody() && !room.direct && !room.archived,
        Action::Leave => subject.member.is_some(),
        Action::Invite => subject.who.has_account() && may_write(subject, room).is_ok() && !room.direct,
        Action::Change => keeps_order(subject, room) && !room.archived,
        Action::Archive => keeps_order(subject, room) && *id != RoomId::main(),
        Action::Moderate => keeps_order(subject, room),
        Action::Report => subject.who.is_somebody() && !room.archived,
    };
    if is_allowed { Ok(()) } else { Err(Refusal::Forbidden) }
}

/// The names of everything that somebody may do in a room.
#[must_use]
pub fn all(subject: &Subject, id: &RoomId, room: &RoomNow) -> Vec<String> {
    let may = Action::ALL.iter().filter(|action| may(subject, id, room, **action).is_ok());
    may.map(|action| action.as_str().to_owned()).collect()
}

/// The first number that somebody may read who may read at all.
#[must_use]
pub fn readable_from(subject: &Subject, room: &RoomNow) -> Seq {
    let is_private = room.direct || room.policy.read == Readers::Joined;
    subject.member.filter(|_| is_private).map_or(Seq(1), |member| member.readable_from)
}

/// Whether somebody may mute, remove or ban another: only who stands higher may.
#[must_use]
pub fn stands_above(subject: &Subject, other: &Subject) -> bool {
    rank(subject) > rank(other)
}

/// Whose rights an event may have changed: they get nothing from it on before it is known what they may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Concern {
    /// One person.
    One(UserId),
    /// Whoever is there.
    Everybody,
}

/// Whose rights the event changes in a room that was like this before it.
#[must_use]
pub fn concern(event: &Event, before: &RoomNow) -> Option<Concern> {
    match event.kind {
        Kind::Message | Kind::Edit | Kind::Delete | Kind::Reaction | Kind::Pin => None,
        Kind::Join | Kind::Leave => Some(Concern::One(event.by.id)),
        Kind::Moderation => event.body.deed.as_ref().map(|deed| Concern::One(deed.person.id)),
        Kind::Room => {
            let now = event.body.room.as_deref()?;
            let is_same = (now.policy.read, now.direct) == (before.policy.read, before.direct);
            (!is_same).then_some(Concern::Everybody)
        }
    }
}

fn may_read(subject: &Subject, room: &RoomNow) -> bool {
    if subject.is_banned || subject.who == Who::Stranger {
        return false;
    }
    let may = match room.policy.read {
        Readers::Guests => true,
        Readers::Accounts => subject.who.has_account(),
        Readers::Joined => false,
    };
    subject.member.is_some() || may && !room.direct
}

fn may_write(subject: &Subject, room: &RoomNow) -> Result<(), Refusal> {
    let keeps_order = keeps_order(subject, room);
    let may = match room.policy.write {
        Writers::Guests => true,
        Writers::Accounts => subject.who.has_account(),
        Writers::Moderators => keeps_order,
    };
    match subject.muted_until {
        _ if room.archived || !subject.who.is_somebody() => Err(Refusal::MayNotWrite),
        Some(until) => Err(Refusal::Muted(until)),
        None if may || keeps_order => Ok(()),
        None => Err(Refusal::MayNotWrite),
    }
}

fn may_react(subject: &Subject, room: &RoomNow) -> Result<(), Refusal> {
    match subject.muted_until {
        _ if room.archived || !subject.who.is_somebody() => Err(Refusal::Forbidden),
        Some(until) => Err(Refusal::Muted(until)),
        None => Ok(()),
    }
}

fn may_call(subject: &Subject, room: &RoomNow) -> bool {
    let may = match room.policy.call {
        Writers::Guests => true,
        Writers::Accounts => subject.who.has_account(),
        Writers::Moderators => keeps_order(subject, room),
    };
    may_write(subject, room).is_ok() && (may || room.direct || keeps_order(subject, room))
}

fn may_pin(subject: &Subject, room: &RoomNow) -> bool {
    let is_among = room.direct && subject.member.is_some() && subject.muted_until.is_none();
    !room.archived && subject.who.is_somebody() && (is_among || keeps_order(subject, room))
}

/// Nobody keeps order in a conversation of named people.
fn keeps_order(subject: &Subject, room: &RoomNow) -> bool {
    let in_room = subject.member.is_some_and(|member| member.role == RoomRole::Moderator);
    !room.direct && (in_room || subject.who.keeps_order())
}

fn rank(subject: &Subject) -> u8 {
    match subject.who {
        Who::Account(Role::Owner) => 3,
        Who::Account(Role::Moderator) => 2,
        _ => u8::from(subject.member.is_some_and(|member| member.role == RoomRole::Moderator)),
    }
}

#[cfg(test)]
mod tests;
