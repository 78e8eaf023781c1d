//! Changes of messages as commits: edits, deletes, reactions, pins; and messages that need something: replies their
//! message, others the files that they carry.
//!
//! Whether somebody may is decided before; what only the store knows (is the message there, whose is it, is it so
//! already) are guards, each with the code of its refusal. SQL that both engines understand.

use teahouse_core::room::{Change, Draft};
use teahouse_protocol::{Carried, ErrorCode, File, FileId, Kind, Reactions, RoomId, Seq, UserId};

use super::{Commit, Statement, Value};

/// Most messages that a room keeps in view.
pub const PINS_MAX: u64 = 50;

/// A commit some of whose statements say no with a code.
#[derive(Debug, Clone, Default)]
pub struct Guarded {
    commit: Commit,
    codes: Vec<Option<ErrorCode>>,
}

impl Guarded {
    /// The commit, and what each of its statements says if it says no.
    #[must_use]
    pub fn parts(self) -> (Commit, Vec<Option<ErrorCode>>) {
        (self.commit, self.codes)
    }

    fn unless(self, code: ErrorCode, statement: Statement) -> Self {
        self.with(statement.must(), Some(code))
    }

    fn then(self, statement: Statement) -> Self {
        self.with(statement, None)
    }

    fn all(self, statements: impl IntoIterator<Item = Statement>) -> Self {
        statements.into_iter().fold(self, Self::then)
    }

    fn with(mut self, statement: Statement, code: Option<ErrorCode>) -> Self {
        self.codes.push(code);
        Self { commit: self.commit.then(statement), codes: self.codes }
    }

    fn append(self, room: &RoomId, draft: Draft) -> Self {
        Self { commit: self.commit.append(room, draft), codes: self.codes }
    }
}

/// What is to be committed for a change; none for one of a message that its author may not read.
#[must_use]
pub fn guarded(room: &RoomId, change: Change) -> Option<Guarded> {
    let Change { draft, keeps_order, readable_from } = change;
    if draft.kind.is_message() && draft.body.target.is_none() {
        return Some(carry(Guarded::default(), room, draft));
    }
    let target = draft.body.target.filter(|target| *target >= readable_from)?;
    let by = draft.by;
    let there = Guarded::default().unless(ErrorCode::NoSuchMessage, has_text(room, target));
    let is_on = draft.body.on != Some(false);
    Some(match draft.kind {
        Kind::Edit => edit(there, room, target, draft),
        Kind::Delete if keeps_order => delete(there, room, target, draft),
        Kind::Delete => {
            delete(there.unless(ErrorCode::Forbidden, is_by(room, target, by)), room, target, draft)
        }
        Kind::Reaction if is_on => react(there, room, target, draft),
        Kind::Reaction => take_back(there, room, target, draft),
        Kind::Pin if is_on => pin(there, room, target, draft),
        Kind::Pin => {
            let gone = Statement::new(
                "DELETE FROM pin WHERE room = (SELECT key FROM room WHERE id = $1) AND target = $2",
            );
            there.unless(ErrorCode::NoChange, gone.with(room).with(target)).append(room, draft)
        }
        _ => carry(there, room, draft),
    })
}

/// Takes a message away with everything that there is of it; the event that says so is the commit's append of
/// that place. Whoever else names what belongs to a message takes it away here.
#[must_use]
pub fn take_away(room: &RoomId, target: Seq, place: usize) -> Vec<Statement> {
    let row = Statement::new(
        "UPDATE event SET text = NULL, target = NULL, rev = $3
         WHERE room = (SELECT key FROM room WHERE id = $1) AND seq = $2 AND n IS NOT NULL",
    );
    let row = row.with(room).with(target).with(Value::Seq(place)).must().after_append();
    let beside = ["version", "reaction", "pin"].map(|table| {
        let gone =
            format!("DELETE FROM {table} WHERE room = (SELECT key FROM room WHERE id = $1) AND target = $2");
        Statement::new(gone).with(room).with(target).after_append()
    });
    [row].into_iter().chain(beside).collect()
}

