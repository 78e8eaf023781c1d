//! How values stand in the columns of either SQL store, and about how much they hold while they wait.

use teahouse_core::room::Draft;
use teahouse_protocol::{Policy, Readers, Role, RoomNow, Writers};

/// The tables of either store; whoever names a row of another comes after it.
pub(crate) const TABLES: [&str; 28] = [
    "room",
    "event",
    "cid",
    "person",
    "name",
    "token",
    "read_mark",
    "setting",
    "picture",
    "passkey",
    "identity",
    "ticket",
    "member",
    "invite",
    "sanction",
    "hidden",
    "report",
    "audit",
    "version",
    "reaction",
    "pin",
    "file",
    "follower",
    "search",
    "call",
    "quiet",
    "push",
    "due",
];

/// About how many bytes a draft takes beside its text, in memory and in a row.
const DRAFT_BYTES: usize = 128;

/// About how many bytes the drafts hold.
pub(super) fn bytes<'d>(drafts: impl IntoIterator<Item = &'d Draft>) -> usize {
    drafts.into_iter().map(|draft| DRAFT_BYTES + draft.body.text.len()).sum()
}

/// The integers of SQL are signed; ours stay far below their limit.
pub(super) fn integer(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// The other way round; a negative one was never written.
pub(super) fn number(integer: i64) -> u64 {
    u64::try_from(integer).unwrap_or(0)
}

/// A role as it is kept.
pub(super) fn role_name(role: Role) -> &'static str {
    match role {
        Role::Member => "member",
        Role::Moderator => "moderator",
        Role::Owner => "owner",
    }
}

/// The role of that name; none if this program never wrote it.
pub(super) fn role_of(name: &str) -> Option<Role> {
    [Role::Member, Role::Moderator, Role::Owner].into_iter().find(|role| role_name(*role) == name)
}

/// Who may read, as it is kept.
pub(super) fn readers_name(readers: Readers) -> &'static str {
    match readers {
        Readers::Guests => "guests",
        Readers::Accounts => "accounts",
        Readers::Joined => "joined",
    }
}

/// Who may write, as it is kept.
pub(super) fn writers_name(writers: Writers) -> &'static str {
    match writers {
        Writers::Guests => "guests",
        Writers::Accounts => "accounts",
        Writers::Moderators => "moderators",
    }
}

/// The columns that say what a room is for everybody, in the order of [`RoomColumns`].
pub(super) const ROOM_NOW: &str =
    "slug, name, topic, read, write, call, history, slow_s, keep_days, direct, archived";

/// What a room is for everybody, as it is kept.
pub(super) struct RoomColumns {
    pub(super) slug: Option<String>,
    pub(super) name: String,
    pub(super) topic: String,
    pub(super) read: String,
    pub(super) write: String,
    pub(super) call: String,
    /// history, `slow_s`, `keep_days`, direct, archived.
    pub(super) numbers: [Option<i64>; 5],
}

impl RoomColumns {
    /// What it is; none if this program never wrote it.
    pub(super) fn now(self) -> Option<RoomNow> {
        let Self { slug, name, topic, read, write, call, numbers } = self;
        let [history, slow_s, keep_days, direct, archived] = numbers;
        let readers = [Readers::Guests, Readers::Accounts, Readers::Joined];
        let writers = [Writers::Guests, Writers::Accounts, Writers::Moderators];
        let policy = Policy {
            read: readers.into_iter().find(|readers| readers_name(*readers) == read)?,
            write: writers.into_iter().find(|writers| writers_name(*writers) == write)?,
            call: writers.into_iter().find(|writers| writers_name(*writers) == call)?,
            history: history? != 0,
            slow_s: u32::try_from(slow_s?).ok()?,
            keep_days: keep_days.map(u32::try_from).transpose().ok()?,
        };
        let (direct, archived) = (direct? != 0, archived.is_some());
        Some(RoomNow {
            slug: slug.map(Into::into),
            name: name.into(),
            topic: topic.into(),
            policy,
            direct,
            archived,
        })
    }
}
