//! A guest over any transport, so that one script runs over all of them: applies each event once and in
//! order, asks by whatever way there is, and polls again by itself.

use std::collections::{BTreeMap, VecDeque};

use serde_json::{Value, json};
use teahouse_protocol::frame::Welcome;
use teahouse_protocol::{Cid, Cursor, Event, Push, RoomId};

use super::raw::{Http, Lines};
use super::{Ask, Client, House, cid};

/// How a guest receives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Over {
    WebSocket,
    Ndjson,
    Events,
    LongPoll,
    Poll,
}

impl Over {
    pub(crate) const ALL: [Self; 5] =
        [Self::WebSocket, Self::Ndjson, Self::Events, Self::LongPoll, Self::Poll];

    /// Where its hello is posted, how its lines come, and what it accepts.
    pub(crate) fn request(self) -> (&'static str, Lines, &'static str) {
        match self {
            Self::WebSocket => panic!("a WebSocket posts nothing"),
            Self::Ndjson => ("/v1/stream", Lines::Ndjson, "application/x-ndjson"),
            Self::Events => ("/v1/stream", Lines::Events, "text/event-stream"),
            Self::LongPoll => ("/v1/poll?wait=25", Lines::Ndjson, "*/*"),
            Self::Poll => ("/v1/poll?wait=0", Lines::Ndjson, "*/*"),
        }
    }

    pub(crate) fn is_poll(self) -> bool {
        matches!(self, Self::LongPoll | Self::Poll)
    }
}

/// Runs each function on each store and over each transport.
macro_rules! on_every_transport {
    ($($name:ident),* $(,)?) => {
        mod sqlite {
            $(mod $name {
                crate::kit::on_each!($name, Sqlite, websocket WebSocket, ndjson Ndjson, events Events,
                    long_poll LongPoll, poll Poll);
            })*
        }
        mod postgres {
            // What a transport adds is the same on every store.
            $(mod $name {
                crate::kit::on_each!($name, Postgres, websocket WebSocket);
            })*
        }
    };
}
pub(crate) use on_every_transport;

macro_rules! on_each {
    ($function:ident, $on:ident, $($name:ident $over:ident),*) => {
        $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() {
            super::super::$function(crate::kit::On::$on, crate::kit::Over::$over).await;
        })*
    };
}
pub(crate) use on_each;

/// Somebody who receives over one transport.
pub(crate) struct Guest {
    way: Way,
    /// Where commands are posted, unless they go over the WebSocket.
    posts: Http,
    lines: VecDeque<String>,
    welcome: Option<Welcome>,
    token: Option<String>,
    name: Option<String>,
    /// Where each room begins that was not subscribed yet.
    from: BTreeMap<String, Value>,
    cursors: BTreeMap<RoomId, Cursor>,
    /// The pause that the last poll named.
    pub(crate) pause_ms: Option<u64>,
    /// It had everything, once: polls may be brief.
    live: bool,
    pub(crate) cost: bool,
    pub(crate) salt: u64,
}

enum Way {
    Socket(Box<Client>),
    Stream(Http, Lines),
    Polls(Http, &'static str),
}

/// What came until a room was live.
#[derive(Debug, Default)]
pub(crate) struct Came {
    pub(crate) events: Vec<Event>,
    /// The events as they came.
    pub(crate) lines: Vec<String>,
    pub(crate) others: Vec<Push>,
}

impl Guest {
    /// A new guest who follows the main room from its head on, live.
    pub(crate) async fn enter(house: &House, over: Over, name: &str) -> Self {
        Self::come(house, over, name, json!({"1024": "head"})).await.0
    }

    /// A new guest, live in the rooms of these cursors.
    pub(crate) async fn come(house: &House, over: Over, name: &str, from: Value) -> (Self, Came) {
        let mut guest = Self::connect(house, over, Some(name), from).await;
        let came = guest.until_live().await;
        (guest, came)
    }

    /// A new guest who has said hello.
    pub(crate) async fn connect(house: &House, over: Over, name: Option<&str>, from: Value) -> Self {
        let mut guest = Self::asleep(house, from).await;
        guest.name = name.map(str::to_owned);
        guest.switch(house, over).await;
        guest
    }

