//! Files as rows: who sent them, how far they have come, which message carries them. Their bytes are elsewhere
//! (`crate::files`). SQL that both engines understand.

use teahouse_protocol::{File, FileId, RoomId, Seq, UserId};

use super::{Commit, Committed, Row, Statement, Store, StoreError};

/// A file to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewUpload {
    /// Its id.
    pub id: FileId,
    /// Who sends it.
    pub by: UserId,
    /// What they call it.
    pub name: String,
    /// What it shows, in their words.
    pub alt: Option<String>,
    /// How long it is.
    pub bytes: u64,
    /// When, in milliseconds since 1970-01-01 UTC.
    pub at: u64,
    /// When it goes if no message carries it by then.
    pub until: u64,
}

/// A file, as far as it has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upload {
    /// Its id.
    pub id: FileId,
    /// Who sent it.
    pub by: UserId,
    /// What they call it.
    pub name: String,
    /// What it shows, in their words.
    pub alt: Option<String>,
    /// How long it is; once it is whole, how much is kept.
    pub bytes: u64,
    /// How much of it has come.
    pub received: u64,
    /// What everybody sees of it, once it is whole.
    pub about: Option<File>,
    /// When it goes; none if a message carries it.
    pub until: Option<u64>,
    /// The message that carries it.
    pub place: Option<(RoomId, Seq)>,
}

/// How much may be kept, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// Of one person.
    pub person: u64,
    /// Of everybody.
    pub house: u64,
}

/// Why a file cannot be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Begun {
    /// It can.
    Yes,
    /// The person would have more than they may.
    PersonFull,
    /// The house would.
    HouseFull,
}

const COLUMNS: &str = "SELECT f.id, f.by, f.name, f.alt, f.bytes, f.received, f.about, f.until, r.id, f.seq
     FROM file f LEFT JOIN room r ON r.key = f.room";

/// Remembers a file that is to come, if there is room for it.
///
/// # Errors
/// The store's.
pub async fn begin(store: &dyn Store, new: NewUpload, quota: Quota) -> Result<Begun, StoreError> {
    let insert = Statement::new(
        "INSERT INTO file (id, by, name, alt, bytes, made, until) VALUES ($1, $2, $3, $4, $5, $6, $7)",
    );
    let by = new.by;
    let insert = insert.with(new.id).with(by).with(new.name).with(new.alt).with(new.bytes);
    let person = Statement::new(
        "SELECT count(*) FROM file WHERE by = $1 HAVING coalesce(sum(bytes), 0) <= CAST($2 AS bigint)",
    );
    let house =
        Statement::new("SELECT count(*) FROM file HAVING coalesce(sum(bytes), 0) <= CAST($1 AS bigint)");
    let commit = Commit::new()
        .then(insert.with(new.at).with(new.until))
        .then(person.with(by).with(quota.person).must())
        .then(house.with(quota.house).must());
    Ok(match store.commit(commit).await? {
        Committed::Done { .. } => Begun::Yes,
        Committed::Refused(1) => Begun::PersonFull,
        Committed::Refused(_) => Begun::HouseFull,
    })
}

/// How many bytes somebody has here.
///
/// # Errors
/// The store's.
pub async fn bytes_of(store: &dyn Store, by: UserId) -> Result<u64, StoreError> {
    let sum = "SELECT CAST(coalesce(sum(bytes), 0) AS bigint) FROM file WHERE by = $1";
    store.query(Statement::new(sum).with(by)).await?.first().map_or(Ok(0), |row| row.count(0))
}

/// How many whole files there are, and how many bytes all have.
///
/// # Errors
/// The store's.
pub async fn overview(store: &dyn Store) -> Result<(u64, u64), StoreError> {
    let sum = "SELECT count(about), CAST(coalesce(sum(bytes), 0) AS bigint) FROM file";
    let rows = store.query(Statement::new(sum)).await?;
    rows.first().map_or(Ok((0, 0)), |row| Ok((row.count(0)?, row.count(1)?)))
}

/// A file that is not on its way out.
///
/// # Errors
/// The store's.
pub async fn find(store: &dyn Store, id: FileId) -> Result<Option<Upload>, StoreError> {
    let read = format!("{COLUMNS} WHERE f.id = $1 AND (f.until IS NULL OR f.until > 0)");
    store.query(Statement::new(read).with(id)).await?.first().map(upload).transpose()
}

/// So much of it has come, unless another request said so first; it stays until then.
///
/// # Errors
/// The store's.
pub async fn received(
    store: &dyn Store,
    id: FileId,
    before: u64,
    now: u64,
    until: u64,
) -> Result<bool, StoreError> {
    let update = Statement::new(
        "UPDATE file SET received = $3, until = $4
         WHERE id = $1 AND received = $2 AND about IS NULL AND until > 0",
    );
    done(store, update.with(id).with(before).with(now).with(until)).await
}

