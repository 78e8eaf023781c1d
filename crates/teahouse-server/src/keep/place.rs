//! Where a house is: a data folder, a file that was made of one, or a PostgreSQL database.
//!
//! A place prints without its password.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::bail;

use crate::store::postgres::{BadDatabase, Database};

/// Where a house is. Its text has no password.
#[derive(Clone)]
pub enum Place {
    /// A data folder.
    Folder(PathBuf),
    /// One file of SQLite: a backup.
    File(PathBuf),
    /// A PostgreSQL database, or what is wrong with its URL: that is told when it is used, because whoever reads
    /// arguments repeats the ones that are wrong, with their passwords.
    Database(Box<Result<Database, BadDatabase>>),
}

/// A place that can be opened.
pub(super) enum At<'a> {
    Folder(&'a Path),
    File(&'a Path),
    Database(&'a Database),
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
    /// What is to be opened.
    ///
    /// # Errors
    /// What is wrong with the URL.
    pub(super) fn at(&self) -> anyhow::Result<At<'_>> {
        Ok(match self {
            Self::Folder(path) => At::Folder(path),
            Self::File(path) => At::File(path),
            Self::Database(database) => match &**database {
                Ok(database) => At::Database(database),
                Err(why) => bail!("the database URL cannot be used: {why}"),
            },
        })
    }

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
            return Self::Database(Box::new(text.parse()));
        }
        let path = Path::new(text);
        if path.is_file() { Self::File(path.into()) } else { Self::Folder(path.into()) }
    }
}

impl From<Database> for Place {
    fn from(database: Database) -> Self {
        Self::Database(Box::new(Ok(database)))
    }
}

impl PartialEq for Place {
    /// Whether they are the same place: their names are.
    fn eq(&self, other: &Self) -> bool {
        self.to_string() == other.to_string()
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(path) | Self::File(path) => write!(f, "{}", path.display()),
            Self::Database(database) => match &**database {
                Ok(database) => f.write_str(&database.shown()),
                Err(_) => f.write_str("a database"),
            },
        }
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
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
            ("postgres://u:secret@h/d", "postgres://u@h:5432/d"),
            ("postgresql://u@h/d?password=secret", "postgres://u@h:5432/d"),
            ("postgres://u:se@cret@h/d", "a database"),
            ("postgres://u:secret@h:port/d", "a database"),
        ] {
            assert_eq!(shown(url), expected);
            assert_eq!(format!("{:?}", url.parse::<Place>().unwrap()), expected);
        }
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
        assert_eq!(held.to_string(), "postgres://u@h:5432/d");
        assert!("@nowhere".parse::<Place>().unwrap_err().contains("nowhere"));
    }
}
