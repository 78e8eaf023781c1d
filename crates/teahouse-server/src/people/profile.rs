//! What somebody tells of themselves: a line, the time where they are, and that they stepped away.

use teahouse_protocol::frame::Error;
use teahouse_protocol::{Person, UserId};

use super::account::gone;
use super::{People, Someone};
use crate::error::{bad_field, zone};
use crate::store::profile::{self, Profile, set_away, set_line, set_zone};
use crate::store::{Commit, Committed};

/// Characters of the longest line.
const LINE_MAX: usize = 80;

/// What is told from now on; what is none stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize)]
pub struct Telling {
    /// The line; empty for none.
    pub line: Option<String>,
    /// The zone of the clock; empty for none.
    pub zone: Option<String>,
    /// Whether they stepped away.
    pub away: Option<bool>,
}

impl Telling {
    /// Whether all of it can be told.
    ///
    /// # Errors
    /// `bad_field`.
    pub fn check(&self) -> Result<(), Error> {
        self.line.as_deref().map(line_of).transpose()?;
        self.zone.as_deref().map(zone_of).transpose()?;
        Ok(())
    }
}

impl People {
    /// What somebody tells of themselves.
    ///
    /// # Errors
    /// The store's code.
    pub async fn profile(&self, person: UserId) -> Result<Profile, Error> {
        profile::profile(&*self.store, person).await.map_err(Error::from)
    }

    /// Has somebody tell something else of themselves.
    ///
    /// # Errors
    /// `bad_field`, or the store's code.
    pub async fn tell(&self, someone: &Someone, telling: Telling) -> Result<Person, Error> {
        let mut commit = Commit::new();
        if let Some(line) = telling.line {
            commit = commit.then(set_line(someone.id, line_of(&line)?));
        }
        if let Some(zone) = telling.zone {
            commit = commit.then(set_zone(someone.id, zone_of(&zone)?));
        }
        if let Some(away) = telling.away {
            commit = commit.then(set_away(someone.id, away));
        }
        match self.store.commit(commit).await? {
            Committed::Done { .. } => self.changed(someone).await,
            Committed::Refused(_) => Err(gone()),
        }
    }
}

fn line_of(given: &str) -> Result<Option<&str>, Error> {
    let line = given.trim();
    if line.chars().count() > LINE_MAX || line.chars().any(teahouse_core::name::is_hidden) {
        return Err(bad_field("line", format!("It has at most {LINE_MAX} characters, on one line.")));
    }
    Ok((!line.is_empty()).then_some(line))
}

fn zone_of(given: &str) -> Result<Option<&str>, Error> {
    if given.is_empty() {
        return Ok(None);
    }
    zone("zone", given).map(|_| Some(given))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_one_line() {
        assert_eq!(line_of("  喝茶 ☕  "), Ok(Some("喝茶 ☕")));
        assert_eq!(line_of("   "), Ok(None));
        assert!(line_of(&"茶".repeat(LINE_MAX)).is_ok());
        for wrong in ["茶".repeat(LINE_MAX + 1), "two\nlines".into(), "turned \u{202e}around".into()] {
            assert_eq!(line_of(&wrong).unwrap_err().field.as_deref(), Some("line"), "{wrong:?}");
        }
    }

    #[test]
    fn a_zone_has_a_name() {
        assert_eq!(zone_of("Asia/Shanghai"), Ok(Some("Asia/Shanghai")));
        assert_eq!(zone_of(""), Ok(None));
        assert!(zone_of("Asia/Nowhere").is_err() && zone_of("../../etc/passwd").is_err());
    }
}
