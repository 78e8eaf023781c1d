//! People, their names, sign-ins, passkeys and identities: SQL that both engines understand. It knows no passwords and no tokens, only their hashes.

use std::sync::Arc;

use teahouse_protocol::{Person, UserId};

use super::columns::{role_name, role_of};
use super::search::Engine;
use super::{Claim, Commit, Committed, NewPerson, Row, SEEN_MS, Statement, Store, StoreError};

/// By what and from where somebody signed in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Whence {
    /// What their client calls itself.
    pub agent: Option<String>,
    /// Their address.
    pub address: Option<String>,
}

/// Somebody who shows a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// Who.
    pub person: Person,
    /// When they signed in with it or last used it, in milliseconds; exact to an hour.
    seen: Option<u64>,
    person_seen: u64,
    freed: bool,
}

impl Shown {
    /// Whether so long has passed that it is worth a write that they were here.
    #[must_use]
    pub fn is_news(&self, now: u64) -> bool {
        let late = |seen| now.saturating_sub(seen) >= SEEN_MS;
        self.freed || late(self.person_seen) || late(self.seen.unwrap_or(0))
    }
}

/// A sign-in as its person sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedIn {
    /// SHA-256 of its token.
    pub hash: [u8; 32],
    /// Since when, in milliseconds; none for those that were before this was kept.
    pub made: Option<u64>,
    /// When it was last used; exact to an hour.
    pub seen: Option<u64>,
    /// By what, from where.
    pub whence: Whence,
}

/// A passkey as its person sees it, and what its use is checked with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passkey {
    /// What tells it from others.
    pub id: Vec<u8>,
    /// As its person calls it.
    pub name: String,
    /// When it was made, in milliseconds.
    pub made: u64,
    /// When it was last used.
    pub used: Option<u64>,
}

/// The ways in that a person has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ways {
    /// A password.
    pub password: bool,
    /// An account at the provider.
    pub identity: bool,
}

/// Remembers a new person, if nobody has the name, the id, the token or the house.
///
/// A guest whose name was freed and is taken here gets four digits of their id after it, so that what they wrote is not
/// taken for the newcomer's.
///
/// # Errors
/// The store's.
pub async fn add(store: &dyn Store, new: NewPerson, whence: &Whence) -> Result<Claim, StoreError> {
    add_with(store, new, whence, None).await
}

/// The same, and one more statement with it.
///
/// # Errors
/// The store's.
pub async fn add_with(
    store: &dyn Store,
    new: NewPerson,
    whence: &Whence,
    also: Option<Statement>,
) -> Result<Claim, StoreError> {
    let joined = new.role.is_some().then_some(new.at);
    let mut commit = Commit::new()
        .then(give_way(store.engine(), &new.folded))
        .then(
            Statement::new(
                "INSERT INTO person (id, name, role, password, seen, joined) VALUES ($1, $2, $3, $4, $5, $6)",
            )
            .with(new.id)
            .with(new.name)
            .with(new.role.map(role_name))
            .with(new.password)
            .with(new.at)
            .with(joined),
        )
        .then(named(new.id, &new.folded));
    commit = also.into_iter().fold(commit, Commit::then);
    if let Some(hash) = new.token {
        commit = commit.then(signed_in(new.id, hash, new.at, whence));
    }
    Ok(match store.commit(commit).await? {
        Committed::Done { .. } => Claim::Made,
        Committed::Refused(_) => Claim::Taken,
    })
}

/// Who somebody is now; a person whose account was erased has the name `""`.
///
/// # Errors
/// The store's.
pub async fn person(store: &dyn Store, id: UserId) -> Result<Option<Person>, StoreError> {
    let read = Statement::new("SELECT id, name, role, picture, away FROM person WHERE id = $1").with(id);
    store.query(read).await?.first().map(person_of).transpose()
}

/// Whose token it is, if it was used after `since`.
///
/// # Errors
/// The store's.
pub async fn by_token(store: &dyn Store, hash: [u8; 32], since: u64) -> Result<Option<Shown>, StoreError> {
    let read = Statement::new(
        "SELECT p.id, p.name, p.role, p.picture, p.away, t.seen, p.seen, p.freed
         FROM token t JOIN person p ON p.id = t.person
         WHERE t.hash = $1 AND p.erased IS NULL AND coalesce(t.seen, p.seen) > $2",
    );
    let rows = store.query(read.with(hash).with(since)).await?;
    let shown = |row: &Row| {
        let (seen, person_seen) = (row.maybe_count(5)?, row.count(6)?);
        Ok(Shown { person: person_of(row)?, seen, person_seen, freed: row.maybe_text(7)?.is_some() })
    };
    rows.first().map(shown).transpose()
}

