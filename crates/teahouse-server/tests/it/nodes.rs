//! Several nodes of one house: whatever one of them stores, everybody sees, once and in order, whichever
//! node they are connected to; with a bus, without one, and when it is cut.

use futures_util::future::join_all;
use serde_json::json;
use teahouse_protocol::{Cursor, Epoch, Event, Push, Role, RoomId, Seq, SignalBody};
use teahouse_server::bus::Local;
use teahouse_server::store::EventLog;

use crate::kit::{Ask, Asker, Client, Fault, Guest, House, On, Over, Road, check_in_order, within};

/// What the nodes of a house share, and how they hear each other.
type Ground = (On, Road);

macro_rules! among_nodes {
    ($($name:ident),* $(,)?) => {
        mod sqlite_and_local {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name((super::On::Sqlite, super::Road::Local(super::Local::default()))).await;
            })*
        }
        mod postgres_and_nats {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name((super::On::Postgres, super::Road::nats())).await;
            })*
        }
        /// What other nodes store is found by comparing alone.
        mod postgres_alone {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name((super::On::Postgres, super::Road::None)).await;
            })*
        }
    };
}

among_nodes!(
    all_see_the_same_whichever_node_they_write_to,
    who_moves_between_nodes_misses_nothing,
    each_request_may_go_to_another_node,
    what_is_sent_again_to_another_node_is_stored_once,
    a_log_that_was_replaced_is_said_aloud,
    what_is_set_up_at_one_node_holds_at_all,
);

async fn all_see_the_same_whichever_node_they_write_to((on, road): Ground) {
    const EACH: u64 = 40;
    let nodes: [House; 3] = House::open_nodes(on, road).await;
    let people = nodes
        .iter()
        .enumerate()
        .map(|(at, node)| async move { (at, Client::enter(node, &format!("P{at}")).await) });
    let people = join_all(people).await.into_iter().map(async |(at, mut person)| {
        for n in 1..=EACH {
            person.post(n, &format!("{at}/{n}")).await;
        }
        person
    });
    for mut person in join_all(people).await {
        let (all, own) = (usize::try_from(3 * EACH).unwrap(), usize::try_from(EACH).unwrap());
        let events = person.hear(all, own, 0).await.events;
        check_in_order(&events, 1, 3 * EACH);
        assert_eq!(events, nodes[0].log(&RoomId::main()).await);
        for at in 0..3 {
            let own = events.iter().filter_map(|event| event.body.text.strip_prefix(&format!("{at}/")));
            let expected: Vec<_> = (1..=EACH).map(|n| n.to_string()).collect();
            assert!(own.eq(expected.iter().map(String::as_str)), "the order of each sender");
        }
    }
}

async fn who_moves_between_nodes_misses_nothing((on, road): Ground) {
    let nodes: [House; 2] = House::open_nodes(on, road).await;
    let mut writer = Client::enter(&nodes[0], "Writer").await;
    let mut reader = Guest::enter(&nodes[0], Over::WebSocket, "Reader").await;
    // Somebody is at the other node, so that its room is there and has a head of its own.
    let _other = Client::enter(&nodes[1], "Other").await;
    let mut heard = 0;
    for (round, over) in (1..).zip(Over::ALL.into_iter().cycle().take(10)) {
        writer.post(round, &round.to_string()).await;
        writer.hear(1, 1, 0).await;
        // Whoever has it from one node and comes to the other at once knows more than that one.
        heard += reader.hear_up_to(round).await.len();
        reader = reader.moved(&nodes[usize::try_from(round % 2).unwrap()], over).await.0;
        let came = reader.until_live().await;
        assert!(!came.others.iter().any(|push| matches!(push, Push::Reset { .. } | Push::Behind { .. })));
        heard += came.events.len();
    }
    assert_eq!(heard, 10);
}

async fn each_request_may_go_to_another_node((on, road): Ground) {
    let nodes: [House; 3] = House::open_nodes(on, road).await;
    let mut writer = Guest::enter(&nodes[2], Over::Poll, "Writer").await;
    let mut reader = Guest::enter(&nodes[0], Over::Poll, "Reader").await;
    let mut events: Vec<Event> = Vec::new();
    for n in 1..=9 {
        let at = |turn: u64| &nodes[usize::try_from(turn % 3).unwrap()];
        writer = writer.moved(at(n), Over::Poll).await.0;
        assert_eq!(writer.say(n, &n.to_string()).await, n);
        reader = reader.moved(at(n + 1), Over::Poll).await.0;
        events.extend(reader.until_live().await.events);
    }
    reader = reader.moved(&nodes[2], Over::LongPoll).await.0;
    events.extend(reader.until_live().await.events);
    while events.len() < 9 {
        events.push(reader.event().await);
    }
    check_in_order(&events, 1, 9);
}