/// Says no if a message has no text any more.
#[must_use]
pub fn has_text(room: &RoomId, target: Seq) -> Statement {
    Statement::new(
        "SELECT e.seq FROM event e WHERE e.room = (SELECT key FROM room WHERE id = $1) AND e.seq = $2
            AND e.n IS NOT NULL AND e.text IS NOT NULL",
    )
    .with(room)
    .with(target)
    .must()
}

fn is_by(room: &RoomId, target: Seq, by: UserId) -> Statement {
    Statement::new(
        "SELECT e.seq FROM event e WHERE e.room = (SELECT key FROM room WHERE id = $1) AND e.seq = $2
            AND e.by = $3",
    )
    .with(room)
    .with(target)
    .with(by)
}

fn edit(there: Guarded, room: &RoomId, target: Seq, draft: Draft) -> Guarded {
    let differs = Statement::new(
        "SELECT e.seq FROM event e WHERE e.room = (SELECT key FROM room WHERE id = $1) AND e.seq = $2
            AND e.text <> $3",
    );
    let keep = Statement::new(
        "INSERT INTO version (target, room, seq, at, text)
         SELECT e.seq, e.room, coalesce(e.rev, e.seq), coalesce((SELECT c.at FROM event c
            WHERE c.room = e.room AND c.seq = e.rev), e.at), e.text
         FROM event e WHERE e.room = (SELECT key FROM room WHERE id = $1) AND e.seq = $2",
    );
    let change = Statement::new(
        "UPDATE event SET text = $3, rev = $4 WHERE room = (SELECT key FROM room WHERE id = $1) AND seq = $2",
    );
    let text = draft.body.text.clone();
    there
        .unless(ErrorCode::Forbidden, is_by(room, target, draft.by))
        .unless(ErrorCode::NoChange, differs.with(room).with(target).with(&*text))
        .then(keep.with(room).with(target))
        .append(room, draft)
        .then(change.with(room).with(target).with(text).with(Value::Seq(0)).must().after_append())
}

fn delete(there: Guarded, room: &RoomId, target: Seq, draft: Draft) -> Guarded {
    let (by, at) = (draft.by, draft.at);
    // Who takes another's message away leaves a line.
    let line = Statement::new(
        "INSERT INTO audit (at, by, action, room, about, detail)
         SELECT $3, $4, 'deleted', e.room, e.by, $5 FROM event e
         WHERE e.room = (SELECT key FROM room WHERE id = $1) AND e.seq = $2 AND e.by <> $6",
    );
    let detail = serde_json::json!({ "seq": target }).to_string();
    // Whoever has the machine is nobody there.
    let person = Some(by).filter(|by| *by != UserId::from_bytes([0; 16]));
    let line = line.with(room).with(target).with(at).with(person).with(detail).with(by);
    let gone = there.then(line).append(room, draft).all(take_away(room, target, 0));
    Guarded { commit: gone.commit.redacts(), codes: gone.codes }
}

fn react(there: Guarded, room: &RoomId, target: Seq, draft: Draft) -> Guarded {
    let (emoji, by) = (draft.body.emoji.clone().unwrap_or_default(), draft.by);
    let is_new = Statement::new(
        "SELECT r.key FROM room r WHERE r.id = $1 AND NOT EXISTS (SELECT 1 FROM reaction x
            WHERE x.room = r.key AND x.target = $2 AND x.emoji = $3 AND x.person = $4)",
    );
    let has_place = Statement::new(
        "SELECT r.key FROM room r WHERE r.id = $1 AND (
            EXISTS (SELECT 1 FROM reaction x WHERE x.room = r.key AND x.target = $2 AND x.emoji = $3)
            OR (SELECT count(DISTINCT x.emoji) FROM reaction x WHERE x.room = r.key AND x.target = $2) < $4)",
    );
    let put = Statement::new(
        "INSERT INTO reaction (target, room, emoji, person, seq)
         VALUES ($2, (SELECT key FROM room WHERE id = $1), $3, $4, $5)",
    );
    let of = |statement: Statement| statement.with(room).with(target).with(&*emoji);
    there
        .unless(ErrorCode::NoChange, of(is_new).with(by))
        .unless(ErrorCode::TooMany, of(has_place).with(Reactions::KINDS_MAX))
        .append(room, draft)
        .then(of(put).with(by).with(Value::Seq(0)).must().after_append())
}