/// What notes that somebody was here with this token, and gives them their name again if it was freed.
#[must_use]
pub fn saw(person: UserId, hash: [u8; 32], now: u64) -> Commit {
    let seen = "UPDATE person SET seen = $2 WHERE id = $1 AND seen < $2";
    let name =
        "INSERT INTO name (folded, person) SELECT freed, id FROM person WHERE id = $1 AND freed IS NOT NULL";
    let token = "UPDATE token SET seen = $2 WHERE hash = $1 AND coalesce(seen, 0) < $2";
    Commit::new()
        .then(Statement::new(seen).with(person).with(now))
        .then(Statement::new(name).with(person))
        .then(
            Statement::new("UPDATE person SET freed = NULL WHERE id = $1 AND freed IS NOT NULL").with(person),
        )
        .then(Statement::new(token).with(hash).with(now))
}

/// The person of that folded name, with their password if they have one.
///
/// # Errors
/// The store's.
pub async fn by_name(
    store: &dyn Store,
    folded: &str,
) -> Result<Option<(Person, Option<String>)>, StoreError> {
    let read = Statement::new(
        "SELECT p.id, p.name, p.role, p.picture, p.away, p.password
         FROM name n JOIN person p ON p.id = n.person WHERE n.folded = $1",
    );
    let rows = store.query(read.with(folded)).await?;
    let found = |row: &Row| Ok((person_of(row)?, row.maybe_text(5)?.map(String::from)));
    rows.first().map(found).transpose()
}

/// A person's password, as it is kept; none if they have none.
///
/// # Errors
/// The store's.
pub async fn password(store: &dyn Store, person: UserId) -> Result<Option<String>, StoreError> {
    let read = Statement::new("SELECT password FROM person WHERE id = $1").with(person);
    match store.query(read).await?.first() {
        Some(row) => Ok(row.maybe_text(0)?.map(String::from)),
        None => Ok(None),
    }
}

/// Gives a person one more sign-in; not if their account was erased meanwhile.
///
/// # Errors
/// The store's.
pub async fn sign_in(
    store: &dyn Store,
    person: UserId,
    hash: [u8; 32],
    now: u64,
    whence: &Whence,
) -> Result<bool, StoreError> {
    // The row is locked: an erasure comes before or after.
    let commit = Commit::new().then(held(person)).then(signed_in(person, hash, now, whence));
    done(store.commit(commit).await?)
}

/// The sign-ins of a person, the last used first.
///
/// # Errors
/// The store's.
pub async fn sign_ins(store: &dyn Store, person: UserId) -> Result<Vec<SignedIn>, StoreError> {
    let read = Statement::new(
        "SELECT hash, made, seen, agent, address FROM token WHERE person = $1 ORDER BY coalesce(seen, 0) DESC, hash",
    );
    let sign_in = |row: &Row| {
        let text = |column| Ok::<_, StoreError>(row.maybe_text(column)?.map(String::from));
        Ok(SignedIn {
            hash: row.bytes(0)?.try_into().map_err(|_| corrupt("the hash of a token"))?,
            made: row.maybe_count(1)?,
            seen: row.maybe_count(2)?,
            whence: Whence { agent: text(3)?, address: text(4)? },
        })
    };
    store.query(read.with(person)).await?.iter().map(sign_in).collect()
}

/// Ends these sign-ins.
///
/// # Errors
/// The store's.
pub async fn end_sign_ins(store: &dyn Store, hashes: &[[u8; 32]]) -> Result<(), StoreError> {
    let end = |hash: &[u8; 32]| Statement::new("DELETE FROM token WHERE hash = $1").with(*hash);
    let commit = hashes.iter().map(end).fold(Commit::new(), Commit::then);
    store.commit(commit).await.map(|_| ())
}