async fn what_is_sent_again_to_another_node_is_stored_once((on, road): Ground) {
    let nodes: [House; 2] = House::open_nodes(on, road).await;
    let mut ada = Client::enter(&nodes[0], "Ada").await;
    nodes[0].store.breaks(Fault::FailsAfterwards(teahouse_server::store::StoreError::Down("cut".into())));
    ada.post(1, "once").await;
    // Stored, and nobody heard of it: the client goes to the other node with its outbox.
    assert_eq!(ada.error().await.code, teahouse_protocol::ErrorCode::StoreDown);
    let mut again = Client::connect(&nodes[1]).await;
    again.come_in(&ada.again(&json!({"1024": "0"}))).await;
    let send = json!({"first": true});
    let mut line = ada.send(1, "once");
    line.as_object_mut().unwrap().extend(send.as_object().unwrap().clone());
    again.say(&line).await;
    let heard = again.hear(0, 1, 0).await;
    assert_eq!(heard.acks[0].1, 1);
    assert!(heard.acks[0].2, "a repeat");
    assert_eq!(nodes[1].log(&RoomId::main()).await.len(), 1);
}

async fn a_log_that_was_replaced_is_said_aloud((on, road): Ground) {
    let nodes: [House; 2] = House::open_nodes(on, road).await;
    let mut ada = Client::enter(&nodes[0], "Ada").await;
    ada.post(1, "before").await;
    ada.hear(1, 1, 0).await;
    let cursor = nodes[0].cursor(&RoomId::main(), 1).await;
    // Somebody restores a backup of the database while the nodes run.
    nodes[1].store.renew_epoch(&RoomId::main(), Epoch(77)).await.unwrap();
    assert_eq!(ada.closed().await.0, 4002, "come again");
    let mut again = Client::connect(&nodes[0]).await;
    again.hello(&ada.again(&json!({"1024": cursor}))).await;
    let reset = loop {
        if let Push::Reset { epoch, .. } = again.next().await {
            break epoch;
        }
    };
    assert_eq!(reset, Epoch(77));
}

async fn what_is_set_up_at_one_node_holds_at_all((on, road): Ground) {
    let nodes: [House; 2] = House::open_nodes(on, road).await;
    let path = nodes[0].node.setup_path().unwrap();
    assert_eq!(nodes[1].node.setup_path().as_ref(), Some(&path), "the link leads to any node");
    let token = path.strip_prefix("/setup#").unwrap();
    let setup = json!({"token": token, "name": "林晓", "password": "long enough", "house": "我家"});
    assert_eq!(Ask::post("/v1/setup", &setup).of(&nodes[1]).await.status, 200);
    within(async {
        while nodes.iter().any(|node| node.node.setup_path().is_some() || &*node.node.name() != "我家") {
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert_eq!(Ask::post("/v1/setup", &setup).of(&nodes[0]).await.status, 403);
    // The orders to every node are nobody's business.
    let mut ada = Client::enter(&nodes[0], "Ada").await;
    ada.say(&json!({"type": "subscribe", "ref": 1, "room": "_house", "from": "0"})).await;
    assert_eq!(ada.error().await.code, teahouse_protocol::ErrorCode::NoSuchRoom);
    let status = Ask::get("/v1/rooms/_house/messages").of(&nodes[0]).await.status;
    assert_eq!(status, 404);
}

// ---- what only nodes that hear each other know ----

macro_rules! over_every_bus {
    ($($name:ident),* $(,)?) => {
        mod hearing_local {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name((super::On::Sqlite, super::Road::Local(super::Local::default()))).await;
            })*
        }
        mod hearing_nats {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name((super::On::Postgres, super::Road::nats())).await;
            })*
        }
    };
}

over_every_bus!(people_at_other_nodes_are_here, who_types_at_another_node_is_seen, hints_need_no_reads);

/// The next signal of who is here that has so many of them.
async fn until_here(client: &mut Client, count: u64) -> teahouse_protocol::frame::Presence {
    loop {
        if let SignalBody::Presence(presence) = client.signal().await
            && presence.count == count
        {
            return presence;
        }
    }
}

async fn people_at_other_nodes_are_here((on, road): Ground) {
    let nodes: [House; 3] = House::open_nodes(on, road).await;
    let mut ada = Client::enter(&nodes[0], "Ada").await;
    let mut bo = Client::enter(&nodes[1], "Bo").await;
    until_here(&mut ada, 2).await;
    until_here(&mut bo, 2).await;
    // A node where nobody was so far asks, and is answered.
    let mut cy = Client::enter(&nodes[2], "Cy").await;
    let here = until_here(&mut cy, 3).await;
    assert!(!here.partial);
    let cy_id = cy.me().you.id;
    until_here(&mut ada, 3).await;
    cy.say(&json!({"type": "bye"})).await;
    while cy.frame().await.is_ok() {}
    let left = until_here(&mut ada, 2).await;
    assert_eq!(left.left, [cy_id]);
    until_here(&mut bo, 2).await;
}

