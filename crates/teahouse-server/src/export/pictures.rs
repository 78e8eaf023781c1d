//! The pictures of an export's page: small, and inside it, so that it shows them wherever it is opened. Other files
//! stay in the house.

use std::collections::HashMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures_util::TryStreamExt;
use teahouse_protocol::{Event, File, FileId};

use crate::files::{Files, Part, kind};

/// A picture that has no small one has fewer bytes than that.
const BYTES_MAX: u64 = 256 << 10;

/// What the page shows of some files: addresses that hold the picture itself (RFC 2397).
pub(super) type Pictures = HashMap<FileId, String>;

/// The pictures that a message carries. One that cannot be read is shown by its name alone.
pub(super) async fn of(files: &Files, message: &Event) -> Pictures {
    let mut pictures = Pictures::new();
    for file in message.body.files.iter().filter_map(|carried| carried.file()) {
        let Some(part) = part(file) else { continue };
        match read(files, file.id, part).await {
            Ok(address) => _ = pictures.insert(file.id, address),
            Err(error) => tracing::debug!(file.id = %file.id, "a picture cannot be taken along: {error:#}"),
        }
    }
    pictures
}

/// What is shown of a file; nothing if it is no picture.
fn part(file: &File) -> Option<Part> {
    let is_picture = file.size.is_some() && kind::is_picture(&file.kind);
    match file.thumb {
        _ if !is_picture => None,
        Some(_) => Some(Part::Thumb),
        None => (file.bytes <= BYTES_MAX).then_some(Part::Whole),
    }
}

async fn read(files: &Files, id: FileId, part: Part) -> anyhow::Result<String> {
    let place = files.place().map_err(|error| anyhow::anyhow!("{}", error.message))?;
    let pieces: Vec<_> = place.read(id, part, None).await?.try_collect().await?;
    let bytes = pieces.concat();
    Ok(format!("data:{};base64,{}", kind::of(&bytes), STANDARD.encode(&bytes)))
}