    /// The same client over another transport, from its cursors on; the old one is left open and is given.
    pub(crate) async fn moved(mut self, house: &House, over: Over) -> (Self, Leftover) {
        let posts = Http::connect(house).await;
        let way = std::mem::replace(&mut self.way, Way::Polls(posts, ""));
        self.lines.clear();
        self.switch(house, over).await;
        (self, Leftover(way))
    }

    /// The same person from another device, over any transport.
    pub(crate) async fn elsewhere(&self, house: &House, over: Over, from: Value) -> Self {
        let mut other = Self::asleep(house, from).await;
        other.token.clone_from(&self.token);
        other.switch(house, over).await;
        other.until_live().await;
        other
    }

    /// The same client once more, from its cursors on, while the first one goes on.
    pub(crate) async fn twin(&self, house: &House, over: Over) -> Self {
        let mut twin = Self::asleep(house, json!(self.from)).await;
        twin.token.clone_from(&self.token);
        twin.welcome.clone_from(&self.welcome);
        twin.cursors.clone_from(&self.cursors);
        twin.cost = self.cost;
        twin.salt = self.salt;
        twin.switch(house, over).await;
        twin
    }

    /// The status with which one more poll of this person is answered.
    pub(crate) async fn elsewhere_token(&self, house: &House) -> u16 {
        let hello = json!({"type": "hello", "v": 1, "token": self.token(), "cursors": {}}).to_string();
        Ask::new("POST", "/v1/poll?wait=0").body(hello.as_bytes()).of(house).await.status
    }

    async fn asleep(house: &House, from: Value) -> Self {
        let (posts, way) = (Http::connect(house).await, Way::Polls(Http::connect(house).await, ""));
        Self {
            way,
            posts,
            lines: VecDeque::new(),
            welcome: None,
            token: None,
            name: None,
            from: serde_json::from_value(from).unwrap(),
            cursors: BTreeMap::new(),
            pause_ms: None,
            live: false,
            cost: false,
            salt: rand::random(),
        }
    }

    async fn switch(&mut self, house: &House, over: Over) {
        self.live = false;
        let hello = self.hello(false);
        self.way = match over {
            Over::WebSocket => {
                let mut client = Client::connect(house).await;
                client.say(&hello).await;
                Way::Socket(Box::new(client))
            }
            Over::Ndjson | Over::Events => {
                let (path, lines, accept) = over.request();
                let mut http = Http::connect(house).await;
                let body = hello.to_string();
                let head = http.ask("POST", path, &[("accept", accept)], body.as_bytes()).await;
                assert_eq!(head.status, 200, "{head:?}");
                Way::Stream(http, lines)
            }
            Over::LongPoll | Over::Poll => Way::Polls(Http::connect(house).await, over.request().0),
        };
        if over.is_poll() {
            self.poll(&hello).await;
        }
    }

    /// The hello with which this client comes back.
    pub(crate) fn hello(&self, brief: bool) -> Value {
        let mut cursors = serde_json::Map::new();
        cursors.extend(self.from.iter().map(|(room, from)| (room.clone(), from.clone())));
        cursors.extend(self.cursors.iter().map(|(room, cursor)| (room.to_string(), json!(cursor))));
        let mut hello = json!({"type": "hello", "v": 1, "cursors": cursors});
        if let Some(name) = &self.name {
            hello["name"] = json!(name);
        }
        if let Some(token) = &self.token {
            hello["token"] = json!(token);
        }
        if let Some(welcome) = &self.welcome {
            hello["session"] = json!(welcome.session);
        }
        if brief {
            hello["brief"] = json!(true);
        }
        if self.cost {
            hello["cost"] = json!(true);
        }
        hello
    }

    pub(crate) fn me(&self) -> &Welcome {
        self.welcome.as_ref().expect("it was welcomed")
    }

    pub(crate) fn token(&self) -> &str {
        self.token.as_deref().expect("it was new")
    }

    pub(crate) fn cursor(&self) -> Cursor {
        self.cursors[&RoomId::main()]
    }

    /// What this client posts with, and what it reads from unless that is a WebSocket.
    pub(crate) fn sockets(&mut self) -> (&mut Http, Option<&mut Http>) {
        let read = match &mut self.way {
            Way::Socket(_) => None,
            Way::Stream(http, _) | Way::Polls(http, _) => Some(http),
        };
        (&mut self.posts, read)
    }

