//! Where the bytes of files are: a folder, or a bucket of an S3-compatible store. What is written is on the disk,
//! or with the store, when it is answered. It knows nothing of who may read what.

use std::ops::Range;
use std::path::Path as Folder;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::stream::BoxStream;
use futures_util::{StreamExt, TryStreamExt};
use object_store::aws::AmazonS3Builder;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{
    ClientOptions, Error, GetOptions, ObjectStore, ObjectStoreExt as _, PutPayload, WriteMultipart,
};
use teahouse_protocol::FileId;

use crate::config::Bucket;

/// Bytes of one part that is written to a bucket, which takes no smaller ones (S3: 5 MiB).
const PART_BYTES: usize = 8 << 20;
/// Parts that are on their way at once.
const PARTS: usize = 2;

/// What there is of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// All of it.
    Whole,
    /// A small image of it.
    Thumb,
}

/// A part that came by itself, and its place in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    path: Path,
    /// From where to where.
    pub range: Range<u64>,
}

/// What is read, piece by piece.
pub type Reading = BoxStream<'static, Result<Bytes, Error>>;

/// Where the bytes of files are.
#[derive(Debug, Clone)]
pub struct Place {
    store: Arc<dyn ObjectStore>,
    root: Path,
}

impl Place {
    /// A folder, which is made when the first file comes.
    #[must_use]
    pub fn folder(folder: &Folder) -> Self {
        let absolute = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
        let root = Path::from_absolute_path(absolute).unwrap_or_default();
        let store = LocalFileSystem::new().with_fsync(true).with_automatic_cleanup(true);
        Self { store: Arc::new(store), root }
    }

    /// A bucket.
    ///
    /// # Errors
    /// If what is known of it cannot be used.
    pub fn bucket(bucket: &Bucket) -> Result<Self, Error> {
        // Whoever was first has chosen the same.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(&bucket.name)
            .with_region(&bucket.region)
            .with_access_key_id(&bucket.key_id)
            .with_secret_access_key(&bucket.secret.0)
            .with_client_options(ClientOptions::new().with_allow_http(true));
        if let Some(endpoint) = &bucket.endpoint {
            builder = builder.with_endpoint(endpoint);
        }
        let store = builder.build()?;
        Ok(Self { store: Arc::new(store), root: Path::from(&*bucket.prefix) })
    }

    /// Writes, reads and removes something, so that what is missing is said at the start and not to people.
    ///
    /// # Errors
    /// What the place says.
    pub async fn check(&self) -> Result<(), Error> {
        let path = self.root.clone().join(format!("check-{:08x}", rand::random::<u32>()));
        self.store.put(&path, PutPayload::from_static(b"teahouse")).await?;
        self.store.get(&path).await?.bytes().await?;
        self.store.delete(&path).await
    }

    /// Keeps what came of a file, from there on.
    ///
    /// # Errors
    /// What the place says; then nothing is kept.
    pub async fn keep_piece(&self, id: FileId, from: u64, bytes: Bytes) -> Result<(), Error> {
        let to = from + bytes.len() as u64;
        // Two requests that bring the same file at once write two pieces, and not each other's.
        let path = self.of(id).join("parts").join(format!("{from:016}-{to:016}"));
        self.store.put(&path, bytes.into()).await.map(drop)
    }

    /// What came of a file up to there, in order, each byte once.
    ///
    /// # Errors
    /// What the place says, or that something is missing.
    pub async fn pieces(&self, id: FileId, bytes: u64) -> Result<Vec<Piece>, Error> {
        let parts = self.of(id).join("parts");
        let all: Vec<_> = self.store.list(Some(&parts)).try_collect().await?;
        let piece = |path: Path| {
            let (from, to) = path.filename()?.split_once('-')?;
            let range = from.parse().ok()?..to.parse().ok()?;
            Some(Piece { path, range })
        };
        let all: Vec<Piece> = all.into_iter().filter_map(|meta| piece(meta.location)).collect();
        let (mut pieces, mut at) = (Vec::new(), 0);
        while at < bytes {
            let next = all.iter().filter(|one| one.range.contains(&at)).max_by_key(|one| one.range.end);
            let next = next.ok_or_else(|| Error::NotFound {
                path: parts.to_string(),
                source: format!("no piece has byte {at}").into(),
            })?;
            pieces.push(Piece { path: next.path.clone(), range: at..next.range.end.min(bytes) });
            at = next.range.end;
        }
        Ok(pieces)
    }

