//! Reports over HTTP: telling the moderators of a message, their queue, and what they decide.

use axum::extract::{Path, RawQuery};
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::json;
use teahouse_protocol::{Body, Cid, Event, Kind, Person, RoomId, Seq};

use super::admin::{answered, doer, number_of};
use super::caller::{Caller, refused, told};
use super::{Given, Refused};
use crate::changes::By;
use crate::changes::reports::Decision;
use crate::node::Node;
use crate::store::reports::{Report, Which};

#[derive(Debug, Default, Deserialize)]
struct Told {
    #[serde(default)]
    reason: String,
}

pub(super) async fn report(
    caller: Caller,
    Path((room, seq)): Path<(String, String)>,
    body: Given,
) -> Response {
    answered(async {
        let by = caller.someone().await?.person();
        let Told { reason } = caller.json(body)?;
        let seq = number_of(&seq, "There is no such message.")?;
        let room = caller.node.room_named(&room).await.map_err(refused)?;
        caller.node.report(&by, &room, Seq(seq), &reason).await.map_err(refused)?;
        Ok(told(StatusCode::OK, &json!({})))
    })
    .await
}

/// A report as moderators see it.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct ReportView {
    /// Its number.
    id: String,
    /// Where.
    room: RoomId,
    /// Which message.
    seq: Seq,
    /// The message as it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    message: Option<Event>,
    /// What was said before and after it, for who may read it.
    around: Vec<Event>,
    /// Who asks.
    by: Person,
    /// Why.
    reason: String,
    /// When, in milliseconds since 1970-01-01 UTC.
    at: u64,
    /// What was decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    decided: Option<DecidedView>,
}

/// What was decided of a report.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct DecidedView {
    /// What.
    decision: String,
    /// Who.
    by: Person,
    /// When, in milliseconds since 1970-01-01 UTC.
    at: u64,
}

async fn view(node: &Node, by: &By, report: Report) -> Result<ReportView, Refused> {
    let around = node.around(by, &report).await.map_err(refused)?;
    let message = message(&report);
    let Report { id, room, seq, by: reporter, reason, at, decided, .. } = report;
    let decided = decided.map(|one| DecidedView { decision: one.decision, by: doer(one.by), at: one.at });
    let by = reporter.unwrap_or_else(|| doer(None));
    Ok(ReportView { id: id.to_string(), room, seq, message, around, by, reason, at, decided })
}

/// The message as it was when it was reported.
fn message(report: &Report) -> Option<Event> {
    let (cid, at, n) = report.event.unwrap_or((Cid::from_bytes([0; 16]), report.at, None));
    Some(Event {
        room: report.room.clone(),
        seq: report.seq,
        kind: Kind::Message,
        cid,
        by: report.about.clone()?,
        at,
        n,
        rev: None,
        body: Body::of(report.text.clone()?),
    })
}

pub(super) async fn list(caller: Caller, RawQuery(asked): RawQuery) -> Response {
    answered(async {
        let by = caller.keeper().await?;
        let is_all = asked.is_some_and(|asked| asked.split('&').any(|one| one == "all" || one == "all=true"));
        let which = if is_all { Which::All } else { Which::Open };
        let mut views = Vec::new();
        for report in caller.node.reports(&by, which).await.map_err(refused)? {
            views.push(view(&caller.node, &by, report).await?);
        }
        Ok(told(StatusCode::OK, &json!({"reports": views})))
    })
    .await
}

#[derive(Debug, Deserialize)]
struct Decided {
    decision: Decision,
}

pub(super) async fn decide(caller: Caller, Path(id): Path<String>, body: Given) -> Response {
    answered(async {
        let by = caller.keeper().await?;
        let Decided { decision } = caller.json(body)?;
        let id = number_of(&id, "There is no such report.")?;
        let report = caller.node.decide(&by, id, decision).await.map_err(refused)?;
        Ok(told(StatusCode::OK, &view(&caller.node, &by, report).await?))
    })
    .await
}