/// Gives somebody another name; `Taken` if somebody else has it.
///
/// # Errors
/// The store's.
pub async fn rename(
    store: &dyn Store,
    person: UserId,
    name: Arc<str>,
    folded: &str,
) -> Result<Claim, StoreError> {
    let commit = Commit::new()
        .then(give_way(store.engine(), folded))
        .then(held(person))
        .then(Statement::new("DELETE FROM name WHERE person = $1").with(person))
        .then(named(person, folded))
        .then(
            Statement::new("UPDATE person SET name = $2, freed = NULL WHERE id = $1").with(person).with(name),
        );
    Ok(if done(store.commit(commit).await?)? { Claim::Made } else { Claim::Taken })
}

/// Gives somebody this password; a guest becomes a member by it. `false` if they are no more.
///
/// # Errors
/// The store's.
pub async fn set_password(
    store: &dyn Store,
    person: UserId,
    password: String,
    now: u64,
) -> Result<bool, StoreError> {
    let set = Statement::new("UPDATE person SET password = $2 WHERE id = $1").with(person).with(password);
    let commit = Commit::new().then(held(person)).then(set).then(joined(person, now));
    done(store.commit(commit).await?)
}

/// The ways in that a person has beside passkeys.
///
/// # Errors
/// The store's.
pub async fn ways(store: &dyn Store, person: UserId) -> Result<Ways, StoreError> {
    let read = Statement::new(
        "SELECT (SELECT count(*) FROM person WHERE id = $1 AND password IS NOT NULL),
                (SELECT count(*) FROM identity WHERE person = $1)",
    );
    match store.query(read.with(person)).await?.first() {
        Some(row) => Ok(Ways { password: row.flag(0)?, identity: row.flag(1)? }),
        None => Ok(Ways::default()),
    }
}

/// Forgets what is not good any more: tickets, and sign-ins that nobody used since `signed_in`.
///
/// # Errors
/// The store's.
pub async fn sweep(store: &dyn Store, now: u64, signed_in: u64) -> Result<(), StoreError> {
    let commit = Commit::new()
        .then(Statement::new("DELETE FROM ticket WHERE until <= $1").with(now))
        .then(Statement::new("DELETE FROM token WHERE seen <= $1").with(signed_in));
    store.commit(commit).await.map(|_| ())
}

/// The passkeys of a person, the oldest first.
///
/// # Errors
/// The store's.
pub async fn passkeys(store: &dyn Store, person: UserId) -> Result<Vec<Passkey>, StoreError> {
    let read = Statement::new("SELECT id, name, made, used FROM passkey WHERE person = $1 ORDER BY made, id");
    let passkey = |row: &Row| {
        let (id, name) = (row.bytes(0)?.to_vec(), row.text(1)?.to_owned());
        Ok(Passkey { id, name, made: row.count(2)?, used: row.maybe_count(3)? })
    };
    store.query(read.with(person)).await?.iter().map(passkey).collect()
}

/// Gives a person a passkey; a guest becomes a member by it. `false` if somebody has it, or the person is no more.
///
/// # Errors
/// The store's.
pub async fn add_passkey(
    store: &dyn Store,
    person: UserId,
    id: Vec<u8>,
    name: &str,
    credential: String,
    now: u64,
) -> Result<bool, StoreError> {
    let add = "INSERT INTO passkey (id, person, name, credential, made) VALUES ($1, $2, $3, $4, $5)";
    let add = Statement::new(add).with(id).with(person).with(name).with(credential).with(now);
    done(store.commit(Commit::new().then(held(person)).then(add).then(joined(person, now))).await?)
}

/// Whose passkey it is, and what its use is checked with.
///
/// # Errors
/// The store's.
pub async fn passkey(store: &dyn Store, id: &[u8]) -> Result<Option<(Person, String)>, StoreError> {
    let read = Statement::new(
        "SELECT p.id, p.name, p.role, p.picture, p.away, k.credential
         FROM passkey k JOIN person p ON p.id = k.person WHERE k.id = $1",
    );
    let rows = store.query(read.with(id)).await?;
    rows.first().map(|row| Ok((person_of(row)?, row.text(5)?.to_owned()))).transpose()
}

