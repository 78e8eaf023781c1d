//! What the owner decides about the house while it runs. All of it or nothing: every field is checked, and all
//! problems are said at once.

use serde_json::{Map, Value as Json, json};
use teahouse_protocol::frame::Error;
use teahouse_protocol::{ErrorCode, RoomId};

use super::house::is_owner;
use super::{By, audit, refused};
use crate::house::Order;
use crate::node::Node;
use crate::settings::{Admission, FileSizes, NAME_MAX, Question, RoomsBy, WORK_BITS_MAX, kept, key};
use crate::store::Commit;
use crate::store::overview::keep_setting;

/// Characters of the longest question of the door, and of its answer.
const QUESTION_MAX: usize = 200;

/// Most MiB of files that can be allowed: a PiB.
const MIB_MAX: u32 = 1 << 30;

/// The fields that may be changed, and the settings' keys in the store.
const FIELDS: [(&str, &str); 6] = [
    ("name", key::NAME),
    ("admission", key::ADMISSION),
    ("question", key::QUESTION),
    ("work_bits", key::WORK_BITS),
    ("rooms_by", key::ROOMS_BY),
    ("files", key::FILES),
];

impl Node {
    /// Every setting: its name, its value, and whether it was decided or is what a new house has.
    ///
    /// # Errors
    /// The store's code.
    pub async fn all_settings(&self) -> Result<Vec<Json>, Error> {
        let settings = self.settings();
        let mut all = Vec::new();
        for (field, key) in FIELDS {
            let value = match field {
                "name" => json!(settings.name),
                "admission" => json!(settings.admission),
                "question" => json!(settings.question),
                "work_bits" => json!(settings.work_bits),
                "rooms_by" => json!(settings.rooms_by),
                _ => json!(settings.files),
            };
            let is_kept = self.store.setting(key).await?.is_some();
            let source = if is_kept { "stored" } else { "default" };
            all.push(json!({"key": field, "value": value, "source": source}));
        }
        Ok(all)
    }

    /// Changes settings, on every node at once.
    ///
    /// # Errors
    /// `bad_field` with every problem, `forbidden`, or the store's code.
    pub async fn change_settings(&self, by: &By, change: Map<String, Json>) -> Result<(), Error> {
        is_owner(by)?;
        let mut problems = Vec::new();
        let mut commit = Commit::new();
        let mut told = Map::new();
        for (field, value) in change {
            match checked(&field, &value) {
                Ok((key, text)) => {
                    commit = commit.then(keep_setting(key, text.as_deref()));
                    let value = if field == "question" { value.get("ask").cloned() } else { Some(value) };
                    told.insert(field, value.unwrap_or_else(|| json!("none")));
                }
                Err(said) => problems.push((field, said)),
            }
        }
        if let Some((first, _)) = problems.first() {
            let said: Vec<_> = problems.iter().map(|(field, said)| format!("{field}: {said}")).collect();
            let error = refused(ErrorCode::BadField, &said.join(" "));
            return Err(Error { field: Some(first.clone()), ..error });
        }
        if told.is_empty() {
            return Ok(());
        }
        let commit = commit.then(audit(by, "settings", None, None, &Json::Object(told)));
        self.commit_all(commit.append(&RoomId::house(), Order::Settings.draft())).await
    }
}

/// The key and the text that are kept for a field; no text for what is forgotten.
fn checked(field: &str, value: &Json) -> Result<(&'static str, Option<String>), String> {
    let (name, key) = FIELDS
        .into_iter()
        .find(|(name, _)| *name == field)
        .ok_or_else(|| "there is no such setting.".to_owned())?;
    let text = match name {
        "name" => Some(house_name(value)?),
        "admission" => Some(word::<Admission>(value, "open, invited or accounts")?),
        "rooms_by" => Some(word::<RoomsBy>(value, "guests, accounts or moderators")?),
        "work_bits" => match value.as_u64() {
            Some(bits) if bits <= u64::from(WORK_BITS_MAX) => Some(bits.to_string()),
            _ => return Err(format!("expected a number from 0 to {WORK_BITS_MAX}.")),
        },
        "files" => file_sizes(value)?,
        _ => question(value)?,
    };
    Ok((key, text))
}

/// Without anything in it, what the configuration says holds again.
fn file_sizes(value: &Json) -> Result<Option<String>, String> {
    let said =
        || format!("expected file_mib_max, person_mib_max and house_mib_max, each from 1 to {MIB_MAX}.");
    if value.is_null() {
        return Ok(None);
    }
    let sizes: FileSizes = serde_json::from_value(value.clone()).map_err(|_| said())?;
    let all = [sizes.file_mib_max, sizes.person_mib_max, sizes.house_mib_max];
    if all.into_iter().flatten().any(|mib| !(1..=MIB_MAX).contains(&mib)) {
        return Err(said());
    }
    Ok(serde_json::to_string(&sizes).ok())
}

fn house_name(value: &Json) -> Result<String, String> {
    let name = value.as_str().map(str::trim).unwrap_or_default();
    if name.is_empty() || name.chars().count() > NAME_MAX || name.chars().any(char::is_control) {
        return Err(format!("expected 1 to {NAME_MAX} characters, on one line."));
    }
    Ok(name.to_owned())
}

fn word<T: for<'de> serde::Deserialize<'de> + serde::Serialize>(
    value: &Json,
    all: &str,
) -> Result<String, String> {
    serde_json::from_value::<T>(value.clone()).map(kept).map_err(|_| format!("expected {all}."))
}

fn question(value: &Json) -> Result<Option<String>, String> {
    if value.is_null() {
        return Ok(None);
    }
    let said =
        || format!("expected null, or ask and answer of 1 to {QUESTION_MAX} characters, on one line each.");
    let question: Question = serde_json::from_value(value.clone()).map_err(|_| said())?;
    let is_good = |text: &str| {
        !text.trim().is_empty() && text.chars().count() <= QUESTION_MAX && !text.chars().any(char::is_control)
    };
    if !is_good(&question.ask) || !is_good(&question.answer) {
        return Err(said());
    }
    Ok(serde_json::to_string(&question).ok())
}
