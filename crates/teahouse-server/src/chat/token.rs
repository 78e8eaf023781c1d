//! The token that makes one the same person again: a file for each house, readable by its owner only.

use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use anyhow::Context;
use teahouse_client::Address;

/// Where the token of one house is kept.
#[derive(Debug)]
pub(super) struct TokenFile {
    path: PathBuf,
}

impl TokenFile {
    /// The file for that house; none for a user without a home.
    pub(super) fn of(address: &Address) -> Option<Self> {
        let set = |name| std::env::var_os(name).filter(|it| !it.is_empty()).map(PathBuf::from);
        // XDG Base Directory: a relative path is to be ignored.
        let config = set("XDG_CONFIG_HOME").filter(|path| path.is_absolute());
        let config = config.or_else(|| Some(set("HOME")?.join(".config")))?;
        Some(Self::under(&config, address))
    }

    fn under(config: &Path, address: &Address) -> Self {
        let name: String = address
            .authority()
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() || matches!(c, '.' | '-') { c } else { '_' })
            .collect();
        Self { path: config.join("teahouse").join("tokens").join(name) }
    }

    /// What was kept, if anything was.
    pub(super) fn read(&self) -> anyhow::Result<Option<String>> {
        match fs::read_to_string(&self.path) {
            Ok(token) => Ok(Some(token.trim().to_owned()).filter(|token| !token.is_empty())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error)
                .with_context(|| format!("Cannot read your token in {self}; --guest does without it.")),
        }
    }

    /// Keeps a token: whole or not at all, and never readable by others, not even for a moment.
    pub(super) fn write(&self, token: &str) -> io::Result<()> {
        let folder = self.path.parent().expect("the path ends with the house's name");
        fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        let mut new = self.path.clone().into_os_string();
        new.push(format!(".{}.new", std::process::id()));
        let new = PathBuf::from(new);
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&new)?;
        writeln!(file, "{token}")?;
        file.sync_all()?;
        fs::rename(new, &self.path)
    }
}

impl fmt::Display for TokenFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.path.display().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn keeps_one_token_for_each_house() {
        let config = tempfile::tempdir().unwrap();
        let of = |url| TokenFile::under(config.path(), &Address::parse(url).unwrap());
        let (here, there) = (of("http://h:1/r/1024"), of("http://[::1]:2"));
        assert_eq!(here.read().unwrap(), None);
        here.write("first").unwrap();
        here.write("second").unwrap();
        there.write("other").unwrap();
        assert_eq!(here.read().unwrap().as_deref(), Some("second"));
        assert_eq!(there.read().unwrap().as_deref(), Some("other"));
        let folder = config.path().join("teahouse/tokens");
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&folder), mode(&here.path)), (0o700, 0o600));
        assert_eq!(fs::read_dir(folder).unwrap().count(), 2);
    }
}
