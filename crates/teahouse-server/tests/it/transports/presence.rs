//! Who is here, when some of them only ask now and then.

use serde_json::{Value, json};
use teahouse_protocol::{Push, RoomId, SignalBody, UserId};

use crate::kit::{Ask, Client, Guest, House, Http, On, Over, lines, within};

/// Who is here, as the door tells it.
async fn here(house: &House) -> Vec<String> {
    let door = Ask::get("/v1/rooms/1024").of(house).await.json();
    let mut names: Vec<_> =
        door["here"]["people"].as_array().unwrap().iter().map(|one| one["name"].to_string()).collect();
    names.sort();
    names
}

/// Waits until this WebSocket is told that somebody left.
async fn until_left(client: &mut Client, who: UserId) {
    within(async {
        loop {
            if let SignalBody::Presence(changes) = client.signal().await
                && changes.left.contains(&who)
            {
                return;
            }
        }
    })
    .await;
}

async fn until_came(client: &mut Client, who: UserId) {
    within(async {
        loop {
            if let SignalBody::Presence(changes) = client.signal().await
                && changes.came.iter().any(|one| one.id == who)
            {
                return;
            }
        }
    })
    .await;
}

fn bye(guest: &Guest) -> String {
    lines([&guest.hello(true), &json!({"type": "bye"})])
}

async fn say_bye(house: &House, guest: &Guest) {
    let answer = Ask::new("POST", "/v1/send").body(bye(guest).as_bytes()).of(house).await;
    assert_eq!((answer.status, &*answer.body), (200, ""));
}

/// The frames of a poll whose client has everything.
async fn polled(http: &mut Http, path: &str, guest: &Guest) -> Vec<Push> {
    let answer = http.whole("POST", path, &[], guest.hello(true).to_string().as_bytes()).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.body.lines().map(|line| Push::decode(line).unwrap()).collect()
}

#[tokio::test]
async fn who_polls_is_here_between_two_polls() {
    for over in [Over::LongPoll, Over::Poll] {
        let house = House::open(On::Sqlite).await;
        let mut bo = Client::enter(&house, "Bo").await;
        let ada = Guest::enter(&house, over, "Ada").await;
        let eve = Guest::enter(&house, over, "Eve").await;
        // Nobody has a request under way, and somebody else's leaving is told: long after Ada's answer.
        until_came(&mut bo, eve.me().you.id).await;
        say_bye(&house, &eve).await;
        until_left(&mut bo, eve.me().you.id).await;
        assert_eq!(here(&house).await, ["\"Ada\"", "\"Bo\""], "{over:?}");
        let me = ada.me().you.id;
        say_bye(&house, &ada).await;
        until_left(&mut bo, me).await;
        assert_eq!(here(&house).await, ["\"Bo\""]);
        // Whoever comes back is here again.
        let mut http = Http::connect(&house).await;
        polled(&mut http, "/v1/poll?wait=0", &ada).await;
        until_came(&mut bo, me).await;
    }
}

/// A client that leaves says so with a request, and its stream is cut: in either order.
#[tokio::test]
async fn a_bye_leaves_while_the_stream_is_still_open() {
    for over in [Over::Ndjson, Over::Events, Over::LongPoll] {
        let house = House::open(On::Sqlite).await;
        let mut bo = Client::enter(&house, "Bo").await;
        let mut ada = Guest::enter(&house, over, "Ada").await;
        // The same person elsewhere stays.
        let other = if over == Over::Ndjson {
            Some(ada.elsewhere(&house, Over::WebSocket, json!({"1024": "head"})).await)
        } else {
            None
        };
        until_came(&mut bo, ada.me().you.id).await;
        if over == Over::LongPoll {
            let hello = ada.hello(true).to_string();
            let (_, http) = ada.sockets();
            http.unwrap().request("POST", "/v1/poll?wait=50", &[], hello.as_bytes()).await;
            house.until_a_poll_waits().await;
        }
        say_bye(&house, &ada).await;
        match other {
            Some(other) => {
                let one_of_two = |_: &House| house.node.clock.connections().len() == 2;
                crate::kit::until(|| one_of_two(&house)).await;
                assert_eq!(here(&house).await, ["\"Ada\"", "\"Bo\""]);
                drop(other);
            }
            None => until_left(&mut bo, ada.me().you.id).await,
        }
    }
}

