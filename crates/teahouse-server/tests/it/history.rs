//! What was before, page by page.

use serde_json::{Value, json};
use teahouse_protocol::{ErrorCode, Event, Push, RoomId};

use crate::kit::{Client, House, On, check_in_order, on_every_store};

on_every_store!(pages_go_in_each_direction, a_page_has_so_many_bytes);

struct Page {
    messages: Vec<Event>,
    as_of: u64,
    more: bool,
}

async fn page(client: &mut Client, range: &Value) -> Page {
    let mut line = range.clone();
    line["type"] = json!("history");
    line["ref"] = json!(4);
    line["room"] = json!("1024");
    client.say(&line).await;
    match client.next().await {
        Push::Page { r#ref: 4, room, messages, as_of, more, .. } => {
            assert_eq!(room, RoomId::main());
            let messages = messages.into_iter().map(|push| match push {
                Push::Event(event) => event,
                other => panic!("an event, not {other:?}"),
            });
            Page { messages: messages.collect(), as_of: as_of.0, more }
        }
        other => panic!("a page, not {other:?}"),
    }
}

async fn pages_go_in_each_direction(on: On) {
    let house = House::open(on).await;
    house.seed(&RoomId::main(), 300, |n| n.to_string()).await;
    let mut ada = Client::connect(&house).await;
    ada.hello(&json!({"type": "hello", "v": 1})).await;
    let log = house.log(&RoomId::main()).await;
    let pages = [
        (json!({"before": 301}), 251, 300, true),
        (json!({"before": 9_007_199_254_740_991u64, "limit": 200}), 101, 300, true),
        (json!({"before": 51}), 1, 50, false),
        (json!({"before": 11, "limit": 5}), 6, 10, true),
        (json!({"after": 0, "limit": 1}), 1, 1, true),
        (json!({"after": 250}), 251, 300, false),
        (json!({"after": 249}), 250, 299, true),
        (json!({"around": 150, "limit": 10}), 145, 154, true),
        (json!({"around": 2, "limit": 10}), 1, 6, true),
        (json!({"around": 300, "limit": 10}), 295, 300, true),
    ];
    for (range, first, last, more) in pages {
        let page = page(&mut ada, &range).await;
        check_in_order(&page.messages, first, last);
        assert_eq!(page.messages, log[first as usize - 1..last as usize], "{range}");
        assert_eq!((page.as_of, page.more), (300, more), "{range}");
    }
    for range in [json!({"before": 1}), json!({"before": 0}), json!({"after": 300}), json!({"after": 5_000})]
    {
        let page = page(&mut ada, &range).await;
        assert_eq!((page.messages.len(), page.as_of, page.more), (0, 300, false), "{range}");
    }
    ada.say(&json!({"type": "history", "ref": 5, "room": "nowhere", "before": 5})).await;
    let error = ada.error().await;
    assert_eq!((error.code, error.r#ref), (ErrorCode::NoSuchRoom, Some(5)));
}

async fn a_page_has_so_many_bytes(on: On) {
    let house = House::open(on).await;
    let size = |n: u64| if n == 40 { 16_384 } else { 5_000 };
    house.seed(&RoomId::main(), 60, |n| "x".repeat(size(n))).await;
    let mut ada = Client::connect(&house).await;
    ada.hello(&json!({"type": "hello", "v": 1})).await;
    // Whoever goes on from the end of each page misses nothing.
    let (mut before, mut all) = (61, Vec::new());
    loop {
        let page = page(&mut ada, &json!({"before": before, "limit": 200})).await;
        let bytes: usize = page.messages.iter().map(|event| event.body.text.len()).sum();
        assert!(bytes <= 48 << 10 && !page.messages.is_empty());
        before = page.messages[0].seq.0;
        all.splice(0..0, page.messages);
        if !page.more {
            break;
        }
    }
    check_in_order(&all, 1, 60);
    let (mut after, mut all) = (0, Vec::new());
    loop {
        let page = page(&mut ada, &json!({"after": after, "limit": 200})).await;
        after = page.messages.last().unwrap().seq.0;
        all.extend(page.messages);
        if !page.more {
            break;
        }
    }
    check_in_order(&all, 1, 60);
    let page = page(&mut ada, &json!({"around": 30, "limit": 60})).await;
    assert!(page.more && page.messages.iter().any(|event| event.seq.0 == 30));
    let (first, last) = (page.messages[0].seq.0, page.messages.last().unwrap().seq.0);
    check_in_order(&page.messages, first, last);
    assert!(first > 20 && last < 40, "{first} to {last}");
}