/// Notes that a passkey was used; `false` if it was removed, or used by somebody else meanwhile.
///
/// # Errors
/// The store's.
pub async fn use_passkey(
    store: &dyn Store,
    id: &[u8],
    before: &str,
    credential: String,
    now: u64,
) -> Result<bool, StoreError> {
    let used = "UPDATE passkey SET credential = $3, used = $4 WHERE id = $1 AND credential = $2";
    let used = Statement::new(used).with(id).with(before).with(credential).with(now).must();
    done(store.commit(Commit::new().then(used)).await?)
}

/// Takes a passkey away, unless it is the last way in; `false` then, or if the person has none of that id.
///
/// # Errors
/// The store's.
pub async fn remove_passkey(store: &dyn Store, person: UserId, id: &[u8]) -> Result<bool, StoreError> {
    let remove = Statement::new(
        "DELETE FROM passkey WHERE id = $1 AND person = $2
           AND (EXISTS (SELECT 1 FROM person WHERE id = $2 AND password IS NOT NULL)
             OR EXISTS (SELECT 1 FROM identity WHERE person = $2)
             OR EXISTS (SELECT 1 FROM passkey WHERE person = $2 AND id <> $1))",
    );
    // The person's row is held: of two who remove the last two, one comes second.
    let commit = Commit::new().then(held(person)).then(remove.with(id).with(person).must());
    done(store.commit(commit).await?)
}

/// Who somebody of the provider is here.
///
/// # Errors
/// The store's.
pub async fn by_identity(
    store: &dyn Store,
    issuer: &str,
    subject: &str,
) -> Result<Option<Person>, StoreError> {
    let read = Statement::new(
        "SELECT p.id, p.name, p.role, p.picture, p.away
         FROM identity i JOIN person p ON p.id = i.person WHERE i.issuer = $1 AND i.subject = $2",
    );
    store.query(read.with(issuer).with(subject)).await?.first().map(person_of).transpose()
}

/// Makes somebody of the provider a person here; a guest becomes a member by it. `false` if they are somebody
/// already, or the person is no more.
///
/// # Errors
/// The store's.
pub async fn add_identity(
    store: &dyn Store,
    person: UserId,
    issuer: &str,
    subject: &str,
    now: u64,
) -> Result<bool, StoreError> {
    let add = "INSERT INTO identity (issuer, subject, person) VALUES ($1, $2, $3)";
    let add = Statement::new(add).with(issuer).with(subject).with(person);
    done(store.commit(Commit::new().then(held(person)).then(add).then(joined(person, now))).await?)
}

/// Whether this is the hash of an invite that has not ended.
///
/// # Errors
/// The store's.
pub async fn is_invite(store: &dyn Store, hash: [u8; 32], now: u64) -> Result<bool, StoreError> {
    let read = Statement::new(
        "SELECT id FROM invite
         WHERE hash = $1 AND (until IS NULL OR until > $2) AND (uses_left IS NULL OR uses_left > 0)",
    );
    Ok(!store.query(read.with(hash).with(now)).await?.is_empty())
}

/// Whom somebody does not want to see.
///
/// # Errors
/// The store's.
pub async fn hidden(store: &dyn Store, person: UserId) -> Result<Vec<Person>, StoreError> {
    let read = Statement::new(
        "SELECT p.id, p.name, p.role, p.picture, p.away
         FROM hidden h JOIN person p ON p.id = h.other WHERE h.person = $1 ORDER BY p.name, p.id",
    );
    store.query(read.with(person)).await?.iter().map(person_of).collect()
}

/// Hides somebody from a person; `false` if they do not exist.
///
/// # Errors
/// The store's.
pub async fn hide(store: &dyn Store, person: UserId, other: UserId) -> Result<bool, StoreError> {
    let hide = "INSERT INTO hidden (person, other) VALUES ($1, $2) ON CONFLICT DO NOTHING";
    let hide = Statement::new(hide).with(person).with(other);
    done(store.commit(Commit::new().then(held(other)).then(hide)).await?)
}

/// Hides somebody no longer.
///
/// # Errors
/// The store's.
pub async fn unhide(store: &dyn Store, person: UserId, other: UserId) -> Result<(), StoreError> {
    let unhide = Statement::new("DELETE FROM hidden WHERE person = $1 AND other = $2");
    store.commit(Commit::new().then(unhide.with(person).with(other))).await.map(|_| ())
}

