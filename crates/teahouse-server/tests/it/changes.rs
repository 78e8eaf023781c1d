//! Messages that change: edited, deleted, reacted to, pinned, replied to, and whom they name.

use serde_json::{Value, json};
use teahouse_protocol::{Event, Kind, Push, Role, RoomId, Seq, States};
use teahouse_server::store::{EventLog, Row, Statement, Store};

use crate::kit::{Account, Ask, Client, House, On, on_every_store};

on_every_store!(
    an_edit_says_what_holds_now_live_and_late,
    a_deleted_message_leaves_nothing,
    what_stands_beside_a_message_is_counted,
    a_change_is_refused_with_its_reason,
    a_change_sent_twice_is_made_once,
    pins_are_kept_by_who_keeps_order,
    a_chain_of_replies_is_found,
    whom_a_text_names_is_told,
    everybody_is_called_by_who_may,
    a_page_passes_any_number_of_reactions,
    a_time_is_found,
);

/// A send of one kind to the main room.
fn send(client: &Client, number: u64, kind: &str, body: &Value) -> Value {
    let mut send = client.send(number, "");
    (send["kind"], send["body"]) = (json!(kind), body.clone());
    send
}

/// Sends, and hears the ack and the event of it.
async fn does(client: &mut Client, number: u64, kind: &str, body: Value) -> Event {
    client.say(&send(client, number, kind, &body)).await;
    let heard = client.hear(1, 1, 0).await;
    heard.events.into_iter().next_back().unwrap()
}

/// Sends, and is refused; the code and the field.
async fn is_refused(
    client: &mut Client,
    number: u64,
    kind: &str,
    body: Value,
) -> (&'static str, Option<String>) {
    client.say(&send(client, number, kind, &body)).await;
    let error = client.error().await;
    (error.code.as_str(), error.field)
}

/// Comes in with an account, live at the end of the main room.
async fn enter(house: &House, who: &Account) -> Client {
    let mut client = Client::connect(house).await;
    client.come_in(&who.hello(&json!({"1024": "head"}))).await;
    client
}

async fn page(client: &mut Client) -> (Vec<Event>, States, Seq) {
    client.say(&json!({"type": "history", "ref": 900, "room": "1024", "before": 1_000_000})).await;
    let Push::Page { messages, states, as_of, .. } = client.next().await else { panic!("a page") };
    let event = |push| if let Push::Event(event) = push { event } else { panic!("an event, not {push:?}") };
    (messages.into_iter().map(event).collect(), states, as_of)
}

async fn rows(house: &House, sql: &'static str) -> Vec<Row> {
    house.store.query(Statement::new(sql)).await.unwrap()
}

async fn an_edit_says_what_holds_now_live_and_late(on: On) {
    let house = House::open(on).await;
    let mut ada = Client::enter(&house, "Ada").await;
    let mut bo = Client::enter(&house, "Bo").await;
    does(&mut ada, 1, "message", json!({"text": "frist"})).await;
    let first = does(&mut ada, 2, "edit", json!({"target": 1, "text": "fisrt"})).await;
    assert_eq!((first.kind, first.body.target, &*first.body.text), (Kind::Edit, Some(Seq(1)), "fisrt"));
    does(&mut ada, 3, "edit", json!({"target": 1, "text": "first"})).await;
    let heard = bo.hear(3, 0, 0).await;
    assert_eq!(heard.texts(), ["frist", "fisrt", "first"]);
    // Who reads late, from memory or from the store, gets what holds now, and never what was edited away.
    for house in [&house, &house.another().await] {
        let mut late = Client::connect(house).await;
        let (_, came) = late.come_in(&ada.elsewhere(&json!({"1024": {"tail": 50}}))).await;
        assert_eq!(came.texts(), ["first", "first", "first"]);
        assert_eq!((came.events[0].rev, came.events[1].rev), (Some(Seq(3)), None));
        let (messages, states, as_of) = page(&mut late).await;
        assert_eq!(messages, came.events[..1]);
        assert_eq!((states, as_of), (States::default(), Seq(3)));
    }
    // What it said before is for moderators.
    let owner = Account::new(&house, "Owner", Some(Role::Owner)).await;
    let cid = Account::new(&house, "Cid", Some(Role::Member)).await;
    let path = "/v1/rooms/1024/messages/1/versions";
    assert_eq!(cid.is_refused(&house, "GET", path, &json!({})).await, "forbidden");
    let told = owner.does(&house, "GET", path, &json!({})).await;
    let texts: Vec<_> =
        told["versions"].as_array().unwrap().iter().map(|one| (&one["text"], &one["seq"])).collect();
    assert_eq!(texts, [(&json!("frist"), &json!(1)), (&json!("fisrt"), &json!(2))]);
    // Over HTTP, too.
    let mut dee = enter(&house, &cid).await;
    does(&mut dee, 1, "message", json!({"text": "mine"})).await;
    let edited = cid.does(&house, "PATCH", "/v1/rooms/1024/messages/4", &json!({"text": "ours"})).await;
    assert_eq!(edited["seq"], 5);
    let heard = dee.event().await;
    assert_eq!((heard.kind, &*heard.body.text), (Kind::Edit, "ours"));
}

