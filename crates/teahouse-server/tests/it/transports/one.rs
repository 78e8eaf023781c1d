//! One room for `curl`: following it, its past, and speaking in it without a session.

use serde_json::{Value, json};
use teahouse_protocol::{Push, RoomId, UserId};
use teahouse_server::config::Given;

use crate::kit::{Answer, Ask, Client, House, Http, On, check_in_order, on_every_store};

on_every_store!(
    a_stream_has_three_forms,
    a_poll_goes_on_where_the_last_one_ended,
    the_past_is_there,
    what_is_posted_is_in_the_log,
    a_request_that_is_repeated_is_one_message,
);

const FORMS: [&str; 3] = ["application/x-ndjson", "text/event-stream", "text/plain"];

/// The numbers of the events in these lines of JSON, or of server-sent events.
fn seqs(body: &str) -> Vec<u64> {
    let lines = body.lines().map(|line| line.strip_prefix("data: ").unwrap_or(line));
    let events = lines.filter(|line| line.starts_with('{')).map(|line| Push::decode(line).unwrap());
    events.filter_map(|push| if let Push::Event(event) = push { Some(event.seq.0) } else { None }).collect()
}

async fn follow(house: &House, from: &str, headers: &[(&str, &str)]) -> Http {
    let mut http = Http::connect(house).await;
    let head = http.ask("GET", &format!("/v1/rooms/1024/stream{from}"), headers, b"").await;
    assert_eq!(head.status, 200, "{head:?}");
    assert_eq!(head.header("cache-control"), Some("no-store, no-transform"));
    assert_eq!(head.header("x-accel-buffering"), Some("no"));
    let accept =
        headers.iter().find(|(name, _)| *name == "accept").map_or("application/x-ndjson", |one| one.1);
    assert!(head.header("content-type").unwrap().starts_with(accept));
    http
}

/// Lines of it, blank ones and comments left out, up to one that contains this.
async fn until(http: &mut Http, last: &str) -> Vec<String> {
    let mut lines = Vec::new();
    loop {
        let line = http.line().await.expect("a stream that goes on");
        if line.trim().is_empty() || line.starts_with(':') {
            continue;
        }
        let is_last = line.contains(last);
        lines.push(line);
        if is_last {
            return lines;
        }
    }
}

async fn a_stream_has_three_forms(on: On) {
    let house = House::open(on).await;
    house.seed(&RoomId::main(), 5, |n| format!("{n}\nand more")).await;
    let cursor = house.cursor(&RoomId::main(), 3).await;
    let mut bo = Client::enter(&house, "Bo \"<b>\"").await;
    let mut ndjson = follow(&house, "?from=tail:2", &[]).await;
    let mut events = follow(&house, &format!("?from={cursor}"), &[("accept", FORMS[1])]).await;
    let mut text = follow(&house, &format!("?from={cursor}"), &[("accept", FORMS[2])]).await;
    let mut head = follow(&house, "", &[]).await;
    let mut last =
        follow(&house, "?from=0", &[("accept", FORMS[1]), ("last-event-id", &cursor.to_string())]).await;
    let mut all = follow(&house, "?from=0", &[]).await;
    bo.post(6, "你好\n\nSeed: not me").await;
    bo.hear(1, 1, 0).await;
    let spoken = until(&mut text, "Seed: not me").await;
    let expected =
        ["Seed: 4", "    and more", "Seed: 5", "    and more", "Bo \"<b>\": 你好", "    Seed: not me"];
    assert_eq!(spoken, expected);
    let mine = until(&mut ndjson, "not me").await;
    assert_eq!(seqs(&mine.join("\n")), [4, 5, 6]);
    assert_eq!(until(&mut head, "not me").await, mine[2..]);
    assert_eq!(seqs(&until(&mut all, "not me").await.join("\n")), [1, 2, 3, 4, 5, 6]);
    for http in [&mut events, &mut last] {
        let mut lines = until(http, "not me").await;
        assert_eq!(lines.remove(0), "retry: 1000");
        for (n, pair) in (4..).zip(lines.chunks(2)) {
            assert_eq!(pair[0], format!("id: {}", house.cursor(&RoomId::main(), n).await));
            assert_eq!(pair[1], format!("data: {}", mine[n as usize - 4]));
        }
        assert_eq!(lines.len(), 6);
    }
    let asked = Ask::get("/v1/rooms/1024/stream?from=somewhere").of(&house).await;
    assert_eq!((asked.status, asked.json()["field"].as_str()), (400, Some("from")));
    drop((ndjson, events, text, head, last, all, bo));
    crate::kit::until(|| house.node.clock.connections().is_empty()).await;
}

