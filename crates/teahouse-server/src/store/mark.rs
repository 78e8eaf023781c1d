//! What a tool has noted about a store as a whole: a server does not open a store that has a mark.
//!
//! The mark is a setting, so that it is where the data is, in every kind of store, and in every copy.
//! Only `teahouse move` and `restore` write it; whoever opens a store for a server calls [`check`].

use std::fmt::Display;
use std::time::{Duration, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

/// The setting that holds the mark. It is never copied to another store.
pub const KEY: &str = "mark";

/// Why a store is not to be opened by a server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Mark {
    /// The house is elsewhere now; what is here is what it was then.
    Moved {
        /// Where, without a password.
        to: String,
        /// When, in milliseconds since 1970-01-01 UTC.
        at: u64,
    },
    /// A house is being moved here, and not all of it is here.
    Unfinished {
        /// From where, without a password.
        from: String,
        /// Which house it is.
        house: String,
    },
}

/// A store that a server may not open. Says why and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Marked(String);

impl Mark {
    /// As the setting keeps it.
    #[must_use]
    pub fn to_text(&self) -> String {
        serde_json::to_string(self).expect("it is made of texts and a number")
    }

    /// From the setting.
    ///
    /// # Errors
    /// If a newer program wrote it.
    pub fn from_text(text: &str) -> Result<Self, Marked> {
        serde_json::from_str(text).map_err(|_| Marked(format!("it has a mark that is unknown here ({text})")))
    }
}

/// Says no if a server may not work on the store at `place` that has this setting under [`KEY`].
///
/// # Errors
/// Where the house is and how to go back, or that a move is not finished; also for a mark that is unknown.
pub fn check(mark: Option<&str>, place: impl Display) -> Result<(), Marked> {
    let Some(text) = mark else { return Ok(()) };
    let why = match Mark::from_text(text) {
        Ok(Mark::Moved { to, at }) => format!(
            "the house in {place} was moved to {to} on {}. Start the server on that (`--database URL`, or `--data \
             FOLDER`). What is left here is older; to use it all the same, run: teahouse move --undo {place}",
            when(at)
        ),
        Ok(Mark::Unfinished { from, .. }) => format!(
            "{place} has only a part of the house in {from}: its move is not finished. Run `teahouse move` once \
             more, it goes on where it ended; until then the whole house is still in {from}."
        ),
        Err(Marked(unknown)) => format!("{place} cannot be opened: {unknown}. Start a newer Teahouse."),
    };
    Err(Marked(why))
}

/// A moment as a sentence names it.
fn when(unix_ms: u64) -> String {
    // Beyond what a date can say lies no real mark.
    let latest = Duration::from_secs(253_402_300_799);
    httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_millis(unix_ms).min(latest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_without_a_mark_is_opened() {
        assert_eq!(check(None, "data"), Ok(()));
    }

    #[test]
    fn says_where_the_house_went_and_how_to_go_back() {
        let mark = Mark::Moved { to: "postgres://db/house".into(), at: 1_795_353_600_000 };
        assert_eq!(Mark::from_text(&mark.to_text()), Ok(mark.clone()));
        let said = check(Some(&mark.to_text()), "data").unwrap_err().to_string();
        for part in ["postgres://db/house", "2026", "teahouse move --undo data"] {
            assert!(said.contains(part), "{said}");
        }
    }

    #[test]
    fn says_that_a_move_is_not_finished() {
        let mark = Mark::Unfinished { from: "data".into(), house: "1".into() };
        let said = check(Some(&mark.to_text()), "postgres://db").unwrap_err().to_string();
        assert!(said.contains("not finished") && said.contains("data"), "{said}");
    }

    #[test]
    fn refuses_what_it_does_not_know() {
        for text in ["", "{}", "{\"is\":\"rented\"}"] {
            assert!(check(Some(text), "data").unwrap_err().to_string().contains("newer"), "{text}");
        }
    }
}
