//! Who is where, as each node sees it: a client of that node alone looks until it sees whom it should, or
//! nobody would wait any longer. What it saw last is noted, and the check judges it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use anyhow::Context as _;
use teahouse_client::protocol::frame::Presence;
use teahouse_client::protocol::{From, RoomId, UserId};
use teahouse_client::{Client, Notice, Notices, Transport};

use crate::chance::Chance;
use crate::crowd::Door;
use crate::fault::Rates;
use crate::history::{Journal, Name, Operation};
use crate::proxy::Proxy;

/// Whom a node names, by room.
type Seen = BTreeMap<RoomId, BTreeSet<UserId>>;

/// Looks at every room of a node until exactly `here` are there, for so long. Says whether they were.
pub(crate) async fn look(
    node: &str,
    door: &Door,
    rooms: &[RoomId],
    here: &BTreeSet<UserId>,
    journal: &Journal,
    patience: Duration,
) -> anyhow::Result<bool> {
    let proxy = Proxy::open(node.into(), door.target.clone(), Rates::none(), Chance::new(0), journal.clone());
    let proxy = proxy.await?;
    let mut options = door.options(proxy.address())?;
    options.transport = Some(Transport::WebSocket);
    options.rooms = rooms.iter().map(|room| (room.clone(), From::Head)).collect();
    let (client, mut notices) = Client::connect(options);
    let (mut seen, mut me) = (Seen::new(), None);
    let looked = watch(&mut notices, rooms, here, &mut seen, &mut me);
    // Who is not seen in time is named by the check.
    let right = tokio::time::timeout(patience, looked).await.is_ok();
    let me = me.with_context(|| format!("{node} lets nobody in"))?;
    for room in rooms {
        let mut people = seen.remove(room).unwrap_or_default();
        people.remove(&me);
        journal.note(Operation::Present { node: Name::from(node), room: room.clone(), people });
    }
    client.close().await;
    Ok(right)
}

async fn watch(
    notices: &mut Notices,
    rooms: &[RoomId],
    here: &BTreeSet<UserId>,
    seen: &mut Seen,
    me: &mut Option<UserId>,
) {
    while let Some(notice) = notices.next().await {
        match notice {
            Notice::Welcome(welcome) => *me = Some(welcome.you.id),
            Notice::Subscribed(subscribed) => {
                let people = subscribed.here.people.unwrap_or_default();
                seen.insert(subscribed.room.id.clone(), people.into_iter().map(|it| it.id).collect());
            }
            Notice::Presence { room, presence } => change(seen.entry(room).or_default(), presence),
            _ => {}
        }
        let right = |room| {
            let others = |id: &&UserId| Some(**id) != *me;
            seen.get(room).is_some_and(|people: &BTreeSet<UserId>| people.iter().filter(others).eq(here))
        };
        if rooms.iter().all(right) {
            return;
        }
    }
}

fn change(people: &mut BTreeSet<UserId>, presence: Presence) {
    if let Some(all) = presence.people {
        *people = all.into_iter().map(|it| it.id).collect();
    }
    people.extend(presence.came.into_iter().map(|it| it.id));
    people.retain(|id| !presence.left.contains(id));
}
