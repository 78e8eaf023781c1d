//! Where a house is: a data folder, a file that was made of one, or a PostgreSQL database.
//!
//! A password never leaves this file except to the database.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// Where a house is. Its text has no password.
#[derive(Clone, PartialEq, Eq)]
pub enum Place {
    /// A data folder.
    Folder(PathBuf),
    /// One file of SQLite: a backup.
    File(PathBuf),
    /// A PostgreSQL database, by its URL.
    Database(String),
}

/// How the URLs of PostgreSQL begin.
const SCHEMES: [&str; 2] = ["postgres://", "postgresql://"];

impl FromStr for Place {
    type Err = String;

    /// A folder, a URL, or `@FILE` for a file that holds one of both: a URL on the command line can be read
    /// by everybody on the machine.
    fn from_str(text: &str) -> Result<Self, String> {
        let Some(file) = text.strip_prefix('@') else { return Ok(Self::plain(text)) };
        let held =
            std::fs::read_to_string(file).map_err(|error| format!("{file} cannot be read: {error}"))?;
        match held.trim() {
            "" => Err(format!("{file} is empty: it should hold a postgres:// URL")),
            held => Ok(Self::plain(held)),
        }
    }
}

impl Place {
    /// The place with a whole path, so that it means the same in every folder.
    #[must_use]
    pub fn whole(self) -> Self {
        let whole = |path: PathBuf| {
            let known = path.canonicalize();
            known.or_else(|_| std::path::absolute(&path)).unwrap_or(path)
        };
        match self {
            Self::Folder(path) => Self::Folder(whole(path)),
            Self::File(path) => Self::File(whole(path)),
            database @ Self::Database(_) => database,
        }
    }

    fn plain(text: &str) -> Self {
        if SCHEMES.iter().any(|scheme| text.starts_with(scheme)) {
            return Self::Database(text.into());
        }
        let path = Path::new(text);
        if path.is_file() { Self::File(path.into()) } else { Self::Folder(path.into()) }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(path) | Self::File(path) => write!(f, "{}", path.display()),
            Self::Database(url) => f.write_str(&without_password(url)),
        }
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// The URL without what nobody may read: `postgres://user@host/name`.
fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return "a database".into() };
    // The last `@` of all: a password may hold any character, also where it should have been written as %40.
    let (user, address) = match rest.rsplit_once('@') {
        Some((user, address)) => (user.split([':', '/', '?']).next().unwrap_or_default(), address),
        None => ("", rest),
    };
    let at = if user.is_empty() { "" } else { "@" };
    let (address, question) = address.split_once('?').unwrap_or((address, ""));
    // `password` and `sslpassword`.
    let kept: Vec<&str> = question
        .split('&')
        .filter(|part| !part.is_empty() && !part.to_lowercase().contains("pass"))
        .collect();
    let question = if kept.is_empty() { String::new() } else { format!("?{}", kept.join("&")) };
    format!("{scheme}://{user}{at}{address}{question}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        text.parse::<Place>().unwrap().to_string()
    }

    #[test]
    fn shows_no_password() {
        for (url, expected) in [
            ("postgres://u:secret@h/d", "postgres://u@h/d"),
            ("postgres://u:se:cr@et@h:5432/d?sslmode=require", "postgres://u@h:5432/d?sslmode=require"),
            ("postgres://u:se/cret@h/d", "postgres://u@h/d"),
            ("postgresql://u@h/d?password=secret&a=b", "postgresql://u@h/d?a=b"),
            ("postgres://h/d?sslpassword=secret", "postgres://h/d"),
            ("postgres://h", "postgres://h"),
        ] {
            assert_eq!(shown(url), expected);
            assert_eq!(format!("{:?}", url.parse::<Place>().unwrap()), expected);
        }
        let odd = "postgres://u:se?cret@h/d";
        assert!(!shown(odd).contains("cret"), "{}", shown(odd));
    }

    #[test]
    fn knows_folders_files_and_urls() {
        let folder = tempfile::TempDir::new().unwrap();
        let file = folder.path().join("file");
        std::fs::write(&file, " postgres://u:secret@h/d\n").unwrap();
        let text = |path: &Path| path.to_str().unwrap().to_owned();
        assert_eq!(text(folder.path()).parse(), Ok(Place::Folder(folder.path().into())));
        assert_eq!(text(&file).parse(), Ok(Place::File(file.clone())));
        let held: Place = format!("@{}", text(&file)).parse().unwrap();
        assert_eq!(held, Place::Database("postgres://u:secret@h/d".into()));
        assert!("@nowhere".parse::<Place>().unwrap_err().contains("nowhere"));
    }
}
