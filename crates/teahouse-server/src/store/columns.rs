//! How values stand in the columns of either SQL store, and about how much they hold while they wait.

use teahouse_core::room::Draft;
use teahouse_protocol::Role;

/// About how many bytes a draft takes beside its text, in memory and in a row.
const DRAFT_BYTES: usize = 128;

/// About how many bytes the drafts hold.
pub(super) fn bytes(drafts: &[Draft]) -> usize {
    drafts.iter().map(|draft| DRAFT_BYTES + draft.body.text.len()).sum()
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