async fn a_deleted_message_leaves_nothing(on: On) {
    let house = House::open(on).await;
    let owner = Account::new(&house, "Owner", Some(Role::Owner)).await;
    let mut ada = Client::enter(&house, "Ada").await;
    let mut mod_ = enter(&house, &owner).await;
    does(&mut ada, 1, "message", json!({"text": "a secret"})).await;
    does(&mut ada, 2, "edit", json!({"target": 1, "text": "a secret still"})).await;
    does(&mut ada, 3, "reaction", json!({"target": 1, "emoji": "🍵"})).await;
    does(&mut ada, 4, "message", json!({"target": 1, "text": "a reply"})).await;
    mod_.hear(4, 0, 0).await;
    does(&mut mod_, 1, "pin", json!({"target": 1})).await;
    let gone = does(&mut mod_, 2, "delete", json!({"target": 1})).await;
    assert_eq!((gone.seq, gone.body.target), (Seq(6), Some(Seq(1))));
    ada.hear(2, 0, 0).await;
    // It comes back nowhere: not from memory, not from the store, not in a page, not on another node.
    for house in [&house, &house.another().await] {
        let mut late = Client::connect(house).await;
        let (_, came) = late.come_in(&ada.elsewhere(&json!({"1024": {"tail": 50}}))).await;
        assert_eq!(came.texts(), ["", "", "", "a reply", "", ""]);
        assert_eq!(
            (came.events[0].rev, came.events[0].body == teahouse_protocol::Body::default()),
            (Some(Seq(6)), true)
        );
        let (messages, states, _) = page(&mut late).await;
        assert_eq!(messages.iter().map(|event| event.seq.0).collect::<Vec<_>>(), [1, 4, 5]);
        assert!(!states.0.get(&Seq(1)).is_some_and(|state| state.pinned || !state.reactions.is_empty()));
    }
    for table in ["version", "reaction", "pin"] {
        let count = house.store.query(Statement::new(format!("SELECT count(*) FROM {table}"))).await.unwrap();
        assert_eq!(count[0].int(0).unwrap(), 0, "{table}");
    }
    let left = rows(&house, "SELECT text FROM event WHERE text LIKE '%secret%'").await;
    assert!(left.is_empty(), "{left:?}");
    let told = owner.does(&house, "GET", "/v1/rooms/1024/messages/1/versions", &json!({})).await;
    assert_eq!(told, json!({"versions": []}));
    // Who takes another's message away leaves a line.
    let lines = rows(&house, "SELECT action, about FROM audit WHERE action = 'deleted'").await;
    assert_eq!(lines.len(), 1);
    // Nothing is done to what is gone.
    for (number, kind, body) in [
        (5, "edit", json!({"target": 1, "text": "again"})),
        (6, "delete", json!({"target": 1})),
        (7, "reaction", json!({"target": 1, "emoji": "🍵"})),
        (8, "message", json!({"target": 1, "text": "to nothing"})),
    ] {
        assert_eq!(is_refused(&mut ada, number, kind, body).await.0, "no_such_message", "{kind}");
    }
}