async fn who_types_at_another_node_is_seen((on, road): Ground) {
    let nodes: [House; 2] = House::open_nodes(on, road).await;
    let mut ada = Client::enter(&nodes[0], "Ada").await;
    let mut bo = Client::enter(&nodes[1], "Bo").await;
    until_here(&mut bo, 2).await;
    ada.say(&json!({"type": "typing", "room": "1024", "on": true})).await;
    let typing = loop {
        if let SignalBody::Typing(typing) = bo.signal().await {
            break typing;
        }
    };
    assert_eq!(&*typing.people.unwrap()[0].name, "Ada");
}

/// What a hint brings is not read again: the other node's store could be away.
async fn hints_need_no_reads((on, road): Ground) {
    let nodes: [House; 2] = House::open_nodes(on, road).await;
    let mut ada = Client::enter(&nodes[0], "Ada").await;
    let mut bo = Client::enter(&nodes[1], "Bo").await;
    until_here(&mut bo, 2).await;
    let down = teahouse_server::store::StoreError::Down("away".into());
    nodes[1].store.breaks(Fault::Log(down, u32::MAX));
    for n in 1..=20 {
        ada.post(n, &n.to_string()).await;
    }
    check_in_order(&bo.hear(20, 0, 0).await.events, 1, 20);
}

