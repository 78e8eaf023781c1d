//! How values stand in the columns of either SQL store, and about how much they hold while they wait.

use teahouse_core::room::Draft;
use teahouse_protocol::{Kind, Role};

/// The tables of either store.
pub(super) const TABLES: [&str; 18] = [
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
];

/// About how many bytes a draft takes beside its text, in memory and in a row.
const DRAFT_BYTES: usize = 128;

/// About how many bytes the drafts hold.
pub(super) fn bytes<'d>(drafts: impl IntoIterator<Item = &'d Draft>) -> usize {
    drafts.into_iter().map(|draft| DRAFT_BYTES + draft.body.text.len()).sum()
}

/// Whether events of this kind count as messages.
pub(super) fn is_message(kind: Kind) -> bool {
    matches!(kind, Kind::Message)
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
