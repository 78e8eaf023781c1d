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

impl File {
    /// Where its bytes are, at the house.
    #[must_use]
    pub fn address(&self) -> String {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
        let escaped =
            |byte: u8| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
        // Two names are the house's own.
        let own = if ["about", "thumb"].contains(&&*self.name) { "_" } else { "" };
        let name: String = self.name.bytes().map(escaped).collect();
        format!("/v1/files/{}/{own}{name}", self.id)
    }
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
    use crate::event::Body;

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

    #[test]
    fn who_reads_lines_sees_where_it_is() {
        let id: FileId = "d4735e3a265e16eee03f59718b9b5d03".parse().unwrap();
        let (name, kind) = ("茶 1.txt".into(), "text/plain".into());
        let file = File { id, name, kind, bytes: 1, size: None, alt: None, thumb: None, seconds: None };
        assert_eq!(file.address(), format!("/v1/files/{id}/%E8%8C%B6%201.txt"));
        let about = File { name: "about".into(), ..file.clone() };
        assert_eq!(about.address(), format!("/v1/files/{id}/_about"));
        let body = Body { files: vec![Carried::File(Box::new(file.clone()))], ..Body::of("look".into()) };
        assert_eq!(body.with_files(body.text.clone()), format!("look\n茶 1.txt {}", file.address()));
        assert!(!Body { text: String::new(), ..body }.is_gone() && Body::default().is_gone());
    }
}
