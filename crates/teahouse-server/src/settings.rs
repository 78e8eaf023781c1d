//! What the owner decides about the house while it runs: its name, who comes in, what the door asks, who
//! makes rooms. Kept in the store, read again by every node when it is told to. It decides nothing itself.

use std::sync::{Arc, Mutex};

use serde::{Deserialize, Serialize};

use crate::lock;
use crate::store::{Store, StoreError};

/// The house's name until the owner gives it another.
const NAME: &str = "茶馆";
/// Most bits of a proof of work: about a minute of a slow phone.
pub const WORK_BITS_MAX: u32 = 24;
/// Characters of the longest name of a house.
pub const NAME_MAX: usize = 64;

/// The settings' keys in the store.
pub mod key {
    /// The house's name.
    pub const NAME: &str = "house_name";
    /// Who comes in.
    pub const ADMISSION: &str = "admission";
    /// What the door asks, as JSON: `{"ask","answer"}`.
    pub const QUESTION: &str = "question";
    /// How much work a newcomer's machine has to do, in bits.
    pub const WORK_BITS: &str = "work_bits";
    /// Who makes rooms.
    pub const ROOMS_BY: &str = "rooms_by";
    /// How large files may be, as JSON.
    pub const FILES: &str = "files";
}

/// Who comes in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Admission {
    /// Anyone who has the address.
    #[default]
    Open,
    /// Guests need an invite.
    Invited,
    /// No guests at all.
    Accounts,
}

/// Who makes rooms.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RoomsBy {
    /// Everybody.
    Guests,
    /// Everybody with an account.
    #[default]
    Accounts,
    /// Moderators and the owner.
    Moderators,
}

/// What the door asks newcomers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// The question.
    pub ask: String,
    /// Its answer, compared as names are.
    pub answer: String,
}

impl Question {
    /// Whether that is the answer.
    #[must_use]
    pub fn is_answered(&self, given: &str) -> bool {
        let fold = teahouse_core::name::fold;
        given.len() <= 1_024 && fold(given) == fold(&self.answer)
    }
}

/// How large files may be, where that is not as the configuration says; in MiB.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileSizes {
    /// One of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file_mib_max: Option<u32>,
    /// All of one person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person_mib_max: Option<u32>,
    /// All of the house.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub house_mib_max: Option<u32>,
}

/// What the owner decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The house's name.
    pub name: Arc<str>,
    /// Who comes in.
    pub admission: Admission,
    /// What the door asks newcomers.
    pub question: Option<Question>,
    /// The leading zero bits that a newcomer's machine has to find; 0 for none.
    pub work_bits: u32,
    /// Who makes rooms.
    pub rooms_by: RoomsBy,
    /// How large files may be.
    pub files: FileSizes,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            name: NAME.into(),
            admission: Admission::default(),
            question: None,
            work_bits: 0,
            rooms_by: RoomsBy::default(),
            files: FileSizes::default(),
        }
    }
}

impl Settings {
    /// What is kept. What cannot be understood there is said in the log, and counts as closed rather than
    /// open: a newer version may have written it.
    ///
    /// # Errors
    /// The store's.
    pub async fn read(store: &dyn Store) -> Result<Self, StoreError> {
        let default = Self::default();
        let admission = store.setting(key::ADMISSION).await?;
        let question = store.setting(key::QUESTION).await?;
        let work_bits = store.setting(key::WORK_BITS).await?;
        let rooms_by = store.setting(key::ROOMS_BY).await?;
        let files = store.setting(key::FILES).await?;
        Ok(Self {
            name: store.setting(key::NAME).await?.map_or(default.name, Arc::from),
            admission: admission
                .map_or(default.admission, |text| word(key::ADMISSION, &text, Admission::Accounts)),
            question: question
                .and_then(|text| serde_json::from_str(&text).map_err(|_| strange(key::QUESTION, &text)).ok()),
            work_bits: work_bits
                .and_then(|text| text.parse().map_err(|_| strange(key::WORK_BITS, &text)).ok())
                .unwrap_or(default.work_bits)
                .min(WORK_BITS_MAX),
            files: files
                .and_then(|text| serde_json::from_str(&text).map_err(|_| strange(key::FILES, &text)).ok())
                .unwrap_or_default(),
            rooms_by: rooms_by
                .map_or(default.rooms_by, |text| word(key::ROOMS_BY, &text, RoomsBy::Moderators)),
        })
    }

    /// Whether a newcomer may be made a guest who answered and showed nothing.
    #[must_use]
    pub fn takes_anybody(&self) -> bool {
        self.admission == Admission::Open && self.question.is_none() && self.work_bits == 0
    }
}

/// The settings as this node read them last.
#[derive(Debug, Default)]
pub struct Current(Mutex<Arc<Settings>>);

impl Current {
    /// What holds now.
    #[must_use]
    pub fn now(&self) -> Arc<Settings> {
        lock(&self.0).clone()
    }

    /// This holds from now on.
    pub fn become_like(&self, settings: Settings) {
        *lock(&self.0) = Arc::new(settings);
    }
}

/// A setting as it is kept: the word of its value.
///
/// # Panics
/// Never: every value is one word.
#[must_use]
pub fn kept(value: impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        other => unreachable!("{other:?} is not one word"),
    }
}

fn word<T: for<'de> Deserialize<'de>>(key: &str, text: &str, closed: T) -> T {
    serde_json::from_value(serde_json::Value::from(text)).unwrap_or_else(|_| {
        strange(key, text);
        closed
    })
}

fn strange(key: &str, text: &str) {
    tracing::warn!(key, text, "a setting cannot be understood; set it again");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_compared_as_names_are() {
        let question = Question { ask: "Which leaf?".into(), answer: "Green Tea".into() };
        for answer in ["green tea", " GREEN  TEA ", "ｇｒｅｅｎ ｔｅａ"] {
            assert!(question.is_answered(answer), "{answer}");
        }
        for answer in ["", "black tea", "green", &"green tea".repeat(200)] {
            assert!(!question.is_answered(answer), "{answer}");
        }
    }

    #[test]
    fn a_word_is_kept_and_read() {
        for admission in [Admission::Open, Admission::Invited, Admission::Accounts] {
            assert_eq!(word(key::ADMISSION, &kept(admission), Admission::Open), admission);
        }
        assert_eq!(kept(RoomsBy::Moderators), "moderators");
        assert_eq!(word(key::ADMISSION, "by invitation", Admission::Accounts), Admission::Accounts);
    }
}