    async fn poll(&mut self, hello: &Value) {
        let Way::Polls(http, path) = &mut self.way else { panic!("it does not poll") };
        let answer = http.whole("POST", path, &[], hello.to_string().as_bytes()).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let mut lines: Vec<_> = answer.body.lines().filter(|line| !line.is_empty()).collect();
        let last = lines.pop().map(|line| Push::decode(line).unwrap());
        match last {
            Some(Push::Close { code: 4002, retry_ms, .. }) => self.pause_ms = retry_ms,
            other => panic!("a poll ends with a close, not {other:?}"),
        }
        self.lines.extend(lines.into_iter().map(str::to_owned));
    }

    /// The next frame, and its line as it came.
    pub(crate) async fn frame(&mut self) -> (Push, String) {
        loop {
            let line = match (self.lines.pop_front(), &mut self.way) {
                (Some(line), _) => line,
                (None, Way::Socket(client)) => client.line().await.unwrap(),
                (None, Way::Stream(http, lines)) => http.frame(*lines).await.expect("a stream that goes on"),
                (None, Way::Polls(..)) => {
                    let hello = self.hello(self.live);
                    self.poll(&hello).await;
                    continue;
                }
            };
            let push = Push::decode(&line).unwrap_or_else(|error| panic!("{line}: {error}"));
            self.apply(&push);
            return (push, line);
        }
    }

    fn apply(&mut self, push: &Push) {
        match push {
            Push::Welcome(welcome) => {
                if let Some(token) = &welcome.token {
                    assert!(self.token.is_none(), "a token is told once");
                    self.token = Some(token.clone());
                    self.name = None;
                }
                self.welcome = Some((**welcome).clone());
            }
            Push::Subscribed(subscribed) => {
                self.cursors.insert(subscribed.room.id.clone(), subscribed.from);
            }
            Push::Behind { room, from, .. } | Push::Reset { room, from, .. } => {
                self.cursors.insert(room.clone(), *from);
            }
            Push::Event(event) => {
                let cursor = self.cursors.get_mut(&event.room).expect("a room that is followed");
                // Panics unless it is the next one.
                cursor.applied(event.seq, event.cid);
            }
            _ => {}
        }
    }

    /// The next frame that is neither a signal nor a ping.
    pub(crate) async fn next(&mut self) -> Push {
        self.next_line().await.0
    }

    async fn next_line(&mut self) -> (Push, String) {
        loop {
            let (push, line) = self.frame().await;
            match (&push, &mut self.way) {
                (Push::Signal { .. }, _) => {}
                (Push::Ping { .. }, Way::Socket(client)) => client.say(&json!({"type": "pong"})).await,
                (Push::Ping { .. }, _) => {}
                _ => return (push, line),
            }
        }
    }

    /// The next frame, which has to be an event.
    pub(crate) async fn event(&mut self) -> Event {
        match self.next().await {
            Push::Event(event) => event,
            other => panic!("an event, not {other:?}"),
        }
    }

    /// Everything until the last room of its hello is live.
    pub(crate) async fn until_live(&mut self) -> Came {
        let (mut came, mut left) = (Came::default(), self.from.len());
        loop {
            match self.next_line().await {
                (Push::Event(event), line) => {
                    came.events.push(event);
                    came.lines.push(line);
                }
                (Push::Live { room, seq }, _) => {
                    assert_eq!(self.cursors[&room].seq, seq, "it has everything up to there");
                    left -= 1;
                }
                (Push::Error(error), _) if error.field.is_some() => {
                    let field = error.field.clone().unwrap();
                    self.from.remove(field.strip_prefix("cursors.").unwrap());
                    came.others.push(Push::Error(error));
                    left -= 1;
                }
                (other, _) => came.others.push(other),
            }
            if left == 0 {
                self.live = true;
                return came;
            }
        }
    }

    /// Events up to that number of the main room, as they came.
    pub(crate) async fn hear_up_to(&mut self, seq: u64) -> Vec<String> {
        let mut lines = Vec::new();
        while self.cursor().seq.0 < seq {
            match self.next_line().await {
                (Push::Event(_), line) => lines.push(line),
                (Push::Live { .. }, _) => {}
                other => panic!("an event, not {other:?}"),
            }
        }
        lines
    }