// ---- a bus that is cut ----

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_arrives_although_the_bus_is_cut() {
    let local = Local::default();
    let nodes: [House; 2] = House::open_nodes(On::Sqlite, Road::Local(local.clone())).await;
    let mut ada = Client::enter(&nodes[0], "Ada").await;
    let mut bo = Client::enter(&nodes[1], "Bo").await;
    until_here(&mut bo, 2).await;
    local.cut(true);
    let partial = loop {
        if let SignalBody::Presence(presence) = bo.signal().await {
            break presence.partial;
        }
    };
    assert!(partial, "there may be more than this node hears of");
    for n in 1..=30 {
        ada.post(n, &n.to_string()).await;
    }
    let mut events = bo.hear(30, 0, 0).await.events;
    local.cut(false);
    for n in 31..=60 {
        ada.post(n, &n.to_string()).await;
    }
    events.extend(bo.hear(30, 0, 0).await.events);
    check_in_order(&events, 1, 60);
    while until_here(&mut bo, 2).await.partial {}
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_cannot_read_tries_again_and_misses_nothing() {
    let local = Local::default();
    let nodes: [House; 2] = House::open_nodes(On::Sqlite, Road::Local(local.clone())).await;
    let mut ada = Client::enter(&nodes[0], "Ada").await;
    let mut bo = Client::enter(&nodes[1], "Bo").await;
    let down = || teahouse_server::store::StoreError::Down("away".into());
    nodes[1].store.breaks(Fault::Log(down(), 2));
    local.cut(true);
    for n in 1..=10 {
        ada.post(n, &n.to_string()).await;
    }
    check_in_order(&bo.hear(10, 0, 0).await.events, 1, 10);
    // A cursor that nobody has heard of here is looked up, not taken for another history.
    ada.post(11, "11").await;
    ada.hear(11, 11, 0).await;
    let cursor: Cursor = nodes[0].cursor(&RoomId::main(), 11).await;
    let mut moved = Client::connect(&nodes[1]).await;
    let (subscribed, heard) = moved.come_in(&ada.again(&json!({"1024": cursor}))).await;
    assert_eq!((subscribed.from.seq, subscribed.head, heard.events.len()), (Seq(11), Seq(11), 0));
}

/// In a room where somebody always writes there is always an append under way.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_busy_room_takes_in_what_nobody_told_while_it_is_busy() {
    let local = Local::default();
    let nodes: [House; 2] = House::open_nodes(On::Sqlite, Road::Local(local.clone())).await;
    let mut ada = Client::enter(&nodes[0], "Ada").await;
    let mut bo = Client::enter(&nodes[1], "Bo").await;
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let writers: Vec<_> =
        join_all((0..4).map(|number| Client::enter(&nodes[0], ["W", "X", "Y", "Z"][number])))
            .await
            .into_iter()
            .map(|mut writer| {
                let stopped = stopped.clone();
                tokio::spawn(async move {
                    for n in 1.. {
                        writer.post(n, "busy").await;
                        while !matches!(writer.next().await, Push::Ack { .. }) {}
                        if *stopped.borrow() {
                            return;
                        }
                    }
                })
            })
            .collect();
    local.cut(true);
    bo.post(1, "nobody told").await;
    let mut last = 0;
    within(async {
        loop {
            let event = ada.event().await;
            assert_eq!(event.seq.0, last + 1);
            last = event.seq.0;
            if event.body.text == "nobody told" {
                return;
            }
        }
    })
    .await;
    stop.send(true).unwrap();
    join_all(writers).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_knows_of_a_new_log_first_is_not_refused() {
    for on in [On::Sqlite, On::Postgres] {
        let nodes: [House; 2] = House::open_nodes(on, Road::None).await;
        let mut ada = Client::enter(&nodes[0], "Ada").await;
        ada.post(1, "before").await;
        ada.hear(1, 1, 0).await;
        nodes[1].store.renew_epoch(&RoomId::main(), Epoch(77)).await.unwrap();
        let mut again = Client::connect(&nodes[0]).await;
        again.hello(&ada.again(&json!({"1024": "0000004d.9.00000000"}))).await;
        // They follow the new log, or are told to come again; what they asked for is not refused.
        loop {
            match again.frame().await {
                Ok(Push::Live { .. }) | Err((4002, _)) => break,
                Ok(Push::Error(error)) => panic!("{error:?}"),
                Ok(_) => {}
                Err(closed) => panic!("{closed:?}"),
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_leaves_for_good_leaves_no_place_behind_at_another_node() {
    let nodes: [House; 2] = House::open_nodes(On::Sqlite, Road::Local(Local::default())).await;
    let mut ada = Client::enter(&nodes[0], "Ada").await;
    let cy = Client::enter(&nodes[1], "Cy").await;
    until_here(&mut ada, 2).await;
    let hello = cy.again(&json!({"1024": "head"}));
    // The network of one node goes away, and another one is found.
    drop(cy);
    let mut cy = Client::connect(&nodes[0]).await;
    cy.come_in(&hello).await;
    cy.say(&json!({"type": "bye"})).await;
    while cy.frame().await.is_ok() {}
    // Sooner than the lease of the first visit ends.
    until_here(&mut ada, 1).await;
}

/// Where a room became private, a node that has not heard of it shows nothing of what was said since. Nodes of one
/// SQLite without a bus never hear of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_reads_beyond_the_head_of_their_node() {
    let nodes: [House; 2] = House::open_nodes(On::Sqlite, Road::None).await;
    let owner = Asker::owner(&nodes[0]).await;
    let moderator = Asker::with_role(&nodes[0], "Mo", Role::Moderator).await;
    let room = owner.asks(&nodes[0], "POST", "/v1/rooms", &json!({"name": "R"}), 201).await;
    let path = format!("/v1/rooms/{}", room["id"].as_str().unwrap());
    let messages = format!("{path}/messages");
    let say = async |body: serde_json::Value| {
        let said = owner.asks(&nodes[0], "POST", &messages, &body, 201).await;
        said["seq"].as_u64().unwrap()
    };
    let seen = async |path: String| {
        let answer = Ask::get(&path).with("accept", "application/json").of(&nodes[1]).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let page = answer.json();
        let messages = page["messages"].as_array().unwrap().clone();
        messages.iter().map(|event| event["seq"].as_u64().unwrap()).collect::<Vec<_>>()
    };
    let first = say(json!({"text": "for all"})).await;
    assert!(seen(messages.clone()).await.contains(&first));

    let private = json!({"policy": {"read": "joined"}});
    owner.asks(&nodes[0], "PATCH", &path, &private, 200).await;
    let reply = say(json!({"text": "for us", "target": first})).await;
    let edit = json!({"text": "among us"});
    owner.asks(&nodes[0], "PATCH", &format!("{messages}/{reply}"), &edit, 200).await;
    for seq in [first, reply] {
        owner.asks(&nodes[0], "PUT", &format!("{path}/pins/{seq}"), &serde_json::Value::Null, 200).await;
    }
    assert_eq!(seen(format!("{path}/pins")).await, [first]);
    assert_eq!(seen(format!("{messages}/{first}/replies")).await, [first]);
    assert_eq!(
        Ask::get(&format!("{messages}/{reply}/replies")).of(&nodes[1]).await.code(),
        "no_such_message"
    );
    let versions = moderator.shows(Ask::get(&format!("{messages}/{reply}/versions"))).of(&nodes[1]).await;
    assert_eq!(versions.code(), "no_such_message");
    let at = Ask::get(&format!("{path}/at?ms=9000000000000")).of(&nodes[1]).await;
    assert_eq!(at.json(), json!({ "seq": first }));
    // A page ends there, too, however much follows, and is not empty for it.
    for n in 0..5 {
        say(json!({"text": n.to_string()})).await;
    }
    assert_eq!(seen(format!("{messages}?limit=1")).await, [first]);
}
