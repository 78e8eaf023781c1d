//! Files on their way out: to who may read the message that carries one, or who sent it. Whatever a file is, it
//! runs nowhere: only what is known to be harmless is shown in a page, the rest is only ever kept.

use std::ops::Range;

use axum::body::Body;
use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use teahouse_protocol::{File, FileId};

use super::Refused;
use super::caller::{Caller, refused};
use super::rooms::answer;
use super::uploads::file_id;
use crate::files::{self, Part, Reading, kind, not_found};

/// A file never changes under its id.
const CACHED: HeaderValue = HeaderValue::from_static("private, max-age=31536000, immutable");
const POLICY: HeaderValue = HeaderValue::from_static("sandbox; default-src 'none'");

pub(super) async fn whole(caller: Caller, path: Result<Path<(String, String)>, PathRejection>) -> Response {
    answer(async {
        let (id, file) = readable(&caller, file_id(path.map(|Path((id, _))| Path(id)))).await?;
        let is_shown = kind::is_shown(&file.kind, file.size.is_some());
        let mut headers = headers(if is_shown { &file.kind } else { kind::BYTES }, id, "");
        headers.insert(header::CONTENT_DISPOSITION, disposition(is_shown, &file.name));
        headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
        if is_known(&caller.headers, &headers) {
            return Ok((StatusCode::NOT_MODIFIED, headers).into_response());
        }
        let range = match range(&caller.headers, &headers, file.bytes) {
            Asked::All => None,
            Asked::Some(range) => Some(range),
            Asked::Nothing => {
                let all = HeaderValue::try_from(format!("bytes */{}", file.bytes)).expect("digits");
                let headers = [(header::CONTENT_RANGE, all)];
                return Ok((StatusCode::RANGE_NOT_SATISFIABLE, headers).into_response());
            }
        };
        let status = match &range {
            Some(Range { start, end }) => {
                let said = format!("bytes {start}-{}/{}", end - 1, file.bytes);
                headers.insert(header::CONTENT_RANGE, HeaderValue::try_from(said).expect("digits"));
                StatusCode::PARTIAL_CONTENT
            }
            None => StatusCode::OK,
        };
        let length = range.as_ref().map_or(file.bytes, |range| range.end - range.start);
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
        let reading = read(&caller, id, Part::Whole, range).await?;
        Ok((status, headers, Body::from_stream(reading)).into_response())
    })
    .await
}

pub(super) async fn thumb(caller: Caller, id: Result<Path<String>, PathRejection>) -> Response {
    answer(async {
        let (id, file) = readable(&caller, file_id(id)).await?;
        if file.thumb.is_none() {
            return Err(refused(not_found()));
        }
        let mut headers = headers(kind::BYTES, id, "-thumb");
        headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static("inline"));
        if is_known(&caller.headers, &headers) {
            return Ok((StatusCode::NOT_MODIFIED, headers).into_response());
        }
        let mut reading = read(&caller, id, Part::Thumb, None).await?;
        // Which of two kinds it is says its beginning.
        let first = match reading.next().await {
            Some(first) => first.map_err(|error| refused(files::refusal(&error)))?,
            None => return Err(refused(not_found())),
        };
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind::of(&first)));
        let body = futures_util::stream::iter([Ok(first)]).chain(reading);
        Ok((StatusCode::OK, headers, Body::from_stream(body)).into_response())
    })
    .await
}

/// A file that whoever asks may read; to everybody else it is not there.
async fn readable(caller: &Caller, id: Result<FileId, Refused>) -> Result<(FileId, File), Refused> {
    let (node, reader, id) = (&caller.node, caller.reader().await?, id?);
    let none = || refused(not_found());
    let upload = crate::store::files::find(&*node.store, id).await.map_err(refused)?.ok_or_else(none)?;
    let about = upload.about.ok_or_else(none)?;
    let Some((room, seq)) = upload.place else {
        // Nobody else has seen it.
        return reader.filter(|reader| reader.id == upload.by).map(|_| (id, about)).ok_or_else(none);
    };
    // Whoever has the message from another node may be quicker than this one.
    node.rooms.reaches(&room, seq).await.map_err(refused)?;
    let readable = node
        .readable(&room, reader.as_ref(), None)
        .await
        .map_err(|error| if error.code.status() == 503 { refused(error) } else { none() })?;
    Some((id, about)).filter(|_| readable.contains(&seq)).ok_or_else(none)
}