    /// Says these lines, all of which have a `ref` and are answered; the answers.
    pub(crate) async fn ask(&mut self, asked: &[Value]) -> Vec<Push> {
        let Way::Socket(client) = &mut self.way else { return self.post(asked).await };
        client.say_all(asked).await;
        let mut answers = Vec::new();
        while answers.len() < asked.len() {
            let line = client.line().await.unwrap();
            match Push::decode(&line).unwrap() {
                Push::Ping { .. } => client.say(&json!({"type": "pong"})).await,
                answer if reference(&answer).is_some() => answers.push(answer),
                _ => self.lines.push_back(line),
            }
        }
        answers
    }

    /// Says these lines with one request, whatever this client receives by.
    pub(crate) async fn post(&mut self, asked: &[Value]) -> Vec<Push> {
        let mut hello = self.hello(true);
        hello["cursors"] = json!({});
        let body = lines(std::iter::once(&hello).chain(asked));
        let answer = self.posts.whole("POST", "/v1/send", &[], body.as_bytes()).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.body.lines().map(|line| Push::decode(line).unwrap()).collect()
    }

    /// Waits until nobody's coming or going is left to be told, which would be news for a poll.
    pub(crate) async fn until_nobody_moves(&mut self) {
        // Longer than changes are gathered.
        let hello = self.hello(true).to_string();
        while self.posts.whole("POST", "/v1/poll?wait=2", &[], hello.as_bytes()).await.body.lines().count()
            > 1
        {}
    }

    /// The id of this client's message `number`.
    pub(crate) fn cid(&self, number: u64) -> Cid {
        cid(self.salt, number)
    }

    /// A send to the main room: `number` is its `ref` and makes its `cid`.
    pub(crate) fn send(&self, number: u64, text: &str) -> Value {
        json!({
            "type": "send", "ref": number, "room": "1024", "cid": self.cid(number), "kind": "message",
            "body": {"text": text},
        })
    }

    /// Writes to the main room; the number that it got.
    pub(crate) async fn say(&mut self, number: u64, text: &str) -> u64 {
        let send = self.send(number, text);
        match &self.ask(&[send]).await[..] {
            [Push::Ack { r#ref, cid, seq, repeat: false, .. }] if *r#ref == number => {
                assert_eq!(*cid, self.cid(number));
                seq.0
            }
            other => panic!("the ack of {number}, not {other:?}"),
        }
    }
}

/// What a client received by before it moved.
pub(crate) struct Leftover(Way);

impl Leftover {
    /// Everything until the close that ends it.
    pub(crate) async fn closed(self) -> (u16, Vec<Push>) {
        let mut heard = Vec::new();
        match self.0 {
            Way::Socket(mut client) => loop {
                match client.frame().await {
                    Ok(push) => heard.push(push),
                    Err((code, _)) => return (code, heard),
                }
            },
            Way::Stream(mut http, lines) => {
                for line in http.frames(lines).await {
                    heard.push(Push::decode(&line).unwrap());
                }
                match heard.pop() {
                    Some(Push::Close { code, .. }) => (code, heard),
                    other => panic!("a stream ends with a close, not {other:?}"),
                }
            }
            Way::Polls(..) => panic!("nothing is open between two polls"),
        }
    }
}

/// These frames as the body of a request.
pub(crate) fn lines<'a>(lines: impl IntoIterator<Item = &'a Value>) -> String {
    lines.into_iter().map(Value::to_string).collect::<Vec<_>>().join("\n")
}

/// The `ref` that a reply carries.
fn reference(push: &Push) -> Option<u64> {
    match push {
        Push::Ack { r#ref, .. } | Push::Page { r#ref, .. } | Push::Pong { r#ref, .. } => Some(*r#ref),
        Push::Error(error) => error.r#ref,
        Push::Read { r#ref, .. } | Push::Unsubscribed { r#ref, .. } => *r#ref,
        Push::Authed { r#ref } => Some(*r#ref),
        Push::Subscribed(subscribed) => subscribed.r#ref,
        _ => None,
    }
}