async fn what_stands_beside_a_message_is_counted(on: On) {
    let house = House::open(on).await;
    let mut ada = Client::enter(&house, "Ada").await;
    does(&mut ada, 1, "message", json!({"text": "tea?"})).await;
    let mut others = Vec::new();
    for number in 0..10 {
        let mut other = Client::enter(&house, &format!("Guest {number}")).await;
        does(&mut other, 1, "reaction", json!({"target": 1, "emoji": "🍵", "on": true})).await;
        others.push(other);
    }
    let mut last = others.pop().unwrap();
    does(&mut last, 2, "reaction", json!({"target": 1, "emoji": "👍"})).await;
    does(&mut last, 3, "message", json!({"target": 1, "text": "yes"})).await;
    let reply = does(&mut last, 4, "message", json!({"target": 1, "text": "please"})).await;
    assert_eq!(reply.body.target, Some(Seq(1)));
    let (messages, states, as_of) = page(&mut last).await;
    assert_eq!((messages.len(), as_of, states.0.len()), (3, reply.seq, 1));
    let state = &states.0[&Seq(1)];
    let kinds: Vec<_> = state.reactions.iter().map(|it| (&*it.emoji, it.count, it.people.len())).collect();
    assert_eq!(kinds, [("🍵", 10, 8), ("👍", 1, 1)]);
    assert_eq!(&*state.reactions[0].people[0].name, "Guest 0");
    assert_eq!(state.mine.iter().map(|it| &**it).collect::<Vec<_>>(), ["🍵", "👍"]);
    let replies = state.replies.unwrap();
    assert_eq!((replies.count, replies.at, state.pinned), (2, reply.at, false));
    // Another reader has other ones of their own, and what is taken back is gone.
    does(&mut last, 5, "reaction", json!({"target": 1, "emoji": "👍", "on": false})).await;
    does(&mut last, 6, "delete", json!({"target": reply.seq})).await;
    ada.hear_up_to(reply.seq.0 + 2).await;
    let (_, states, _) = page(&mut ada).await;
    let state = &states.0[&Seq(1)];
    assert_eq!((state.reactions.len(), state.mine.len(), state.replies.unwrap().count), (1, 0, 1));
    // The same for who reads without a session.
    let looked =
        Ask::get("/v1/rooms/1024/messages").with("accept", "application/json").of(&house).await.json();
    assert_eq!(looked["states"]["1"]["reactions"][0]["count"], 10);
}