async fn read(
    caller: &Caller,
    id: FileId,
    part: Part,
    range: Option<Range<u64>>,
) -> Result<Reading, Refused> {
    let place = caller.node.files.place().map_err(refused)?;
    place.read(id, part, range).await.map_err(|error| match error {
        object_store::Error::NotFound { .. } => {
            tracing::error!(file.id = %id, "the bytes of a file are missing; restore them from a backup");
            refused(not_found())
        }
        error => refused(files::refusal(&error)),
    })
}

fn headers(kind: &str, id: FileId, part: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let tag = HeaderValue::try_from(format!("\"{id}{part}\"")).expect("digits are fit for a header");
    headers.insert(header::ETAG, tag);
    headers.insert(header::CONTENT_TYPE, HeaderValue::try_from(kind).unwrap_or(BYTES));
    headers.insert(header::CACHE_CONTROL, CACHED);
    headers.insert(header::CONTENT_SECURITY_POLICY, POLICY);
    headers
}

const BYTES: HeaderValue = HeaderValue::from_static(kind::BYTES);

/// Whether the client has it already.
fn is_known(asked: &HeaderMap, ours: &HeaderMap) -> bool {
    let tags = asked.get(header::IF_NONE_MATCH).and_then(|tags| tags.to_str().ok()).unwrap_or_default();
    let ours = ours.get(header::ETAG).and_then(|tag| tag.to_str().ok()).unwrap_or_default();
    tags.split(',').map(|tag| tag.trim().trim_start_matches("W/")).any(|tag| tag == ours || tag == "*")
}

/// Shown or only kept, and its name (RFC 6266, RFC 8187).
fn disposition(is_shown: bool, name: &str) -> HeaderValue {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$&+-.^_`|~".contains(&byte);
    let escaped = |byte: u8| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    let escaped: String = name.bytes().map(escaped).collect();
    let how = if is_shown { "inline" } else { "attachment" };
    let said = format!("{how}; filename*=UTF-8''{escaped}");
    HeaderValue::try_from(said).unwrap_or_else(|_| HeaderValue::from_static("attachment"))
}

/// What of it is asked for.
#[derive(Debug, PartialEq, Eq)]
enum Asked {
    All,
    Some(Range<u64>),
    /// Nothing that there is.
    Nothing,
}

/// One range of bytes (RFC 9110, 14); several, or what is not understood, is all of it.
fn range(asked: &HeaderMap, ours: &HeaderMap, bytes: u64) -> Asked {
    if asked.get(header::IF_RANGE).is_some_and(|tag| Some(tag) != ours.get(header::ETAG)) {
        return Asked::All;
    }
    let given = asked.get(header::RANGE).and_then(|range| range.to_str().ok());
    let Some((first, last)) = given.and_then(|range| range.strip_prefix("bytes=")?.split_once('-')) else {
        return Asked::All;
    };
    let range = match (first.trim().parse::<u64>(), last.trim().parse::<u64>()) {
        (Ok(first), Ok(last)) if first <= last => first..last.saturating_add(1).min(bytes),
        (Ok(first), Err(_)) if last.trim().is_empty() => first..bytes,
        (Err(_), Ok(last)) if first.trim().is_empty() => bytes.saturating_sub(last)..bytes,
        _ => return Asked::All,
    };
    if range.start < range.end { Asked::Some(range) } else { Asked::Nothing }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_read_as_it_is_meant() {
        let cases = [
            ("bytes=0-4", Asked::Some(0..5)),
            ("bytes=5-", Asked::Some(5..10)),
            ("bytes=-3", Asked::Some(7..10)),
            ("bytes=8-99", Asked::Some(8..10)),
            ("bytes=10-", Asked::Nothing),
            ("bytes=-0", Asked::Nothing),
            ("bytes=4-2", Asked::All),
            ("bytes=0-1,3-4", Asked::All),
            ("lines=1-2", Asked::All),
        ];
        for (given, expected) in cases {
            let mut asked = HeaderMap::new();
            asked.insert(header::RANGE, HeaderValue::from_static(given));
            assert_eq!(range(&asked, &HeaderMap::new(), 10), expected, "{given}");
        }
    }

    #[test]
    fn a_name_travels_in_a_header() {
        let said = disposition(true, "春节 \"合影\".jpg");
        assert_eq!(said, "inline; filename*=UTF-8''%E6%98%A5%E8%8A%82%20%22%E5%90%88%E5%BD%B1%22.jpg");
    }
}