/// It is whole, and this is what everybody sees of it; false if it was so, or is gone.
///
/// # Errors
/// The store's.
pub async fn whole(store: &dyn Store, about: &File) -> Result<bool, StoreError> {
    let update = "UPDATE file SET about = $2, bytes = $3 WHERE id = $1 AND about IS NULL AND until > 0";
    done(store, Statement::new(update).with(about.id).with(json(about)).with(about.bytes)).await
}

/// Its pieces are gone: the whole is kept in another place.
///
/// # Errors
/// The store's.
pub async fn in_one_piece(store: &dyn Store, id: FileId) -> Result<bool, StoreError> {
    let update = "UPDATE file SET received = 0 WHERE id = $1 AND about IS NOT NULL";
    done(store, Statement::new(update).with(id)).await
}

/// What it shows, in its sender's words, as long as no message carries it.
///
/// # Errors
/// The store's.
pub async fn describe(
    store: &dyn Store,
    id: FileId,
    alt: Option<&str>,
    about: Option<&File>,
) -> Result<bool, StoreError> {
    let update = Statement::new(
        "UPDATE file SET alt = $2, about = $3
         WHERE id = $1 AND seq IS NULL AND until > 0 AND (about IS NULL) = (CAST($4 AS bigint) = 0)",
    );
    done(store, update.with(id).with(alt).with(about.map(json)).with(about.is_some())).await
}

/// Its sender takes it back, as long as no message carries it.
///
/// # Errors
/// The store's.
pub async fn take_back(store: &dyn Store, id: FileId, by: UserId) -> Result<bool, StoreError> {
    let update = "UPDATE file SET until = 0 WHERE id = $1 AND by = $2 AND seq IS NULL AND until > 0";
    done(store, Statement::new(update).with(id).with(by)).await
}

/// Files whose time was over before `now` are on their way out, and so are those whose message is gone: some of
/// them.
///
/// # Errors
/// The store's.
pub async fn expired(store: &dyn Store, now: u64) -> Result<Vec<FileId>, StoreError> {
    let any = Statement::new("SELECT id FROM file WHERE until < $1 LIMIT 1").with(now);
    if store.query(any).await?.is_empty() {
        return Ok(Vec::new());
    }
    // No message can carry them from this commit on, so that nothing is taken away that is still wanted.
    let claim = Statement::new("UPDATE file SET until = 0 WHERE until > 0 AND until < $1").with(now);
    store.commit(Commit::new().then(claim)).await?;
    ids(store, Statement::new("SELECT id FROM file WHERE until = 0 LIMIT 100")).await
}

/// Whole files whose pieces were not taken away, and which were begun before `then`: some of them.
///
/// # Errors
/// The store's.
pub async fn left_over(store: &dyn Store, then: u64) -> Result<Vec<FileId>, StoreError> {
    let read = "SELECT id FROM file WHERE received > 0 AND about IS NOT NULL AND made < $1 LIMIT 100";
    ids(store, Statement::new(read).with(then)).await
}

/// Its bytes are gone, and so is what was known of it.
///
/// # Errors
/// The store's.
pub async fn forget(store: &dyn Store, id: FileId) -> Result<bool, StoreError> {
    done(store, Statement::new("DELETE FROM file WHERE id = $1 AND until = 0").with(id)).await
}

/// What everybody sees of a file, as it is kept.
pub(super) fn json(about: &File) -> String {
    serde_json::to_string(about).expect("a file is texts and numbers")
}

async fn ids(store: &dyn Store, read: Statement) -> Result<Vec<FileId>, StoreError> {
    store.query(read).await?.iter().map(|row| row.id(0).map(FileId::from_bytes)).collect()
}

async fn done(store: &dyn Store, statement: Statement) -> Result<bool, StoreError> {
    let committed = store.commit(Commit::new().then(statement.must())).await?;
    Ok(matches!(committed, Committed::Done { .. }))
}

fn upload(row: &Row) -> Result<Upload, StoreError> {
    let corrupt = |what: &str| StoreError::Corrupt(format!("{what} of a file cannot be read").into());
    let about = row.maybe_text(6)?.map(|text| serde_json::from_str(text).map_err(|_| corrupt("the kind")));
    let room = row.maybe_text(8)?.map(|text| text.parse().map_err(|_| corrupt("the room")));
    let seq = row.maybe_count(9)?.map(Seq);
    Ok(Upload {
        id: FileId::from_bytes(row.id(0)?),
        by: row.person(1)?,
        name: row.text(2)?.into(),
        alt: row.maybe_text(3)?.map(Into::into),
        bytes: row.count(4)?,
        received: row.count(5)?,
        about: about.transpose()?,
        until: row.maybe_count(7)?,
        place: room.transpose()?.zip(seq),
    })
}
