//! What a session costs is told to the byte, over every transport.

use serde_json::{Value, json};
use teahouse_protocol::RoomId;

use crate::websocket::raw::masked;

use crate::kit::{Ask, Client, Guest, House, Http, Lines, On, Over, lines, on_every_store};

on_every_store!(polls_and_posts_cost_what_they_weigh, a_stream_costs_what_it_weighs);

/// What the house tells of the costs of everybody's sessions who has this token.
async fn told(house: &House, token: &str) -> Value {
    let answer = Ask::get("/v1/costs").with("authorization", &format!("Bearer {token}")).of(house).await;
    assert_eq!((answer.status, answer.header("cache-control")), (200, Some("no-store")));
    answer.json()["sessions"].clone()
}

/// What a client counted itself.
#[derive(Debug, Default, PartialEq)]
struct Counted {
    requests: u64,
    wrote: u64,
    wrote_frames: u64,
    read: u64,
    read_frames: u64,
}

impl Counted {
    fn told(&self) -> Value {
        json!({
            "requests": self.requests,
            "received": {"bytes": self.wrote, "frame_bytes": self.wrote_frames},
            "sent": {"bytes": self.read, "frame_bytes": self.read_frames},
        })
    }

    /// Posts these lines and counts everything; the frames of the answer.
    async fn post(
        &mut self,
        http: &mut Http,
        path: &str,
        headers: &[(&str, &str)],
        frames: &[&Value],
    ) -> Vec<String> {
        let (wrote, read) = (http.wrote, http.read);
        let body = lines(frames.iter().copied());
        let head = http.ask("POST", path, headers, body.as_bytes()).await;
        assert_eq!(head.status, 200, "{head:?}");
        let heard = http.frames(Lines::Ndjson).await;
        self.requests += 1;
        self.wrote += http.wrote - wrote;
        self.read += http.read - read;
        self.wrote_frames += frames.iter().map(|frame| frame.to_string().len() as u64).sum::<u64>();
        self.read_frames += heard.iter().map(|frame| frame.len() as u64).sum::<u64>();
        heard
    }
}

fn counted_hello(guest: &Guest) -> Value {
    let mut hello = guest.hello(true);
    hello["cost"] = json!(true);
    hello
}