/// Somebody's picture: its kind and its bytes.
///
/// # Errors
/// The store's.
pub async fn picture(store: &dyn Store, person: UserId) -> Result<Option<(String, Vec<u8>)>, StoreError> {
    let read = Statement::new("SELECT kind, bytes FROM picture WHERE person = $1").with(person);
    let rows = store.query(read).await?;
    rows.first().map(|row| Ok((row.text(0)?.to_owned(), row.bytes(1)?.to_vec()))).transpose()
}

/// Gives somebody a picture, or takes it away. Its version is the time in seconds, so that no picture ever has
/// that of an earlier one. `false` if the person is no more.
///
/// # Errors
/// The store's.
pub async fn set_picture(
    store: &dyn Store,
    person: UserId,
    picture: Option<(&str, Vec<u8>)>,
    now: u64,
) -> Result<bool, StoreError> {
    let commit = Commit::new().then(held(person));
    let commit = match picture {
        Some((kind, bytes)) => {
            let keep = "INSERT INTO picture (person, kind, bytes) VALUES ($1, $2, $3)
                        ON CONFLICT (person) DO UPDATE SET kind = excluded.kind, bytes = excluded.bytes";
            let version = "UPDATE person SET picture = CASE WHEN picture >= $2 THEN picture + 1 ELSE $2 END
                           WHERE id = $1";
            commit
                .then(Statement::new(keep).with(person).with(kind).with(bytes))
                .then(Statement::new(version).with(person).with(now / 1_000))
        }
        None => commit
            .then(Statement::new("DELETE FROM picture WHERE person = $1").with(person))
            .then(Statement::new("UPDATE person SET picture = NULL WHERE id = $1").with(person)),
    };
    done(store.commit(commit).await?)
}

/// Somebody from a row that begins with id, name, role, picture and away.
///
/// # Errors
/// If it does not.
pub fn person_of(row: &Row) -> Result<Person, StoreError> {
    let role = row.maybe_text(2)?.map(|name| role_of(name).ok_or_else(|| corrupt("a role"))).transpose()?;
    let picture = row.maybe_count(3)?.and_then(|version| u32::try_from(version).ok());
    Ok(Person { id: row.person(0)?, name: row.text(1)?.into(), role, picture, away: row.flag(4)? })
}

/// Frees a name of a guest who was away for long: so that what they wrote is not taken for the newcomer's, the
/// beginning of their id goes behind it.
pub(super) fn give_way(engine: Engine, folded: &str) -> Statement {
    // As people see it.
    let id = match engine {
        Engine::Sqlite => "lower(substr(hex(id), 1, 4))",
        Engine::Postgres => "left(CAST(id AS text), 4)",
    };
    Statement::new(format!(
        "UPDATE person SET name = name || ' (' || {id} || ')', freed = NULL WHERE freed = $1"
    ))
    .with(folded)
}

/// Holds a person's row until the commit is done, and stops it if their account was erased.
fn held(person: UserId) -> Statement {
    Statement::new("UPDATE person SET seen = seen WHERE id = $1 AND erased IS NULL").with(person).must()
}

fn named(person: UserId, folded: &str) -> Statement {
    Statement::new("INSERT INTO name (folded, person) VALUES ($1, $2)").with(folded).with(person)
}

fn signed_in(person: UserId, hash: [u8; 32], now: u64, whence: &Whence) -> Statement {
    let add = "INSERT INTO token (hash, person, made, seen, agent, address) VALUES ($1, $2, $3, $3, $4, $5)";
    let add = Statement::new(add).with(hash).with(person).with(now);
    add.with(whence.agent.clone()).with(whence.address.clone())
}

/// A guest becomes a member.
fn joined(person: UserId, now: u64) -> Statement {
    let joined = "UPDATE person SET role = 'member', joined = $2 WHERE id = $1 AND role IS NULL";
    Statement::new(joined).with(person).with(now)
}

#[expect(clippy::unnecessary_wraps, clippy::needless_pass_by_value, reason = "the end of every write")]
pub(super) fn done(committed: Committed) -> Result<bool, StoreError> {
    Ok(matches!(committed, Committed::Done { .. }))
}

fn corrupt(what: &str) -> StoreError {
    StoreError::Corrupt(format!("{what} is not what this program writes").into())
}
