//! Files on their way in: uploads that go on where they broke (tus 1.0.0: the core, creation, termination,
//! expiration). What is decided here is only how it is asked and answered.

use std::time::{Duration, UNIX_EPOCH};

use axum::body::Body;
use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures_util::StreamExt;
use serde::Deserialize;
use serde_json::json;
use teahouse_protocol::frame::Error;
use teahouse_protocol::{ErrorCode, FileId};

use super::caller::{Caller, refused, told};
use super::rooms::{answer, done};
use super::{Given, Refused, refusal};
use crate::error::bad_field;
use crate::files::not_found;
use crate::store::files::{Upload, bytes_of};

/// The version of tus that is spoken.
const TUS: HeaderName = HeaderName::from_static("tus-resumable");
const VERSION: HeaderValue = HeaderValue::from_static("1.0.0");
const LENGTH: HeaderName = HeaderName::from_static("upload-length");
const OFFSET: HeaderName = HeaderName::from_static("upload-offset");
const EXPIRES: HeaderName = HeaderName::from_static("upload-expires");
const METADATA: HeaderName = HeaderName::from_static("upload-metadata");

/// What an address names.
type InPath = Result<Path<String>, PathRejection>;

/// How large files may be, and how much of it one has.
pub(super) async fn limits(caller: Caller) -> Response {
    answer(async {
        let someone = caller.acting().await?;
        let files = &caller.node.files;
        let limits = files.limits();
        let bytes = bytes_of(&*caller.node.store, someone.id).await.map_err(refused)?;
        let mine = json!({ "bytes": bytes, "bytes_max": limits.quota.person });
        let mut response = told(
            StatusCode::OK,
            &json!({ "open": files.is_open(), "file_bytes_max": limits.file, "mine": mine }),
        );
        let headers = response.headers_mut();
        headers.insert("tus-version", VERSION);
        headers.insert("tus-extension", HeaderValue::from_static("creation,termination,expiration"));
        headers.insert("tus-max-size", HeaderValue::from(limits.file));
        Ok(response)
    })
    .await
}

pub(super) async fn begin(caller: Caller) -> Response {
    tus(&caller, async {
        let someone = caller.acting().await?;
        let bytes = number(&caller.headers, &LENGTH)?;
        let said = metadata(&caller.headers)?;
        let (name, alt) = (said("filename")?, said("alt")?);
        let files = &caller.node.files;
        let upload = files.begin(someone.id, &name, &alt, bytes).await.map_err(refused)?;
        let mut response = if bytes == 0 {
            // Nothing is to come.
            let upload = files.about(someone.id, upload.id).await.map_err(refused)?;
            with_state(told(StatusCode::CREATED, &upload.about), &upload)
        } else {
            with_state(StatusCode::CREATED.into_response(), &upload)
        };
        let place =
            HeaderValue::try_from(format!("/v1/files/{}", upload.id)).expect("digits are fit for a header");
        response.headers_mut().insert(header::LOCATION, place);
        Ok(response)
    })
    .await
}

/// How far it has come (asked with HEAD).
pub(super) async fn state(caller: Caller, id: InPath) -> Response {
    tus(&caller, async {
        let someone = caller.someone().await?;
        let upload = caller.node.files.upload(someone.id, file_id(id)?).await.map_err(refused)?;
        Ok(with_state(told(StatusCode::OK, &upload.about), &upload))
    })
    .await
}

pub(super) async fn receive(caller: Caller, id: InPath, body: Body) -> Response {
    tus(&caller, async {
        let someone = caller.someone().await?;
        let id = file_id(id)?;
        let kind = caller.headers.get(header::CONTENT_TYPE).map(HeaderValue::as_bytes);
        if kind != Some(b"application/offset+octet-stream") {
            let said = "Send content-type: application/offset+octet-stream.";
            return Err(other(StatusCode::UNSUPPORTED_MEDIA_TYPE, &bad_field("content-type", said)));
        }
        let from = number(&caller.headers, &OFFSET)?;
        let (files, body) = (caller.node.files.clone(), body.into_data_stream().boxed());
        // What came is kept, and looked at, also if the client is gone before the answer.
        let received = tokio::spawn(async move { files.receive(someone.id, id, from, body).await });
        let internal =
            |_| refused(Error::new(None, ErrorCode::Internal, "This file could not be looked at."));
        let upload = received.await.map_err(internal)?.map_err(refused)?;
        let answer = match &upload.about {
            Some(about) => told(StatusCode::OK, about),
            None => StatusCode::NO_CONTENT.into_response(),
        };
        Ok(with_state(answer, &upload))
    })
    .await
}