    /// The bytes of a piece that are its own.
    ///
    /// # Errors
    /// What the place says.
    pub async fn read_piece(&self, piece: &Piece) -> Result<Bytes, Error> {
        let start = piece.path.filename().and_then(|name| name.split_once('-')?.0.parse().ok()).unwrap_or(0);
        let range = piece.range.start - start..piece.range.end - start;
        self.store.get_range(&piece.path, range).await
    }

    /// Keeps a part of a file.
    ///
    /// # Errors
    /// What the place says; then nothing is kept.
    pub async fn keep(&self, id: FileId, part: Part, bytes: Bytes) -> Result<(), Error> {
        self.store.put(&self.part(id, part), bytes.into()).await.map(drop)
    }

    /// Keeps a file that came in these pieces, a few of them in memory at a time.
    ///
    /// # Errors
    /// What the place says; then nothing is kept.
    pub async fn put_together(&self, id: FileId, pieces: &[Piece]) -> Result<(), Error> {
        let path = self.part(id, Part::Whole);
        if pieces.iter().map(|piece| piece.range.end - piece.range.start).sum::<u64>() <= PART_BYTES as u64 {
            let mut all = Vec::new();
            for piece in pieces {
                all.push(self.read_piece(piece).await?);
            }
            return self.store.put(&path, all.into_iter().collect()).await.map(drop);
        }
        let upload = self.store.put_multipart(&path).await?;
        let mut writing = WriteMultipart::new_with_chunk_size(upload, PART_BYTES);
        for piece in pieces {
            let bytes = match self.read_piece(piece).await {
                Ok(bytes) => bytes,
                Err(error) => {
                    writing.abort().await?;
                    return Err(error);
                }
            };
            writing.wait_for_capacity(PARTS).await?;
            writing.put(bytes);
        }
        writing.finish().await.map(drop)
    }

    /// What is kept of a file, within that range.
    ///
    /// # Errors
    /// What the place says.
    pub async fn read(&self, id: FileId, part: Part, range: Option<Range<u64>>) -> Result<Reading, Error> {
        let options = GetOptions { range: range.map(Into::into), ..GetOptions::default() };
        Ok(self.store.get_opts(&self.part(id, part), options).await?.into_stream())
    }

    /// Takes the pieces away that a file came in.
    ///
    /// # Errors
    /// What the place says.
    pub async fn remove_pieces(&self, id: FileId) -> Result<(), Error> {
        self.remove_below(self.of(id).join("parts")).await
    }

    /// Takes everything of a file away; also if nothing is there.
    ///
    /// # Errors
    /// What the place says.
    pub async fn remove(&self, id: FileId) -> Result<(), Error> {
        self.remove_below(self.of(id)).await
    }

    async fn remove_below(&self, path: Path) -> Result<(), Error> {
        let found = self.store.list(Some(&path)).map_ok(|meta| meta.location).boxed();
        let removed = self.store.delete_stream(found).filter(|removed| {
            let is_gone = matches!(removed, Err(Error::NotFound { .. }));
            std::future::ready(!is_gone)
        });
        removed.try_for_each(|_| std::future::ready(Ok(()))).await
    }

    fn part(&self, id: FileId, part: Part) -> Path {
        self.of(id).join(match part {
            Part::Whole => "whole",
            Part::Thumb => "thumb",
        })
    }

    /// Two digits more, so that no folder has too many others.
    fn of(&self, id: FileId) -> Path {
        let name = id.to_string();
        self.root.clone().join(&name[..2]).join(name)
    }
}
