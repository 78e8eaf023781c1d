//! `GET /v1/rooms/R/export`: a room as one page or as lines, for who may read it.

use axum::body::Body;
use axum::extract::Path;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use jiff::tz::TimeZone;
use serde::Deserialize;
use teahouse_core::rights::Action;
use teahouse_protocol::frame::Error;
use teahouse_protocol::{RoomId, UserId};

use super::Refused;
use super::caller::{Caller, refused};
use super::exchange::{self, Asked};
use super::rooms::answer;
use crate::clock::unix_ms;
use crate::error::{bad_field, zone};
use crate::export::{Form, Wish, export};
use crate::store::rooms;

/// The page may not load nor run anything, wherever it is opened.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox";

/// How it is wished.
#[derive(Debug, Deserialize)]
pub(super) struct How {
    form: Option<String>,
    /// The zone of its times, as `Asia/Shanghai`.
    zone: Option<String>,
}

pub(super) async fn room(caller: Caller, Path(room): Path<String>, how: Asked<How>) -> Response {
    answer(async {
        let how = exchange::query(how)?;
        let someone = caller.acting().await?;
        let node = caller.node.clone();
        let id = node.room_named(&room).await.map_err(refused)?;
        let person = someone.person();
        let (found, _) = node.subject_in(&id, Some(&person), Action::Read, None).await.map_err(refused)?;
        let form = form(how.form.as_deref()).map_err(refused)?;
        let zone =
            how.zone.as_deref().map_or(Ok(TimeZone::UTC), |given| zone("zone", given)).map_err(refused)?;
        // It reads a whole log: not again and again.
        node.people.may_export(someone.id, caller.address).map_err(refused)?;
        let language = caller.headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
        let chinese =
            language.is_some_and(|wished| wished.trim_start().to_ascii_lowercase().starts_with("zh"));
        let (now, room) = (found.now(), id.clone());
        let name = match now.direct {
            true => others(&caller, &id, person.id).await?,
            false => now.name.to_string(),
        };
        let topic = now.topic.to_string();
        let origin = caller.own_origin().unwrap_or_default();
        let wish = Wish { room, name, topic, person, form, chinese, origin, zone, at: unix_ms() };
        let (kind, ending) = match form {
            Form::Html => ("text/html; charset=utf-8", "html"),
            Form::Ndjson => ("application/x-ndjson", "ndjson"),
        };
        let headers = [
            (header::CONTENT_TYPE, kind.to_owned()),
            (header::CACHE_CONTROL, "no-store".to_owned()),
            (header::CONTENT_SECURITY_POLICY, POLICY.to_owned()),
            (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{id}.{ending}\"")),
        ];
        Ok((headers, Body::from_stream(export(node, wish))).into_response())
    })
    .await
}

/// A conversation is called after whom one has it with.
async fn others(caller: &Caller, room: &RoomId, asker: UserId) -> Result<String, Refused> {
    let members = rooms::members(&*caller.node.store, room).await.map_err(refused)?;
    let names = members.iter().filter(|member| member.person.id != asker).map(|member| &*member.person.name);
    Ok(names.collect::<Vec<_>>().join(", "))
}

fn form(given: Option<&str>) -> Result<Form, Error> {
    match given {
        None | Some("html") => Ok(Form::Html),
        Some("ndjson") => Ok(Form::Ndjson),
        Some(other) => Err(bad_field("form", format!("form is {other:?}; expected html or ndjson."))),
    }
}