pub(super) async fn take_back(caller: Caller, id: InPath) -> Response {
    tus(&caller, async {
        let someone = caller.acting().await?;
        caller.node.files.take_back(someone.id, file_id(id)?).await.map_err(refused)?;
        Ok(StatusCode::NO_CONTENT.into_response())
    })
    .await
}

/// What everybody sees of a file that has come whole.
pub(super) async fn about(caller: Caller, id: InPath) -> Response {
    answer(async {
        let someone = caller.someone().await?;
        let upload = caller.node.files.about(someone.id, file_id(id)?).await.map_err(refused)?;
        Ok(told(StatusCode::OK, &upload.about.ok_or_else(|| refused(not_found()))?))
    })
    .await
}

#[derive(Deserialize)]
struct Alt {
    alt: String,
}

pub(super) async fn describe(caller: Caller, id: InPath, body: Given) -> Response {
    answer(async {
        let someone = caller.acting().await?;
        let given: Alt = caller.json(body)?;
        let files = &caller.node.files;
        let upload = files.describe(someone.id, file_id(id)?, &given.alt).await.map_err(refused)?;
        upload.about.as_ref().map_or_else(|| Ok(done()), |about| Ok(told(StatusCode::OK, about)))
    })
    .await
}

/// The file that an address names.
pub(super) fn file_id(id: InPath) -> Result<FileId, Refused> {
    id.ok().and_then(|Path(id)| id.parse().ok()).ok_or_else(|| refused(not_found()))
}

/// An answer of tus, to who speaks it.
async fn tus(caller: &Caller, work: impl Future<Output = Result<Response, Refused>>) -> Response {
    let spoken = caller.headers.get(&TUS);
    let mut response = if spoken.is_some_and(|version| version != VERSION) {
        *other(StatusCode::PRECONDITION_FAILED, &bad_field(TUS.as_str(), "Tus-Resumable is 1.0.0 here."))
    } else {
        answer(work).await
    };
    let headers = response.headers_mut();
    headers.insert(TUS, VERSION);
    headers.insert("tus-version", VERSION);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// With how far it has come.
fn with_state(mut response: Response, upload: &Upload) -> Response {
    let headers = response.headers_mut();
    let received = if upload.about.is_some() { upload.bytes } else { upload.received };
    headers.insert(LENGTH, HeaderValue::from(upload.bytes));
    headers.insert(OFFSET, HeaderValue::from(received));
    if let Some(until) = upload.until {
        let until = httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_millis(until));
        headers.insert(EXPIRES, HeaderValue::try_from(until).expect("a date is fit for a header"));
    }
    response
}

fn number(headers: &HeaderMap, name: &HeaderName) -> Result<u64, Refused> {
    let given = headers.get(name).and_then(|value| value.to_str().ok()).filter(|text| !text.starts_with('+'));
    let number = given.and_then(|text| text.parse().ok()).filter(|number| *number < 1 << 53);
    number.ok_or_else(|| refused(bad_field(name.as_str(), "Expected a number of bytes.")))
}

/// What the client says of the file: pairs of a key and a text in base64, with commas between them.
fn metadata(headers: &HeaderMap) -> Result<impl Fn(&str) -> Result<String, Refused>, Refused> {
    let unreadable = || refused(bad_field(METADATA.as_str(), "Expected KEY BASE64[,KEY BASE64]."));
    let given = headers.get(&METADATA).map(|value| value.to_str()).transpose().map_err(|_| unreadable())?;
    let pairs = given.unwrap_or_default().split(',').filter_map(|pair| pair.trim().split_once(' '));
    let pairs: Vec<(String, String)> = pairs.map(|(key, value)| (key.into(), value.trim().into())).collect();
    Ok(move |key: &str| {
        let Some((_, text)) = pairs.iter().find(|(given, _)| given == key) else { return Ok(String::new()) };
        let bytes = STANDARD.decode(text).map_err(|_| unreadable())?;
        String::from_utf8(bytes).map_err(|_| unreadable())
    })
}

/// A refusal with a status that its code does not have.
fn other(status: StatusCode, error: &Error) -> Refused {
    let mut response = refusal(error);
    *response.status_mut() = status;
    Box::new(response)
}