#[tokio::test]
async fn a_poll_is_told_the_list_when_it_changed() {
    let house = House::open(On::Sqlite).await;
    let ada = Guest::enter(&house, Over::Poll, "Ada").await;
    let mut http = Http::connect(&house).await;
    // Her own coming is told when it was gathered.
    let signal = polled(&mut http, "/v1/poll?wait=50", &ada).await.remove(0);
    let Push::Signal { body: SignalBody::Presence(_), .. } = signal else { panic!("not {signal:?}") };
    for _ in 0..3 {
        let frames = polled(&mut http, "/v1/poll?wait=0", &ada).await;
        assert!(matches!(frames[..], [Push::Close { .. }]), "{frames:?}");
    }
    let mut bo = Client::enter(&house, "Bo").await;
    let second = bo.me().you.id;
    until_came(&mut bo, second).await;
    // It changed between two polls: the whole list, once.
    let frames = polled(&mut http, "/v1/poll?wait=0", &ada).await;
    let [Push::Signal { body: SignalBody::Presence(changes), .. }, Push::Close { .. }] = &frames[..] else {
        panic!("the list, not {frames:?}")
    };
    assert_eq!((changes.count, changes.people.as_ref().map(Vec::len)), (2, Some(2)));
    let frames = polled(&mut http, "/v1/poll?wait=0", &ada).await;
    assert!(matches!(frames[..], [Push::Close { .. }]), "{frames:?}");
}

/// What came while an answer was lost is told again.
#[tokio::test]
async fn a_list_that_was_lost_on_the_way_is_told_again() {
    let house = House::open(On::Sqlite).await;
    let ada = Guest::enter(&house, Over::LongPoll, "Ada").await;
    let mut http = Http::connect(&house).await;
    polled(&mut http, "/v1/poll?wait=50", &ada).await;
    // Or that one would be taken for the next.
    crate::kit::until(|| house.node.clock.connections().is_empty()).await;
    let mut cut = Http::connect(&house).await;
    cut.request("POST", "/v1/poll?wait=50", &[], ada.hello(true).to_string().as_bytes()).await;
    house.until_a_poll_waits().await;
    drop(cut);
    crate::kit::until(|| house.node.clock.connections().is_empty()).await;
    let frames = polled(&mut http, "/v1/poll?wait=0", &ada).await;
    assert!(matches!(frames[..], [Push::Signal { .. }, Push::Close { .. }]), "{frames:?}");
    let frames = polled(&mut http, "/v1/poll?wait=0", &ada).await;
    assert!(matches!(frames[..], [Push::Close { .. }]), "{frames:?}");
}

#[tokio::test]
async fn typing_is_told_to_who_listens() {
    let house = House::open(On::Sqlite).await;
    let mut ada = Guest::enter(&house, Over::Poll, "Ada").await;
    let mut bo = Client::enter(&house, "Bo").await;
    let mut eve = Guest::enter(&house, Over::Events, "Eve").await;
    let mut http = Http::connect(&house).await;
    let typing = json!({"type": "typing", "room": "1024", "on": true});
    assert_eq!(ada.post(&[typing]).await, []);
    let types = |body: &SignalBody| matches!(body, SignalBody::Typing(here) if here.count == 1);
    while !types(&bo.signal().await) {}
    loop {
        if let (Push::Signal { body, .. }, _) = eve.frame().await
            && types(&body)
        {
            break;
        }
    }
    // Who polls would pay for each with a request.
    let frames = polled(&mut http, "/v1/poll?wait=0", &ada).await;
    let typings =
        frames.iter().filter(|push| matches!(push, Push::Signal { body: SignalBody::Typing(_), .. }));
    assert_eq!(typings.count(), 0);
    assert_eq!(house.log(&RoomId::main()).await.len(), 0);
}

/// Somebody who follows one room with `curl` and a token is here; who has none is nobody.
#[tokio::test]
async fn a_reader_with_a_token_is_here() {
    let house = House::open(On::Sqlite).await;
    let guest: Value = Ask::post("/v1/guests", &json!({"name": "Ada"})).of(&house).await.json();
    let bearer = format!("Bearer {}", guest["token"].as_str().unwrap());
    let mut nobody = Http::connect(&house).await;
    assert_eq!(nobody.ask("GET", "/v1/rooms/1024/stream", &[], b"").await.status, 200);
    assert_eq!(here(&house).await, Vec::<String>::new());
    let mut ada = Http::connect(&house).await;
    let answer = ada.ask("GET", "/v1/rooms/1024/stream", &[("authorization", &bearer)], b"").await;
    assert_eq!(answer.status, 200);
    assert_eq!(here(&house).await, ["\"Ada\""]);
}
