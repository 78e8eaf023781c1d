//! A file that a message carries, as everybody sees it; its bytes are at `/v1/files/ID/NAME`.

use serde::{Deserialize, Serialize};

use crate::id::FileId;

/// A file whose bytes are kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct File {
    /// Which.
    pub id: FileId,
    /// What its sender calls it, without folders.
    pub name: String,
    /// What it is, as the server found by its bytes: a media type.
    #[serde(rename = "type")]
    pub kind: String,
    /// How long it is.
    pub bytes: u64,
    /// The size of an image that may be shown, in pixels.
    #[serde(flatten)]
    pub size: Option<Size>,
    /// What an image shows, in its sender's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alt: Option<String>,
    /// The size of a smaller image of it, which is at `/v1/files/ID/thumb`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thumb: Option<Size>,
    /// How long it plays, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<u32>,
}

/// A file in a body: all of it in what was stored, its id alone in what is sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Carried {
    /// As everybody sees it.
    File(Box<File>),
    /// As its sender names it.
    Id(FileId),
}

impl Carried {
    /// Most files of one message.
    pub const MAX: usize = 10;

    /// Which file.
    #[must_use]
    pub fn id(&self) -> FileId {
        match self {
            Self::File(file) => file.id,
            Self::Id(id) => *id,
        }
    }

    /// What everybody sees of it, if that is known.
    #[must_use]
    pub fn file(&self) -> Option<&File> {
        match self {
            Self::File(file) => Some(file),
            Self::Id(_) => None,
        }
    }
}

/// The size of an image, in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Size {
    /// From side to side.
    pub width: u32,
    /// From top to bottom.
    pub height: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_does_not_travel() {
        let id = "d4735e3a265e16eee03f59718b9b5d03";
        let short = format!(r#"{{"id":"{id}","name":"notes.txt","type":"text/plain","bytes":12}}"#);
        let long = format!(
            r#"{{"id":"{id}","name":"茶.jpg","type":"image/jpeg","bytes":9,"width":4,"height":3,"alt":"茶","thumb":{{"width":2,"height":1}},"seconds":7}}"#
        );
        for text in [short, long] {
            let file: File = serde_json::from_str(&text).unwrap();
            assert_eq!(serde_json::to_string(&file).unwrap(), text);
        }
    }
}
