//! Where the bytes of files are, and how large files may be.

use std::path::PathBuf;

use super::{Checks, Given, Secret};
use crate::files::Limits;
use crate::store::files::Quota;

/// Where the bytes of files are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FilesIn {
    /// In a folder.
    Folder(PathBuf),
    /// In a bucket of an S3-compatible store, which all nodes share.
    Bucket(Bucket),
    /// Nowhere that all nodes share: nobody can send files.
    Nowhere,
}

/// A bucket of an S3-compatible store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bucket {
    /// What it is called.
    pub name: String,
    /// Where the store is, if it is not Amazon's: a URL.
    pub endpoint: Option<String>,
    /// Where the bucket is.
    pub region: String,
    /// What stands before the names of its objects.
    pub prefix: String,
    /// Which key is shown.
    pub key_id: String,
    /// What it is signed with.
    pub secret: Secret,
}

impl Checks {
    pub(super) fn files(&mut self, given: &Given) -> FilesIn {
        let Some(name) = given.files_s3_bucket.clone() else {
            let lonely = [
                ("files_s3_endpoint", given.files_s3_endpoint.is_some()),
                ("files_s3_key_id", given.files_s3_key_id.is_some()),
                ("files_s3_secret", given.files_s3_secret.is_some() || given.files_s3_secret_file.is_some()),
            ];
            for (key, _) in lonely.iter().filter(|(_, is_given)| *is_given) {
                self.0.push(format!("{key} is given, but files_s3_bucket is not: which bucket?"));
            }
            return match &given.files {
                Some(folder) => FilesIn::Folder(folder.clone()),
                // Each node would have a folder of its own, and half of the files.
                None if given.nats.is_some() => FilesIn::Nowhere,
                None => FilesIn::Folder(given.data.clone().unwrap_or_else(|| "data".into()).join("files")),
            };
        };
        if given.files.is_some() {
            self.0.push("files and files_s3_bucket say where files are: give one of them".into());
        }
        let is_url = |url: &String| ["http://", "https://"].iter().any(|scheme| url.starts_with(scheme));
        if let Some(endpoint) = given.files_s3_endpoint.as_ref().filter(|url| !is_url(url)) {
            self.0.push(format!(
                "files_s3_endpoint is {endpoint:?}; expected a URL such as https://s3.example.org"
            ));
        }
        let key_id = given.files_s3_key_id.clone().unwrap_or_default();
        let secret = self.s3_secret(given);
        if key_id.is_empty() || secret.0.is_empty() {
            self.0.push(
                "files_s3_bucket needs files_s3_key_id and files_s3_secret, or files_s3_secret_file".into(),
            );
        }
        let or = |given: &Option<String>, default: &str| given.clone().unwrap_or_else(|| default.into());
        FilesIn::Bucket(Bucket {
            name,
            endpoint: given.files_s3_endpoint.clone(),
            region: or(&given.files_s3_region, "us-east-1"),
            prefix: or(&given.files_s3_prefix, ""),
            key_id,
            secret,
        })
    }

    fn s3_secret(&mut self, given: &Given) -> Secret {
        match (&given.files_s3_secret, &given.files_s3_secret_file) {
            (Some(_), Some(_)) => {
                self.0.push("files_s3_secret and files_s3_secret_file say the same: give one".into());
                Secret::default()
            }
            (None, Some(path)) => std::fs::read_to_string(path).map_or_else(
                |error| {
                    self.0.push(format!("files_s3_secret_file {} cannot be read: {error}", path.display()));
                    Secret::default()
                },
                |text| Secret(text.trim().to_owned()),
            ),
            (secret, None) => secret.clone().unwrap_or_default(),
        }
    }

    pub(super) fn file_limits(&mut self, given: &Given) -> Limits {
        const MIB_MAX: u32 = 1 << 30;
        let file = self.number("file_bytes_max", given.file_bytes_max, 50 << 20, 1_024..=u32::MAX);
        let person =
            self.number("files_per_person_mib_max", given.files_per_person_mib_max, 1_024, 1..=MIB_MAX);
        let house = self.number("files_mib_max", given.files_mib_max, 20_480, 1..=MIB_MAX);
        let quota = Quota { person: u64::from(person) << 20, house: u64::from(house) << 20 };
        Limits { file: file.into(), quota }
    }
}