async fn polls_and_posts_cost_what_they_weigh(on: On) {
    let house = House::open(on).await;
    house.seed(&RoomId::main(), 300, |n| format!("{n} 茶\n\t\"")).await;
    let (ada, bo) =
        (Guest::enter(&house, Over::Poll, "Ada").await, Guest::enter(&house, Over::Poll, "Bo").await);
    let (mut by_ada, mut by_bo) = (Counted::default(), Counted::default());
    // Both over one connection, as through a proxy, and over one more.
    let (mut shared, mut other) = (Http::connect(&house).await, Http::connect(&house).await);
    for n in 1..=3 {
        let (mut to_ada, to_bo) = (counted_hello(&ada), counted_hello(&bo));
        let send = ada.send(n, "茶馆");
        by_ada.post(&mut shared, "/v1/send", &[], &[&to_ada, &send]).await;
        to_ada["cursors"]["1024"] = json!("0");
        to_ada["brief"] = json!(n % 2 == 0);
        by_ada.post(&mut shared, "/v1/poll?wait=25", &[], &[&to_ada]).await;
        by_bo.post(&mut shared, "/v1/poll?wait=0", &[], &[&to_bo]).await;
        // Nobody pays for what nobody asked to count, and for what is refused.
        shared.whole("POST", "/v1/poll?wait=0", &[], bo.hello(false).to_string().as_bytes()).await;
        shared.whole("POST", "/v1/poll?wait=0", &[], b"nonsense").await;
        shared.whole("GET", "/healthz", &[], b"").await;
        // The server says that it waits for the body: that counts, too.
        by_bo.post(&mut other, "/v1/poll?wait=0", &[("expect", "100-continue")], &[&to_bo]).await;
        let bearer = format!("Bearer {}", bo.token());
        shared.whole("GET", "/v1/costs", &[("authorization", &bearer)], b"").await;
    }
    // Lines in pieces are the same lines.
    let (hello, ping) = (counted_hello(&bo).to_string(), r#"{"type":"ping","ref":1}"#);
    let (wrote, read) = (other.wrote, other.read);
    let head = "POST /v1/send HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n".to_owned();
    other.write(head.as_bytes()).await;
    for piece in [&*hello, "\n", ping] {
        other.write(format!("{:x}\r\n{piece}\r\n", piece.len()).as_bytes()).await;
    }
    other.write(b"0\r\n\r\n").await;
    assert_eq!(other.head("POST").await.status, 200);
    by_bo.read_frames +=
        other.frames(Lines::Ndjson).await.iter().map(|frame| frame.len() as u64).sum::<u64>();
    by_bo.requests += 1;
    by_bo.wrote += other.wrote - wrote;
    by_bo.read += other.read - read;
    by_bo.wrote_frames += (hello.len() + ping.len()) as u64;
    let (to_ada, to_bo) = (told(&house, ada.token()).await, told(&house, bo.token()).await);
    assert_eq!(to_ada, json!({ada.me().session.to_string(): by_ada.told()}));
    assert_eq!(to_bo, json!({bo.me().session.to_string(): by_bo.told()}), "{by_bo:?}");
}

async fn a_stream_costs_what_it_weighs(on: On) {
    let house = House::open(on).await;
    house.seed(&RoomId::main(), 50, |n| n.to_string()).await;
    let mut bo = Client::enter(&house, "Bo").await;
    for (over, name) in [(Over::Ndjson, "Ada"), (Over::Events, "Eve")] {
        let ada = Guest::enter(&house, Over::Poll, name).await;
        let (path, form, accept) = over.request();
        let mut hello = counted_hello(&ada);
        hello["cursors"]["1024"] = json!("0");
        let mut counted = Counted { requests: 1, ..Counted::default() };
        let mut http = Http::connect(&house).await;
        let body = hello.to_string();
        assert_eq!(http.ask("POST", path, &[("accept", accept)], body.as_bytes()).await.status, 200);
        let sends = [1, 2].map(|n| bo.send(n, "from now on"));
        bo.say_all(&sends).await;
        let mut frames = 0;
        let head = house.log(&RoomId::main()).await.len().max(50);
        bo.settle().await;
        while frames < head {
            let frame = http.frame(form).await.unwrap();
            counted.read_frames += frame.len() as u64;
            frames += usize::from(frame.contains("\"type\":\"event\""));
        }
        // The end of it is told as well, and counts.
        let connections = house.node.clock.connections();
        let mine = connections.iter().filter(|one| one.session() == ada.me().session);
        mine.for_each(|one| one.close(teahouse_protocol::CloseCode::Rotate));
        drop(connections);
        counted.read_frames += http.frames(form).await.iter().map(|frame| frame.len() as u64).sum::<u64>();
        (counted.read, counted.wrote, counted.wrote_frames) = (http.read, http.wrote, body.len() as u64);
        let told = told(&house, ada.token()).await;
        assert_eq!(told, json!({ada.me().session.to_string(): counted.told()}), "{over:?}");
    }
}

/// A WebSocket with its handshake; what is read with the hello counts, too.
#[tokio::test]
async fn a_websocket_costs_what_it_weighs() {
    let house = House::open(On::Sqlite).await;
    for hurried in [false, true] {
        let ada = Guest::enter(&house, Over::Poll, &format!("Ada {hurried}")).await;
        let mut http = Http::connect(&house).await;
        let upgrade = [
            ("connection", "Upgrade"),
            ("upgrade", "websocket"),
            ("sec-websocket-version", "13"),
            ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
            ("sec-websocket-protocol", teahouse_protocol::SUBPROTOCOL),
        ];
        assert_eq!(http.ask("GET", "/v1/ws", &upgrade, b"").await.status, 101);
        let mut hello = counted_hello(&ada);
        hello["cursors"] = json!({});
        let ping = json!({"type": "ping", "ref": 1}).to_string();
        let first = masked(0x81, hello.to_string().as_bytes());
        let second = masked(0x81, ping.as_bytes());
        let mut counted = Counted { requests: 1, ..Counted::default() };
        counted.wrote_frames = (hello.to_string().len() + ping.len()) as u64;
        if hurried {
            http.write(&[first, second].concat()).await;
        } else {
            http.write(&first).await;
            http.write(&second).await;
        }
        counted.read_frames = until_pong(&mut http).await;
        (counted.read, counted.wrote) = (http.read, http.wrote);
        let told = told(&house, ada.token()).await;
        assert_eq!(told, json!({ada.me().session.to_string(): counted.told()}), "{hurried}");
    }
}

/// Reads WebSocket messages up to the pong; how many bytes of frames they held.
async fn until_pong(http: &mut Http) -> u64 {
    let mut frame_bytes = 0;
    loop {
        let head = http.take(2).await;
        assert_eq!(head[0], 0x81, "a whole text message");
        let length = match head[1] {
            126 => http.take(2).await.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)),
            short => usize::from(short),
        };
        let text = String::from_utf8(http.take(length).await).unwrap();
        frame_bytes += text.split('\n').map(|line| line.len() as u64).sum::<u64>();
        if text.contains("\"type\":\"pong\"") {
            return frame_bytes;
        }
    }
}

#[tokio::test]
async fn costs_are_told_to_their_person_only() {
    let house = House::open(On::Sqlite).await;
    let mut ada = Guest::enter(&house, Over::Poll, "Ada").await;
    let bo = Guest::enter(&house, Over::Poll, "Bo").await;
    assert_eq!(told(&house, ada.token()).await, json!({}), "nobody asked to count");
    let mut http = Http::connect(&house).await;
    let mut counted = Counted::default();
    counted.post(&mut http, "/v1/poll?wait=0", &[], &[&counted_hello(&ada)]).await;
    assert_eq!(told(&house, bo.token()).await, json!({}));
    // Who shows somebody else's session does not touch what it cost.
    let mut thief = counted_hello(&bo);
    thief["session"] = json!(ada.me().session);
    http.whole("POST", "/v1/poll?wait=0", &[], thief.to_string().as_bytes()).await;
    assert_eq!(told(&house, ada.token()).await, json!({ada.me().session.to_string(): counted.told()}));
    for headers in [vec![], vec![("authorization", "Bearer x")], vec![("authorization", "Basic x")]] {
        let answer = http.whole("GET", "/v1/costs", &headers, b"").await;
        assert!(answer.status == 401 || answer.status == 400, "{answer:?}");
    }
    ada.cost = true;
    ada.post(&[]).await;
    let now = told(&house, ada.token()).await;
    assert_eq!(now[ada.me().session.to_string()]["requests"], 2);
}
