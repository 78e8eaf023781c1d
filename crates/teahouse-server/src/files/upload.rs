//! Files that come in: a piece is on the disk before it counts, whatever becomes of the request that brings it.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use teahouse_protocol::frame::Error;
use teahouse_protocol::{ErrorCode, File, FileId, UserId};

use super::place::Place;
use super::{Files, Part, UNTIL_MS, kind, name, picture, refusal};
use crate::clock::unix_ms;
use crate::store::files::{self, Begun, NewUpload, Upload};

/// Bytes of a piece.
const PIECE_BYTES: usize = 4 << 20;
/// How long nothing may come; what came is kept.
const STALL: Duration = Duration::from_secs(30);

/// Bytes as a request brings them; an error is its end.
pub type Incoming = BoxStream<'static, Result<Bytes, axum::Error>>;

impl Files {
    /// Remembers a file that is to come.
    ///
    /// # Errors
    /// `too_large`, `quota`, or the store's code.
    pub async fn begin(&self, by: UserId, given: &str, alt: &str, bytes: u64) -> Result<Upload, Error> {
        self.place()?;
        let limits = self.limits();
        if bytes > limits.file {
            let said = format!("A file has at most {} MiB here.", limits.file >> 20);
            return Err(Error::new(None, ErrorCode::TooLarge, said));
        }
        let (id, at) = (FileId::from_bytes(rand::random()), unix_ms());
        let (name, alt, until) = (name::clean(given), name::alt(alt), at + UNTIL_MS);
        let new = NewUpload { id, by, name: name.clone(), alt: alt.clone(), bytes, at, until };
        let said = match files::begin(&*self.store, new, limits.quota).await? {
            Begun::Yes => {
                return Ok(Upload {
                    id,
                    by,
                    name,
                    alt,
                    bytes,
                    received: 0,
                    about: None,
                    until: Some(until),
                    place: None,
                });
            }
            Begun::PersonFull => "You have as many files here as one person may. Delete some first.",
            Begun::HouseFull => "This house has as many files as it may.",
        };
        Err(Error::new(None, ErrorCode::Quota, said))
    }

    /// A file of theirs, as far as it has come.
    ///
    /// # Errors
    /// `not_found`, or the store's code.
    pub async fn upload(&self, by: UserId, id: FileId) -> Result<Upload, Error> {
        let found = files::find(&*self.store, id).await?;
        found.filter(|upload| upload.by == by).ok_or_else(not_found)
    }

    /// Takes what comes of a file from there on, as much as does come, and says how far it is then. When it is
    /// whole it is looked at.
    ///
    /// # Errors
    /// `out_of_order` if it does not go on there, `too_large` if more comes than was announced, `not_found`, or the
    /// store's code.
    pub async fn receive(&self, by: UserId, id: FileId, from: u64, body: Incoming) -> Result<Upload, Error> {
        let turn = self.turn(id);
        turn.newest.send_modify(|newest| *newest += 1);
        let mut newer = turn.newest.subscribe();
        let _held = turn.held.clone().lock_owned().await;
        let _place = self.incoming.acquire().await.map_err(|_| not_found())?;
        let upload = self.upload(by, id).await?;
        if upload.about.is_some() && from == upload.bytes {
            return Ok(upload);
        }
        if upload.about.is_some() || from != upload.received {
            let said = format!("This file goes on at byte {}.", upload.received);
            return Err(Error::new(None, ErrorCode::OutOfOrder, said));
        }
        let place = self.place()?;
        let mut pieces = Pieces { place, files: self, upload, gathered: BytesMut::new() };
        pieces.take(body, &mut newer).await?;
        let upload = pieces.upload;
        if upload.received < upload.bytes { Ok(upload) } else { self.finish(upload).await }
    }

    /// Looks at a file that is whole and has not been looked at; else says how far it is.
    ///
    /// # Errors
    /// `not_found`, or the store's code.
    pub async fn about(&self, by: UserId, id: FileId) -> Result<Upload, Error> {
        let upload = self.upload(by, id).await?;
        if upload.about.is_some() || upload.received < upload.bytes {
            return Ok(upload);
        }
        // The node that took the last piece died before it was done, or is at it.
        let turn = self.turn(id);
        let _held = turn.held.clone().lock_owned().await;
        let upload = self.upload(by, id).await?;
        if upload.about.is_some() { Ok(upload) } else { self.finish(upload).await }
    }

    /// Says what an image shows.
    ///
    /// # Errors
    /// `not_found` if it is not theirs or a message carries it, or the store's code.
    pub async fn describe(&self, by: UserId, id: FileId, alt: &str) -> Result<Upload, Error> {
        let turn = self.turn(id);
        let _held = turn.held.clone().lock_owned().await;
        let mut upload = self.upload(by, id).await?;
        upload.alt = name::alt(alt);
        if let Some(about) = &mut upload.about {
            about.alt.clone_from(&upload.alt);
        }
        let described = files::describe(&*self.store, id, upload.alt.as_deref(), upload.about.as_ref());
        if described.await? { Ok(upload) } else { Err(not_found()) }
    }