async fn a_change_is_refused_with_its_reason(on: On) {
    let house = House::open(on).await;
    let mut ada = Client::enter(&house, "Ada").await;
    let mut bo = Client::enter(&house, "Bo").await;
    does(&mut ada, 1, "message", json!({"text": "mine"})).await;
    bo.event().await;
    let none = |code| (code, None);
    assert_eq!(
        is_refused(&mut bo, 2, "edit", json!({"target": 1, "text": "yours"})).await,
        none("forbidden")
    );
    assert_eq!(is_refused(&mut bo, 3, "delete", json!({"target": 1})).await, none("forbidden"));
    assert_eq!(is_refused(&mut bo, 4, "pin", json!({"target": 1})).await, none("forbidden"));
    assert_eq!(
        is_refused(&mut bo, 5, "reaction", json!({"target": 9, "emoji": "🍵"})).await,
        none("no_such_message")
    );
    assert_eq!(
        is_refused(&mut ada, 6, "edit", json!({"target": 1, "text": "mine"})).await,
        none("no_change")
    );
    let off = json!({"target": 1, "emoji": "🍵", "on": false});
    assert_eq!(is_refused(&mut bo, 7, "reaction", off).await, none("no_change"));
    does(&mut bo, 8, "reaction", json!({"target": 1, "emoji": "🍵"})).await;
    ada.event().await;
    assert_eq!(
        is_refused(&mut bo, 9, "reaction", json!({"target": 1, "emoji": "🍵"})).await,
        none("no_change")
    );
    // What is no message is none.
    assert_eq!(
        is_refused(&mut bo, 10, "reaction", json!({"target": 2, "emoji": "🍵"})).await,
        none("no_such_message")
    );
    let blank = json!({"target": 1, "text": " "});
    assert_eq!(is_refused(&mut ada, 11, "edit", blank).await, ("bad_field", Some("body.text".into())));
    // Twenty kinds and no more; one that is there counts no second time.
    for (number, sign) in (20_u64..).zip("🍇🍈🍉🍊🍋🍌🍍🥭🍎🍏🍐🍑🍒🍓🫐🥝🍅🫒🥥".chars())
    {
        does(&mut bo, number, "reaction", json!({"target": 1, "emoji": sign.to_string()})).await;
    }
    assert_eq!(
        is_refused(&mut bo, 50, "reaction", json!({"target": 1, "emoji": "🥑"})).await,
        none("too_many")
    );
    ada.hear(19, 0, 0).await;
    does(&mut ada, 51, "reaction", json!({"target": 1, "emoji": "🍵"})).await;
}

async fn a_change_sent_twice_is_made_once(on: On) {
    let house = House::open(on).await;
    let mut ada = Client::enter(&house, "Ada").await;
    does(&mut ada, 1, "message", json!({"text": "one"})).await;
    let changes = [
        send(&ada, 2, "reaction", &json!({"target": 1, "emoji": "🍵"})),
        send(&ada, 3, "edit", &json!({"target": 1, "text": "two"})),
        send(&ada, 4, "message", &json!({"target": 1, "text": "three"})),
        send(&ada, 5, "delete", &json!({"target": 1})),
    ];
    ada.say_all(&changes).await;
    assert_eq!(ada.hear(4, 4, 0).await.acks, [(2, 2, false), (3, 3, false), (4, 4, false), (5, 5, false)]);
    // All of them again, as after a cut: the first answers, and nothing moves.
    ada.say_all(&changes).await;
    assert_eq!(ada.hear(0, 4, 0).await.acks, [(2, 2, true), (3, 3, true), (4, 4, true), (5, 5, true)]);
    ada.quiet().await;
    let (messages, _, as_of) = page(&mut ada).await;
    assert_eq!((messages.len(), as_of), (2, Seq(5)));
    // The id of a change is no other message's.
    let taken = send(&ada, 2, "reaction", &json!({"target": 1, "emoji": "👍"}));
    ada.say(&taken).await;
    assert_eq!(ada.error().await.code.as_str(), "cid_conflict");
}

async fn pins_are_kept_by_who_keeps_order(on: On) {
    let house = House::open(on).await;
    let owner = Account::new(&house, "Owner", Some(Role::Owner)).await;
    let ann = Account::new(&house, "Ann", Some(Role::Member)).await;
    house.seed(&RoomId::main(), 51, |n| n.to_string()).await;
    let path = |seq: u64| format!("/v1/rooms/1024/pins/{seq}");
    assert_eq!(ann.is_refused(&house, "PUT", &path(1), &json!({})).await, "forbidden");
    for seq in (1..=50).rev() {
        owner.does(&house, "PUT", &path(seq), &json!({})).await;
    }
    assert_eq!(owner.is_refused(&house, "PUT", &path(51), &json!({})).await, "too_many");
    // Also where it was so already.
    assert_eq!(owner.does(&house, "PUT", &path(1), &json!({})).await, json!({}));
    let told = ann.does(&house, "GET", "/v1/rooms/1024/pins", &json!({})).await;
    assert_eq!((told["messages"].as_array().unwrap().len(), &told["as_of"]), (50, &json!(101)));
    assert_eq!(
        (&told["messages"][0]["type"], &told["states"]["7"]),
        (&json!("event"), &json!({"pinned": true}))
    );
    owner.does(&house, "DELETE", &path(1), &json!({})).await;
    assert_eq!(owner.does(&house, "DELETE", &path(1), &json!({})).await, json!({}));
    owner.does(&house, "PUT", &path(51), &json!({})).await;
    assert_eq!(owner.is_refused(&house, "PUT", &path(99), &json!({})).await, "no_such_message");
    // Reactions in the same way.
    let reaction = "/v1/rooms/1024/messages/3/reactions/%F0%9F%8D%B5";
    assert_eq!(ann.does(&house, "PUT", reaction, &json!({})).await["seq"], 104);
    assert_eq!(ann.does(&house, "PUT", reaction, &json!({})).await, json!({}));
    assert_eq!(ann.does(&house, "DELETE", reaction, &json!({})).await["seq"], 105);
    assert_eq!(ann.does(&house, "DELETE", reaction, &json!({})).await, json!({}));
    let word = "/v1/rooms/1024/messages/3/reactions/tea";
    assert_eq!(ann.is_refused(&house, "PUT", word, &json!({})).await, "bad_field");
}

