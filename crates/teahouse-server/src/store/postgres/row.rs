//! Reads the values of a row, and writes texts as the database can keep them.

use std::borrow::Cow;

use teahouse_protocol::{Cid, Epoch, Event, Kind, Person, RoomId, Seq, UserId};
use tokio_postgres::Row;
use tokio_postgres::types::FromSql;
use uuid::Uuid;

use super::fault::Senseless;
use crate::store::body;
use crate::store::columns::{number, role_of};

/// Stands before a character that is not itself in a text that is kept. No text that people write has it.
const ESCAPE: char = '\u{1}';

/// A text as it is kept. PostgreSQL has no text with the character NUL; ours is written as two others.
pub(super) fn kept(text: &str) -> Cow<'_, str> {
    if !text.contains(['\0', ESCAPE]) {
        return text.into();
    }
    text.replace(ESCAPE, "\u{1}\u{1}").replace('\0', "\u{1}0").into()
}

/// The same for a text that may be somebody else's.
pub(super) fn kept_cow(text: Cow<'_, str>) -> Cow<'_, str> {
    match text {
        Cow::Borrowed(text) => kept(text),
        Cow::Owned(text) => kept(&text).into_owned().into(),
    }
}

/// The text that was kept.
pub(super) fn read(kept: String) -> String {
    if !kept.contains(ESCAPE) {
        return kept;
    }
    let mut characters = kept.chars();
    let next = || {
        let first = characters.next()?;
        let is_nul = first == ESCAPE && characters.next() == Some('0');
        Some(if is_nul { '\0' } else { first })
    };
    std::iter::from_fn(next).collect()
}

/// The value of a column.
pub(super) fn value<'r, T: FromSql<'r>>(row: &'r Row, column: usize) -> Result<T, Senseless> {
    Ok(row.try_get(column)?)
}

/// A number that counts something.
pub(super) fn count(row: &Row, column: usize) -> Result<u64, Senseless> {
    Ok(number(value(row, column)?))
}

/// A number of an event.
pub(super) fn seq(row: &Row, column: usize) -> Result<Seq, Senseless> {
    count(row, column).map(Seq)
}

/// The identity of a log.
pub(super) fn epoch(row: &Row, column: usize) -> Result<Epoch, Senseless> {
    let epoch: i64 = value(row, column)?;
    u32::try_from(epoch).map(Epoch).map_err(|_| Senseless(format!("unknown epoch {epoch}")))
}

/// The id of a room.
pub(super) fn room(row: &Row, column: usize) -> Result<RoomId, Senseless> {
    let id: &str = value(row, column)?;
    id.parse().map_err(|_| Senseless(format!("unknown room {id:?}")))
}

/// The id that a client gave.
pub(super) fn cid(row: &Row, column: usize) -> Result<Cid, Senseless> {
    value::<Uuid>(row, column).map(|cid| Cid::from_bytes(*cid.as_bytes()))
}

/// The person whose id, name, role and picture are in the columns from `column` on; without a name they go by their id.
pub(super) fn person(row: &Row, column: usize) -> Result<Person, Senseless> {
    let id = UserId::from_bytes(*value::<Uuid>(row, column)?.as_bytes());
    let name: Option<String> = value(row, column + 1)?;
    let role: Option<&str> = value(row, column + 2)?;
    let known = |name: &str| role_of(name).ok_or_else(|| Senseless(format!("unknown role {name:?} of {id}")));
    let role = role.map(known).transpose()?;
    let name = name.map_or_else(|| id.to_string(), read).into();
    let picture: Option<i64> = value(row, column + 3)?;
    let unknown = |_| Senseless(format!("unknown picture of {id}"));
    Ok(Person {
        picture: picture.map(u32::try_from).transpose().map_err(unknown)?,
        ..Person::new(id, name, role)
    })
}

/// The event of that room whose columns begin at `column`: seq, kind, cid, at, n, text, target, its author and whom
/// it is about, rev, files.
pub(super) fn event(row: &Row, column: usize, room: &RoomId) -> Result<Event, Senseless> {
    let seq = seq(row, column)?;
    let kind: &str = value(row, column + 1)?;
    let unknown = || Senseless(format!("unknown kind {kind:?} of event {seq} in room {room}"));
    let kind = Kind::parse(kind).ok_or_else(unknown)?;
    let about: Option<Uuid> = value(row, column + 11)?;
    let about = about.map(|_| person(row, column + 11)).transpose()?;
    let text = value::<Option<String>>(row, column + 5)?.map(read);
    let target = value::<Option<i64>>(row, column + 6)?.map(|target| Seq(number(target)));
    let senseless = || Senseless(format!("a body of event {seq} in room {room} that says nothing"));
    let mut body = body::read(kind, text, about, target).ok_or_else(senseless)?;
    let files = value::<Option<String>>(row, column + 16)?.map(read);
    body.files = body::files(files.as_deref()).ok_or_else(senseless)?;
    Ok(Event {
        room: room.clone(),
        seq,
        kind,
        cid: cid(row, column + 2)?,
        at: count(row, column + 3)?,
        n: value::<Option<i64>>(row, column + 4)?.map(number),
        rev: value::<Option<i64>>(row, column + 15)?.map(|rev| Seq(number(rev))),
        body,
        by: person(row, column + 7)?,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_kept_text_comes_back(text in proptest::collection::vec(0_u8..4, 0..12)) {
            let text: String = text.into_iter().map(|it| ['\0', '\u{1}', '0', 'x'][usize::from(it)]).collect();
            let kept = kept(&text).into_owned();
            prop_assert!(!kept.contains('\0'));
            prop_assert_eq!(read(kept), text);
        }
    }
}