/// What a poll brought, and where the next one begins.
async fn poll(http: &mut Http, query: &str, accept: &str) -> (String, String) {
    let answer = http.whole("GET", &format!("/v1/rooms/1024/poll?{query}"), &[("accept", accept)], b"").await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let cursor = answer.header("teahouse-cursor").unwrap().to_owned();
    (answer.body, cursor)
}

async fn a_poll_goes_on_where_the_last_one_ended(on: On) {
    const COUNT: u64 = 300;
    let house = House::open(on).await;
    house.seed(&RoomId::main(), COUNT, |n| format!("{n} {}", "茶".repeat(400))).await;
    let (mut http, mut bo) = (Http::connect(&house).await, Client::enter(&house, "Bo").await);
    for accept in &FORMS[..2] {
        let (mut heard, mut cursor) = (Vec::new(), "0".to_owned());
        while heard.len() < COUNT as usize {
            let (body, next) = poll(&mut http, &format!("from={cursor}&wait=25"), accept).await;
            heard.extend(seqs(&body));
            assert!(!body.contains("\"close\""), "its end is the end of the answer");
            cursor = next;
        }
        assert!(heard.into_iter().eq(1..=COUNT), "{accept}");
        assert_eq!(cursor, house.cursor(&RoomId::main(), COUNT).await.to_string());
        assert_eq!(poll(&mut http, &format!("from={cursor}&wait=0"), accept).await, (String::new(), cursor));
    }
    let (body, cursor) = poll(&mut http, "from=tail:2&wait=0", FORMS[2]).await;
    let names: Vec<_> = body.lines().map(|line| line.split(' ').take(2).collect::<Vec<_>>()).collect();
    assert_eq!(names, [["Seed:", "299"], ["Seed:", "300"]]);
    let (_, head) = poll(&mut http, "from=head&wait=0", FORMS[0]).await;
    assert_eq!(cursor, head);
    // It waits for what comes, and leaves nothing out between two of them.
    let path = format!("/v1/rooms/1024/poll?from={head}&wait=50");
    http.request("GET", &path, &[], b"").await;
    bo.post(1, "one").await;
    bo.post(2, "two").await;
    let answer = http.head("GET").await;
    let mut heard = http.frames(crate::kit::Lines::Ndjson).await;
    let next = answer.header("teahouse-cursor").unwrap();
    if heard.len() < 2 {
        let (body, _) = poll(&mut http, &format!("from={next}&wait=50"), FORMS[0]).await;
        heard.extend(body.lines().map(str::to_owned));
    }
    assert_eq!(seqs(&heard.join("\n")), [COUNT + 1, COUNT + 2]);
    // A hole and another log are told, and passed.
    let epoch = house.cursor(&RoomId::main(), 1).await.epoch.unwrap();
    let (body, cursor) = poll(&mut http, &format!("from={epoch}.9999.00000000&wait=0"), FORMS[0]).await;
    let reset = Push::decode(body.lines().next().unwrap()).unwrap();
    assert!(matches!(reset, Push::Reset { from, .. } if from.seq.0 == COUNT + 2 - 200), "{reset:?}");
    assert!(seqs(&body).len() <= 200 && !seqs(&body).is_empty() && cursor != "0");
}