fn take_back(there: Guarded, room: &RoomId, target: Seq, draft: Draft) -> Guarded {
    let (emoji, by) = (draft.body.emoji.clone().unwrap_or_default(), draft.by);
    let gone = Statement::new(
        "DELETE FROM reaction WHERE room = (SELECT key FROM room WHERE id = $1) AND target = $2 AND emoji = $3
            AND person = $4",
    );
    let gone = gone.with(room).with(target).with(&*emoji).with(by);
    there.unless(ErrorCode::NoChange, gone).append(room, draft)
}

/// A message, and the files that it carries: each is its author's, whole, and in no other message.
fn carry(there: Guarded, room: &RoomId, draft: Draft) -> Guarded {
    let files: Vec<&File> = draft.body.files.iter().filter_map(Carried::file).collect();
    if files.len() < draft.body.files.len() {
        // The store could not say what they are: it is tried again.
        let never = Statement::new("SELECT r.key FROM room r WHERE r.id IS NULL").must();
        return there.then(never).append(room, draft);
    }
    let claim = |id: FileId| {
        let claim = Statement::new(
            "UPDATE file SET until = NULL
             WHERE id = $1 AND by = $2 AND seq IS NULL AND about IS NOT NULL AND until > $3",
        );
        claim.with(id).with(draft.by).with(draft.at)
    };
    let ids: Vec<FileId> = files.iter().map(|file| file.id).collect();
    let about = serde_json::to_string(&files).expect("a file is texts and numbers");
    let claimed = ids.iter().fold(there, |guarded, id| guarded.unless(ErrorCode::NotFound, claim(*id)));
    let guarded = claimed.append(room, draft);
    if ids.is_empty() {
        return guarded;
    }
    let place = |id: FileId| {
        let place = "UPDATE file SET room = (SELECT key FROM room WHERE id = $1), seq = $2 WHERE id = $3";
        Statement::new(place).with(room).with(Value::Seq(0)).with(id).must().after_append()
    };
    let carries =
        "UPDATE event SET files = $3 WHERE room = (SELECT key FROM room WHERE id = $1) AND seq = $2";
    let carries = Statement::new(carries).with(room).with(Value::Seq(0)).with(about).must().after_append();
    guarded.all(ids.into_iter().map(place)).then(carries)
}

fn pin(there: Guarded, room: &RoomId, target: Seq, draft: Draft) -> Guarded {
    let is_new = Statement::new(
        "SELECT r.key FROM room r WHERE r.id = $1
            AND NOT EXISTS (SELECT 1 FROM pin i WHERE i.room = r.key AND i.target = $2)",
    );
    let has_place = Statement::new(
        "SELECT r.key FROM room r WHERE r.id = $1 AND (SELECT count(*) FROM pin i WHERE i.room = r.key) < $2",
    );
    let put = Statement::new(
        "INSERT INTO pin (target, room, seq) VALUES ($2, (SELECT key FROM room WHERE id = $1), $3)",
    );
    there
        .unless(ErrorCode::NoChange, is_new.with(room).with(target))
        .unless(ErrorCode::TooMany, has_place.with(room).with(PINS_MAX))
        .append(room, draft)
        .then(put.with(room).with(target).with(Value::Seq(0)).must().after_append())
}
