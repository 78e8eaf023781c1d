//! Somebody, as another one sees them: who they are, and what may be done to them.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::json;
use teahouse_core::rights::{self, Subject, Who};
use teahouse_protocol::{Person, Role, RoomId};

use super::caller::{Caller, refused, told};
use super::rooms::{answer, person_id};
use crate::node::Node;
use crate::settings::RoomsBy;
use crate::store::rooms;

pub(super) async fn card(caller: Caller, Path(id): Path<String>) -> Response {
    answer(async {
        let (node, asker) = (&caller.node, caller.someone().await?.person());
        let person = node.person(person_id(&id)?).await.map_err(refused)?;
        let profile = node.people.profile(person.id).await.map_err(refused)?;
        let shared = rooms::shared(&*node.store, asker.id, person.id).await.map_err(refused)?;
        let said = json!({
            "person": person,
            "line": profile.line,
            "zone": profile.zone,
            "here": is_here(node, &person).await,
            "rooms": shared,
            "may": may(node, &asker, &person),
        });
        Ok(told(StatusCode::OK, &said))
    })
    .await
}

/// Whether they are connected to this node, or in the main room on any.
async fn is_here(node: &Node, person: &Person) -> bool {
    if !node.people.connections(person.id).is_empty() {
        return true;
    }
    let here = node.rooms.here(&RoomId::main()).await.people.unwrap_or_default();
    here.iter().any(|one| one.id == person.id)
}

/// What the one who asks may do to them in the whole house; a room's moderators may more there.
fn may(node: &Node, asker: &Person, person: &Person) -> Vec<&'static str> {
    if asker.id == person.id {
        return Vec::new();
    }
    let subject = |person: &Person| Subject { who: Who::of(person.role), ..Subject::default() };
    let is_above = rights::stands_above(&subject(asker), &subject(person));
    let keeps_order = Who::of(asker.role).keeps_order() && is_above;
    let writes = asker.role.is_some() || node.settings().rooms_by == RoomsBy::Guests;
    let all = [
        ("message", writes),
        ("mute", keeps_order),
        ("kick", keeps_order),
        ("ban", keeps_order),
        ("remove_all", keeps_order),
        ("role", asker.role == Some(Role::Owner) && person.role.is_some()),
    ];
    all.into_iter().filter(|(_, may)| *may).map(|(what, _)| what).collect()
}