#[tokio::test]
async fn a_reader_who_is_far_behind_is_told() {
    let house = House::open(On::Sqlite).await;
    house.seed(&RoomId::main(), 5_300, |n| n.to_string()).await;
    let behind = house.cursor(&RoomId::main(), 7).await;
    let mut http = Http::connect(&house).await;
    let (body, cursor) = poll(&mut http, &format!("from={behind}&wait=0"), FORMS[0]).await;
    assert!(body.starts_with("{\"type\":\"behind\""), "{body:.80}");
    assert_eq!(seqs(&body), (5_101..=5_300).collect::<Vec<_>>());
    assert_eq!(cursor, house.cursor(&RoomId::main(), 5_300).await.to_string());
    for (accept, first) in FORMS.into_iter().zip(["{\"type\":\"behind\"", "retry: ", "(too much was missed"])
    {
        let mut stream = follow(&house, &format!("?from={behind}"), &[("accept", accept)]).await;
        let lines = until(&mut stream, "5300").await;
        assert!(lines[0].starts_with(first), "{}", lines[0]);
    }
}

async fn past(http: &mut Http, query: &str) -> Answer {
    http.whole("GET", &format!("/v1/rooms/1024/messages{query}"), &[], b"").await
}

async fn the_past_is_there(on: On) {
    let house = House::open(on).await;
    house.seed(&RoomId::main(), 120, |n| format!("{n}\nyes")).await;
    let mut http = Http::connect(&house).await;
    for (query, first, last) in [
        ("", 71, 120),
        ("?limit=2", 119, 120),
        ("?before=5", 1, 4),
        ("?before=1", 1, 0),
        ("?before=5&limit=2", 3, 4),
        ("?after=100", 101, 120),
        ("?after=100&limit=3", 101, 103),
        ("?after=120", 1, 0),
        ("?after=0&limit=200", 1, 120),
        ("?around=50&limit=4", 48, 51),
        ("?before=9007199254740991&limit=1", 120, 120),
        ("?after=9007199254740991", 1, 0),
    ] {
        let answer = past(&mut http, query).await;
        assert_eq!(answer.status, 200, "{query}: {answer:?}");
        assert_eq!(seqs(&answer.body), (first..=last).collect::<Vec<_>>(), "{query}");
    }
    for (query, field) in [
        ("?limit=0", "limit"),
        ("?limit=201", "limit"),
        ("?before=1&after=1", "before"),
        ("?limit=x", ""),
        ("?before=-1", ""),
        ("?before=9007199254740992", "before"),
        ("?after=9223372036854775807", "after"),
        ("?around=18446744073709551615", "around"),
    ] {
        let answer = past(&mut http, query).await;
        assert_eq!((answer.status, &*answer.code()), (400, "bad_field"), "{query}: {answer:?}");
        assert_eq!(answer.json()["field"].as_str().unwrap_or_default(), field, "{query}");
    }
    let page =
        http.whole("GET", "/v1/rooms/1024/messages?limit=2", &[("accept", "application/json")], b"").await;
    let Push::Page { messages, as_of, more: true, .. } = Push::decode(&page.body).unwrap() else {
        panic!("a page, not {page:?}")
    };
    assert_eq!((messages.len(), as_of.0), (2, 120));
    let text = http.whole("GET", "/v1/rooms/1024/messages?limit=1", &[("accept", "text/plain")], b"").await;
    assert_eq!(text.body, "Seed: 120\n    yes\n");
    for room in ["nowhere", "NO", "%ff", "a%2fb", "x%00"] {
        for rest in ["messages", "stream", "poll?wait=0"] {
            let answer = Ask::get(&format!("/v1/rooms/{room}/{rest}")).of(&house).await;
            assert_eq!((answer.status, &*answer.code()), (404, "no_such_room"), "{room}/{rest}: {answer:?}");
        }
    }
}

async fn speak(house: &House, text: &[u8], headers: &[(&str, &str)]) -> Answer {
    let mut ask = Ask::new("POST", "/v1/rooms/1024/messages");
    for (name, value) in headers {
        ask = ask.with(name, value);
    }
    ask.body(text).of(house).await
}