async fn a_chain_of_replies_is_found(on: On) {
    let house = House::open(on).await;
    let ann = Account::new(&house, "Ann", Some(Role::Member)).await;
    let says = async |text: &str, target: u64| {
        let body = json!({"text": text, "target": target});
        ann.does(&house, "POST", "/v1/rooms/1024/messages", &body).await["seq"].as_u64().unwrap()
    };
    house.seed(&RoomId::main(), 2, |n| n.to_string()).await;
    // 3 and 5 reply to 1, 4 to 3; 6 to another one. By a header as well.
    assert_eq!((says("three", 1).await, says("four", 3).await), (3, 4));
    let ask = Ask::new("POST", "/v1/rooms/1024/messages").with("teahouse-reply", "1");
    let ask = ask.with("authorization", &format!("Bearer {}", ann.token));
    assert_eq!(ask.body("five".as_bytes()).of(&house).await.json()["seq"], 5);
    says("six", 2).await;
    let seqs = |page: &Value| {
        let messages = page["messages"].as_array().unwrap();
        messages.iter().map(|one| one["seq"].as_u64().unwrap()).collect::<Vec<_>>()
    };
    let path = "/v1/rooms/1024/messages/1/replies";
    let page = Ask::get(path).of(&house).await.json();
    assert_eq!(
        (seqs(&page), &page["more"], &page["states"]["1"]["replies"]["count"]),
        (vec![1, 3, 4, 5], &json!(false), &json!(2))
    );
    let part = Ask::get(&format!("{path}?after=1&limit=2")).of(&house).await.json();
    assert_eq!((seqs(&part), &part["more"]), (vec![3, 4], &json!(true)));
    assert_eq!(Ask::get("/v1/rooms/1024/messages/99/replies").of(&house).await.code(), "no_such_message");
    // A chain goes on behind a message that is gone.
    ann.does(&house, "DELETE", "/v1/rooms/1024/messages/3", &json!({})).await;
    assert_eq!(seqs(&Ask::get(path).of(&house).await.json()), [1, 3, 4, 5]);
    let body = json!({"text": "to nothing", "target": 3});
    assert_eq!(ann.is_refused(&house, "POST", "/v1/rooms/1024/messages", &body).await, "no_such_message");
}