    /// Takes a file back that no message carries.
    ///
    /// # Errors
    /// `not_found`, or the store's code.
    pub async fn take_back(&self, by: UserId, id: FileId) -> Result<(), Error> {
        let turn = self.turn(id);
        turn.newest.send_modify(|newest| *newest += 1);
        if !files::take_back(&*self.store, id, by).await? {
            return Err(not_found());
        }
        self.wake();
        Ok(())
    }

    async fn finish(&self, upload: Upload) -> Result<Upload, Error> {
        let (id, place) = (upload.id, self.place()?);
        let about = self.look(place, &upload).await.map_err(|error| refusal(&error))?;
        if !files::whole(&*self.store, &about).await? {
            // Another node was faster, or it was taken back.
            return self.upload(upload.by, id).await;
        }
        // What is left of it goes later if it cannot go now.
        if place.remove_pieces(id).await.is_ok() {
            files::in_one_piece(&*self.store, id).await?;
        }
        Ok(Upload { bytes: about.bytes, received: 0, about: Some(about), ..upload })
    }

    /// Puts it together, and says what it is.
    async fn look(&self, place: &Place, upload: &Upload) -> Result<File, object_store::Error> {
        let pieces = place.pieces(upload.id, upload.bytes).await?;
        let head = match pieces.first() {
            Some(first) => place.read_piece(first).await?,
            None => Bytes::new(),
        };
        let kind = kind::of(&head[..head.len().min(kind::HEAD_BYTES)]);
        let Upload { id, name, alt, bytes, .. } = upload.clone();
        let plain = File { id, name, kind: kind.into(), bytes, size: None, alt, thumb: None, seconds: None };
        if kind::is_picture(kind) && bytes <= picture::BYTES_MAX {
            let mut all = Vec::with_capacity(usize::try_from(bytes).unwrap_or(0));
            for piece in &pieces {
                all.extend(place.read_piece(piece).await?);
            }
            if let Some(seen) = picture::look(kind, all).await {
                let (kind, bytes) = (seen.kind.to_owned(), seen.bytes.len() as u64);
                let thumb = seen.thumb.as_ref().map(|(_, size)| *size);
                place.keep(id, Part::Whole, seen.bytes.into()).await?;
                if let Some((small, _)) = seen.thumb {
                    place.keep(id, Part::Thumb, small.into()).await?;
                }
                return Ok(File { kind, bytes, size: Some(seen.size), thumb, ..plain });
            }
        }
        place.put_together(id, &pieces).await?;
        Ok(plain)
    }
}

/// What has come, and what of it is not kept yet.
struct Pieces<'f> {
    files: &'f Files,
    place: &'f Place,
    upload: Upload,
    gathered: BytesMut,
}

impl Pieces<'_> {
    async fn take(
        &mut self,
        mut body: Incoming,
        newer: &mut tokio::sync::watch::Receiver<u64>,
    ) -> Result<(), Error> {
        loop {
            let next = tokio::select! {
                next = tokio::time::timeout(STALL, body.next()) => next,
                // Its client has come back by another connection.
                _ = newer.changed() => return self.keep().await,
            };
            // However it ends, what came is kept.
            let Ok(Some(Ok(bytes))) = next else { return self.keep().await };
            self.gathered.extend_from_slice(&bytes);
            let announced = self.upload.bytes - self.upload.received;
            if self.gathered.len() as u64 > announced {
                let said = format!("This file was announced with {} bytes.", self.upload.bytes);
                return Err(Error::new(None, ErrorCode::TooLarge, said));
            }
            if self.gathered.len() >= PIECE_BYTES {
                self.keep().await?;
            }
        }
    }

    async fn keep(&mut self) -> Result<(), Error> {
        if self.gathered.is_empty() {
            return Ok(());
        }
        let (id, before, piece) = (self.upload.id, self.upload.received, self.gathered.split().freeze());
        let now = before + piece.len() as u64;
        self.place.keep_piece(id, before, piece).await.map_err(|error| refusal(&error))?;
        let until = unix_ms() + UNTIL_MS;
        if !files::received(&*self.files.store, id, before, now, until).await? {
            // Another node has it now, or it was taken back.
            return Err(Error::new(None, ErrorCode::OutOfOrder, "This file goes on elsewhere."));
        }
        self.upload.received = now;
        self.upload.until = Some(until);
        Ok(())
    }
}

/// There is no such file, or it is not theirs.
pub(crate) fn not_found() -> Error {
    Error::new(None, ErrorCode::NotFound, "There is no such file.")
}
