//! The house as a whole over HTTP: what it does now, its rooms, its invites, its settings.

use std::collections::HashSet;

use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Map, Value as Json, json};
use teahouse_core::rights::Action;
use teahouse_protocol::RoomId;

use super::admin::answered;
use super::caller::{Caller, refused, told};
use super::{Given, Refused, members};
use crate::changes::By;
use crate::node::Node;
use crate::session::Transport;
use crate::store::rooms::invites::{self, Invite, Which};
use crate::store::{files, overview};

pub(super) async fn now(caller: Caller) -> Response {
    answered(async {
        caller.keeper().await?;
        Ok(told(StatusCode::OK, &figures(&caller.node).await))
    })
    .await
}

/// What this node does now. That the store cannot be asked is one of the figures.
async fn figures(node: &Node) -> Json {
    let connections = node.clock.connections();
    let count = |transport| connections.iter().filter(|one| one.transport == transport).count();
    let people = connections.iter().filter_map(|one| one.someone.get().map(|someone| someone.id));
    let people = people.collect::<HashSet<_>>().len();
    let store = &*node.store;
    let (counts, bytes, files) =
        tokio::join!(overview::counts(store), overview::bytes(store), files::overview(store));
    let (files, file_bytes) = files.unwrap_or_default();
    let is_ok = counts.is_ok() && bytes.is_ok();
    let (events, rooms) = counts.unwrap_or_default();
    let kind = if node.store.is_shared() { "postgres" } else { "sqlite" };
    let bus = node.bus();
    json!({
        "people": people,
        "connections": {
            "websocket": count(Transport::WebSocket),
            "stream": count(Transport::Stream),
            "long_poll": count(Transport::LongPoll),
            "poll": count(Transport::Poll),
        },
        "rooms": rooms,
        "events": events,
        "files": {"count": files, "bytes": file_bytes},
        "started": node.started,
        "version": env!("CARGO_PKG_VERSION"),
        "memory_bytes": memory_bytes(),
        "store": {"kind": kind, "bytes": bytes.ok(), "ok": is_ok},
        "bus": {"kind": if bus.is_alone() { "local" } else { "nats" }, "up": *bus.is_up().borrow()},
        "nodes": node.nodes(),
    })
}

/// What of this process is in memory, where the system says so.
fn memory_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1_024)
}

pub(super) async fn rooms(caller: Caller) -> Response {
    answered(async {
        caller.keeper().await?;
        let rooms = overview::rooms(&*caller.node.store).await;
        let rooms = rooms.map_err(refused)?;
        let rooms: Vec<_> = rooms
            .iter()
            .map(|room| {
                json!({
                    "id": room.id, "name": room.now.name, "policy": room.now.policy,
                    "direct": room.now.direct, "archived": room.now.archived, "people": room.people,
                    "n": room.n, "bytes": room.bytes, "last_at": room.last_at,
                })
            })
            .collect();
        Ok(told(StatusCode::OK, &json!({"rooms": rooms})))
    })
    .await
}

pub(super) async fn invites(caller: Caller) -> Response {
    answered(async {
        let by = caller.keeper().await?;
        let node = &caller.node;
        let all = invites::invites(&*node.store, Which::All).await;
        let all = all.map_err(refused)?;
        let readable = readable(node, &by, all.iter().map(|invite| &invite.room)).await?;
        let shown = |invite: &Invite| match readable.contains(&invite.room) {
            true => members::shown(node, invite),
            false => members::shown_without_code(invite),
        };
        let all: Vec<_> = all.iter().map(shown).collect();
        Ok(told(StatusCode::OK, &json!({"invites": all})))
    })
    .await
}

/// Those of these rooms that they may read.
async fn readable<'a>(
    node: &Node,
    by: &By,
    rooms: impl Iterator<Item = &'a RoomId>,
) -> Result<HashSet<&'a RoomId>, Refused> {
    let mut readable = HashSet::new();
    for room in rooms.collect::<HashSet<_>>() {
        match node.place(by, room, Action::Read).await {
            Ok(_) => _ = readable.insert(room),
            // It is not known what they may.
            Err(error) if error.code.status() == 503 => return Err(refused(error)),
            Err(_) => {}
        }
    }
    Ok(readable)
}

pub(super) async fn settings(caller: Caller) -> Response {
    answered(async {
        caller.keeper().await?;
        let settings = caller.node.all_settings().await.map_err(refused)?;
        Ok(told(StatusCode::OK, &json!({"settings": settings})))
    })
    .await
}

pub(super) async fn change_settings(caller: Caller, body: Given) -> Response {
    answered(async {
        let by = caller.owner().await?;
        let change: Map<String, Json> = caller.json(body)?;
        caller.node.change_settings(&by, change).await.map_err(refused)?;
        let settings = caller.node.all_settings().await.map_err(refused)?;
        Ok(told(StatusCode::OK, &json!({"settings": settings})))
    })
    .await
}