async fn whom_a_text_names_is_told(on: On) {
    let house = House::open(on).await;
    let ann = Account::new(&house, "Ann", Some(Role::Member)).await;
    let mut ada = Client::enter(&house, "Ada").await;
    let nobody = "00000000-0000-4000-8000-000000000000";
    let text = format!("<@{}> and <@{nobody}>, `<@{nobody}>`", ann.id);
    let event = does(&mut ada, 1, "message", json!({"text": text})).await;
    let names = |event: &Event| event.body.mentions.iter().map(|it| it.name.to_string()).collect::<Vec<_>>();
    assert_eq!((names(&event), &*event.body.text), (vec!["Ann".to_owned()], &*text));
    let edit = does(&mut ada, 2, "edit", json!({"target": 1, "text": format!("{text} now")})).await;
    assert_eq!(names(&edit), ["Ann"]);
    // As they are called when it is read.
    ann.does(&house, "PATCH", "/v1/me", &json!({"name": "Anna"})).await;
    let house = house.restarted().await;
    let mut late = Client::connect(&house).await;
    let (_, came) = late.come_in(&ada.elsewhere(&json!({"1024": {"tail": 50}}))).await;
    assert_eq!(
        (names(&came.events[0]), names(&came.events[1])),
        (vec!["Anna".to_owned()], vec!["Anna".to_owned()])
    );
    let (messages, ..) = page(&mut late).await;
    assert_eq!(names(&messages[0]), ["Anna"]);
}

async fn everybody_is_called_by_who_may(on: On) {
    let house = House::open(on).await;
    let owner = Account::new(&house, "Owner", Some(Role::Owner)).await;
    let mut ada = Client::enter(&house, "Ada").await;
    let call = json!({"text": "tea is ready, <@here>"});
    let refused = is_refused(&mut ada, 1, "message", call.clone()).await;
    assert_eq!(refused, ("forbidden", Some("body.text".into())));
    does(&mut ada, 2, "message", json!({"text": "`<@here>` is how"})).await;
    assert_eq!(is_refused(&mut ada, 3, "edit", json!({"target": 1, "text": "<@room>"})).await.0, "forbidden");
    let mut mod_ = enter(&house, &owner).await;
    does(&mut mod_, 1, "message", call.clone()).await;
    ada.event().await;
    let policy = json!({"policy": {"call": "guests"}});
    let changed = owner.does(&house, "PATCH", "/v1/rooms/1024", &policy).await;
    assert_eq!(changed["policy"]["call"], "guests");
    ada.event().await;
    does(&mut ada, 4, "message", call).await;
}

async fn a_page_passes_any_number_of_reactions(on: On) {
    let house = House::open(on).await;
    house.seed(&RoomId::main(), 30, |n| n.to_string()).await;
    let mut ada = Client::enter(&house, "Ada").await;
    let sends: Vec<_> = (1..=60_u64)
        .map(|number| {
            let body = json!({"target": 30, "emoji": "🍵", "on": number % 2 == 1});
            send(&ada, number, "reaction", &body)
        })
        .collect();
    for sends in sends.chunks(20) {
        ada.say_all(sends).await;
        ada.hear(20, 20, 0).await;
    }
    does(&mut ada, 100, "message", json!({"text": "after"})).await;
    for (range, expected) in [
        (teahouse_protocol::Range::Before(Seq(91)), vec![29, 30]),
        (teahouse_protocol::Range::After(Seq(29)), vec![30, 91]),
        (teahouse_protocol::Range::Around(Seq(60)), vec![30, 91]),
    ] {
        let page = house.store.page(&RoomId::main(), range, 2, None).await.unwrap();
        let seqs: Vec<_> = page.messages.iter().map(|message| message.seq.0).collect();
        assert_eq!((seqs, page.as_of), (expected, Seq(91)), "{range:?}");
    }
}

async fn a_time_is_found(on: On) {
    let house = House::open(on).await;
    house.seed(&RoomId::main(), 30, |n| n.to_string()).await;
    let log = house.log(&RoomId::main()).await;
    let at = async |ms: u64| {
        Ask::get(&format!("/v1/rooms/1024/at?ms={ms}")).of(&house).await.json()["seq"].as_u64().unwrap()
    };
    assert_eq!((at(0).await, at(u64::from(u32::MAX) * 1_000_000).await), (1, 30));
    for event in &log {
        let first = log.iter().find(|other| other.at >= event.at).unwrap();
        assert_eq!(at(event.at).await, first.seq.0);
    }
    assert_eq!(Ask::get("/v1/rooms/1024/at").of(&house).await.status, 400);
}