async fn what_is_posted_is_in_the_log(on: On) {
    let house = House::open(on).await;
    let mut ada = Client::enter(&house, "Ada").await;
    for (n, (said, text)) in (1..).zip([
        ("hi\n", "hi"),
        ("hi\r\n", "hi"),
        ("two\r\nlines\n\n", "two\nlines\n"),
        ("\ttea <b>茶</b>", "\ttea <b>茶</b>"),
    ]) {
        let answer = speak(&house, said.as_bytes(), &[]).await;
        assert_eq!((answer.status, answer.header("cache-control")), (201, Some("no-store")), "{answer:?}");
        let stored = answer.json();
        assert_eq!((&stored["room"], stored["seq"].as_u64()), (&json!("1024"), Some(n)));
        let event = ada.event().await;
        assert_eq!((&*event.body.text, event.seq.0), (text, n));
        assert_eq!(
            (json!(event.cid), json!(event.by), json!(event.at)),
            (stored["cid"].clone(), stored["you"].clone(), stored["at"].clone())
        );
        // A new guest, who is named by an id and told a token.
        assert!(event.by.name.parse::<UserId>().is_ok() && stored["token"].is_string());
    }
    let long = "x".repeat(16_385);
    for (said, status, code) in [
        (&b""[..], 400, "bad_field"),
        (b"\n", 400, "bad_field"),
        (b" \xe3\x80\x80\n", 400, "bad_field"),
        (b"a\x1b[2J", 400, "bad_field"),
        (b"a\rb", 400, "bad_field"),
        (b"a\0", 400, "bad_field"),
        (b"\xff", 400, "bad_frame"),
        (long.as_bytes(), 413, "text_too_long"),
        (&[b'x'; (64 << 10) + 1], 413, "too_large"),
    ] {
        let answer = speak(&house, said, &[]).await;
        assert_eq!((answer.status, &*answer.code()), (status, code), "{answer:?}");
    }
    // Nobody is made for what cannot be said.
    let people = house.store.asked();
    let nowhere = Ask::new("POST", "/v1/rooms/nowhere/messages").body(b"hi").of(&house).await;
    assert_eq!((nowhere.status, &*nowhere.code()), (404, "no_such_room"));
    assert_eq!(house.store.asked(), people);
    for wrong in ["Bearer", "Bearer x", "Basic eA==", ""] {
        let answer = speak(&house, b"hi", &[("authorization", wrong)]).await;
        assert!([400, 401].contains(&answer.status), "{wrong}: {answer:?}");
    }
    ada.quiet().await;
    check_in_order(&house.log(&RoomId::main()).await, 1, 4);
}

#[tokio::test]
async fn a_guest_writes_under_a_name() {
    let house = House::open(On::Sqlite).await;
    let name = "O'Neil \"<b>&\"";
    let guest = Ask::post("/v1/guests", &json!({"name": name})).of(&house).await;
    assert_eq!((guest.status, guest.header("cache-control")), (201, Some("no-store")));
    let guest = guest.json();
    assert_eq!(guest["you"]["name"], name);
    let bearer = format!("bearer  {} ", guest["token"].as_str().unwrap());
    let stored = speak(&house, b"hi", &[("authorization", &bearer)]).await;
    assert_eq!((stored.status, &stored.json()["you"]), (201, &guest["you"]));
    assert!(stored.json()["token"].is_null(), "who has it is not told");
    assert_eq!(house.log(&RoomId::main()).await[0].by.name.as_ref(), name);
    for (body, status, code) in [
        (json!({"name": name}).to_string(), 409, "name_taken"),
        (json!({"name": ""}).to_string(), 400, "bad_name"),
        (json!({"name": 7}).to_string(), 400, "bad_field"),
        ("[".to_owned(), 400, "bad_field"),
    ] {
        let answer = Ask::new("POST", "/v1/guests").body(body.as_bytes()).of(&house).await;
        assert_eq!((answer.status, &*answer.code()), (status, code), "{body}");
    }
    for body in [&b""[..], b"{}", b"\n"] {
        let answer = Ask::new("POST", "/v1/guests").body(body).of(&house).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        assert!(!answer.json()["you"]["name"].as_str().unwrap().is_empty());
    }
}

async fn a_request_that_is_repeated_is_one_message(on: On) {
    let house = House::open(on).await;
    let guest = Ask::post("/v1/guests", &json!({"name": "Ada"})).of(&house).await.json();
    let bearer = format!("Bearer {}", guest["token"].as_str().unwrap());
    let known = [("authorization", &*bearer), ("idempotency-key", "deploy 7 of 3b1c9f2e")];
    let unknown = [("idempotency-key", "deploy 7 of 3b1c9f2e")];
    let mut tokens = Vec::new();
    for headers in [&known[..], &unknown[..]] {
        let first = speak(&house, b"done", headers).await;
        let again = speak(&house, b"done\n", headers).await;
        assert_eq!((first.status, again.status), (201, 200), "{again:?}");
        assert_eq!(first.json(), again.json());
        let other = speak(&house, b"failed", headers).await;
        assert_eq!((other.status, &*other.code()), (409, "cid_conflict"));
        tokens.push(first.json()["token"].clone());
    }
    assert_eq!(tokens[0], Value::Null);
    // The guest of the key may write on.
    let bearer = format!("Bearer {}", tokens[1].as_str().unwrap());
    let on = speak(&house, b"more", &[("authorization", &bearer)]).await;
    assert_eq!((on.status, on.json()["seq"].as_u64()), (201, Some(3)));
    for key in ["", &"k".repeat(256), "clé", "too easy"] {
        let answer = speak(&house, b"x", &[("idempotency-key", key)]).await;
        assert_eq!((answer.status, answer.json()["field"].as_str()), (400, Some("idempotency-key")), "{key}");
    }
    assert_eq!(speak(&house, b"x", &[("idempotency-key", &"k".repeat(255))]).await.status, 201);
    // Ten at once are one.
    let many: Vec<_> = (0..10)
        .map(|_| {
            let ask =
                Ask::new("POST", "/v1/rooms/1024/messages").with("idempotency-key", "many at the same time");
            tokio::spawn(ask.body(b"once").of_owned(&house))
        })
        .collect();
    let mut created = 0;
    for one in many {
        let answer = one.await.unwrap();
        assert!([200, 201].contains(&answer.status), "{answer:?}");
        created += u32::from(answer.status == 201);
    }
    assert_eq!(created, 1);
    check_in_order(&house.log(&RoomId::main()).await, 1, 5);
}

#[tokio::test]
async fn nobody_speaks_as_somebody_else() {
    let house = House::open(On::Sqlite).await;
    let _ada = Client::enter(&house, "Ada").await;
    let texts = [
        "x\nAda: gotcha",
        "x\u{2028}Ada: gotcha",
        "x\u{85}Ada: gotcha",
        "x\u{b}Ada: gotcha",
        "x\u{c}Ada: gotcha",
    ];
    for text in texts {
        speak(&house, text.as_bytes(), &[]).await;
    }
    let all = Ask::get("/v1/rooms/1024/messages").with("accept", "text/plain").of(&house).await;
    let breaks = ['\n', '\r', '\u{b}', '\u{c}', '\u{85}', '\u{2028}', '\u{2029}'];
    assert!(all.body.split(breaks).all(|line| !line.starts_with("Ada: ")), "{:?}", all.body);
}

#[tokio::test]
async fn guests_of_one_address_have_a_rate() {
    let given = Given {
        guests_per_address_per_second: Some(1),
        guests_per_address_burst: Some(2),
        ..Given::default()
    };
    let house = House::open_with(On::Sqlite, given).await;
    let statuses =
        [speak(&house, b"1", &[]).await, speak(&house, b"2", &[]).await, speak(&house, b"3", &[]).await];
    assert_eq!(statuses.each_ref().map(|answer| answer.status), [201, 201, 429]);
    assert_eq!((&*statuses[2].code(), statuses[2].header("retry-after")), ("rate", Some("1")));
    assert_eq!(house.log(&RoomId::main()).await.len(), 2);
}
