//! A person at a raw WebSocket: says lines, hears frames, and has no manners of its own.

use std::collections::VecDeque;
use std::net::SocketAddr;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use teahouse_protocol::frame::{Error, Subscribed, Welcome};
use teahouse_protocol::{Cid, Event, Push, RoomId, SUBPROTOCOL};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{WebSocketStream, client_async};

use super::{House, cid, within};

/// A connection to `/v1/ws`.
pub(crate) struct Client {
    socket: WebSocketStream<TcpStream>,
    lines: VecDeque<String>,
    welcome: Option<Welcome>,
    /// Tells this client's messages from others'.
    salt: u64,
}

/// What came until something else did.
#[derive(Debug, Default)]
pub(crate) struct Heard {
    pub(crate) events: Vec<Event>,
    /// `ref`, number, and whether it was a repeat.
    pub(crate) acks: Vec<(u64, u64, bool)>,
    pub(crate) errors: Vec<Error>,
}

impl Heard {
    pub(crate) fn texts(&self) -> Vec<&str> {
        self.events.iter().map(|event| &*event.body.text).collect()
    }
}

/// The numbers are those from `first` to `last`, each once and in order.
pub(crate) fn check_in_order(events: &[Event], first: u64, last: u64) {
    let numbers: Vec<_> = events.iter().map(|event| event.seq.0).collect();
    assert_eq!(numbers, (first..=last).collect::<Vec<_>>());
}

/// Opens a WebSocket to any address of a house, through a socket that was made ready.
pub(crate) async fn open(
    socket: TcpSocket,
    address: SocketAddr,
    path: &str,
    headers: &[(&'static str, &str)],
) -> Result<WebSocketStream<TcpStream>, tungstenite::Error> {
    let mut request = format!("ws://{address}{path}").into_client_request().unwrap();
    for (name, value) in headers {
        request.headers_mut().insert(*name, value.parse().unwrap());
    }
    let socket = socket.connect(address).await.unwrap();
    within(client_async(request, socket)).await.map(|(socket, _)| socket)
}

impl Client {
    /// A connection that has said nothing yet.
    pub(crate) async fn connect(house: &House) -> Self {
        Self::connect_through(TcpSocket::new_v4().unwrap(), house).await
    }

    /// The same, by a page that shows this cookie.
    pub(crate) async fn connect_with(house: &House, cookie: &str) -> Self {
        let headers = [("sec-websocket-protocol", SUBPROTOCOL), ("cookie", cookie)];
        let socket = open(TcpSocket::new_v4().unwrap(), house.address, "/v1/ws", &headers).await.unwrap();
        Self { socket, lines: VecDeque::new(), welcome: None, salt: rand::random() }
    }

    /// The same, through a socket that was made ready.
    pub(crate) async fn connect_through(socket: TcpSocket, house: &House) -> Self {
        let subprotocol = [("sec-websocket-protocol", SUBPROTOCOL)];
        let socket = open(socket, house.address, "/v1/ws", &subprotocol).await.unwrap();
        Self { socket, lines: VecDeque::new(), welcome: None, salt: rand::random() }
    }

    /// A new guest who follows the main room from its head on, live.
    pub(crate) async fn enter(house: &House, name: &str) -> Self {
        let hello = json!({"type": "hello", "v": 1, "name": name, "cursors": {"1024": "head"}});
        let mut client = Self::connect(house).await;
        client.come_in(&hello).await;
        client
    }

    /// Says this hello, and waits until its one room is live; what came before that is told.
    pub(crate) async fn come_in(&mut self, hello: &Value) -> (Subscribed, Heard) {
        self.hello(hello).await;
        let subscribed = self.subscribed().await;
        let heard = self.until_live().await;
        (subscribed, heard)
    }

    /// Says this hello and hears the welcome.
    pub(crate) async fn hello(&mut self, hello: &Value) {
        self.say(hello).await;
        match self.next().await {
            Push::Welcome(welcome) => self.welcome = Some(*welcome),
            other => panic!("a welcome, not {other:?}"),
        }
    }

    /// What the house said of this client.
    pub(crate) fn me(&self) -> &Welcome {
        self.welcome.as_ref().expect("it said hello")
    }

    /// Who came back is not told the token again: it keeps the one that it had.
    pub(crate) fn keep_token(&mut self, token: Option<String>) {
        self.welcome.as_mut().expect("it said hello").token = token;
    }

    /// The hello with which this person comes from another device.
    pub(crate) fn elsewhere(&self, cursors: &Value) -> Value {
        let token = self.me().token.as_deref().expect("it was new");
        json!({"type": "hello", "v": 1, "token": token, "cursors": cursors})
    }

    /// The hello with which this client comes back.
    pub(crate) fn again(&self, cursors: &Value) -> Value {
        let token = self.me().token.as_deref().expect("it was new");
        json!({"type": "hello", "v": 1, "token": token, "session": self.me().session, "cursors": cursors})
    }

    /// Says one line.
    pub(crate) async fn say(&mut self, line: &Value) {
        self.say_text(line.to_string()).await;
    }

    /// Says these lines in one WebSocket message.
    pub(crate) async fn say_all(&mut self, lines: &[Value]) {
        let lines: Vec<_> = lines.iter().map(Value::to_string).collect();
        self.say_text(lines.join("\n")).await;
    }

    /// Says one WebSocket message.
    pub(crate) async fn say_text(&mut self, text: String) {
        self.say_message(Message::text(text)).await;
    }

    pub(crate) async fn say_message(&mut self, message: Message) {
        within(self.socket.send(message)).await.unwrap();
    }

    /// Writes bytes as they are.
    pub(crate) async fn say_bytes(&mut self, bytes: &[u8]) {
        within(self.socket.get_mut().write_all(bytes)).await.unwrap();
    }

    /// The id of this client's message `number`.
    pub(crate) fn cid(&self, number: u64) -> Cid {
        cid(self.salt, number)
    }

    /// A send to the main room: `number` is its `ref` and makes its `cid`.
    pub(crate) fn send(&self, number: u64, text: &str) -> Value {
        self.send_to(&RoomId::main(), number, text)
    }

    pub(crate) fn send_to(&self, room: &RoomId, number: u64, text: &str) -> Value {
        json!({
            "type": "send", "ref": number, "room": room, "cid": self.cid(number), "kind": "message",
            "body": {"text": text},
        })
    }

    /// Writes to the main room.
    pub(crate) async fn post(&mut self, number: u64, text: &str) {
        let send = self.send(number, text);
        self.say(&send).await;
    }

    /// The next frame, whatever it is; `Err` at the WebSocket's close.
    pub(crate) async fn frame(&mut self) -> Result<Push, (u16, String)> {
        let line = self.line().await?;
        Ok(Push::decode(&line).unwrap_or_else(|error| panic!("{line}: {error}")))
    }

    /// The same, as it came.
    pub(crate) async fn line(&mut self) -> Result<String, (u16, String)> {
        loop {
            if let Some(line) = self.lines.pop_front() {
                return Ok(line);
            }
            match within(self.socket.next()).await {
                Some(Ok(Message::Text(text))) => self.lines.extend(text.split('\n').map(str::to_owned)),
                Some(Ok(Message::Close(close))) => {
                    let close = close.expect("a close of the server has a code");
                    // The answer leaves; the server may be gone already.
                    let _ = within(self.socket.flush()).await;
                    return Err((close.code.into(), close.reason.to_string()));
                }
                Some(Ok(Message::Pong(_))) => {}
                other => panic!("a text message, not {other:?}"),
            }
        }
    }

    /// The next frame, which does not end the WebSocket.
    pub(crate) async fn frame_unanswered(&mut self) -> Push {
        self.frame().await.unwrap()
    }

    /// The bytes between the server's close and the end of its socket.
    pub(crate) async fn rest(mut self) -> Vec<u8> {
        self.socket.get_mut().shutdown().await.unwrap();
        let mut rest = Vec::new();
        within(self.socket.get_mut().read_to_end(&mut rest)).await.unwrap();
        rest
    }

    /// The next WebSocket message, as it came.
    pub(crate) async fn message(&mut self) -> Message {
        within(self.socket.next()).await.expect("the server did not leave").unwrap()
    }

    /// The next frame that is neither a signal, nor a ping, nor about the person's own; pings are answered.
    pub(crate) async fn next(&mut self) -> Push {
        loop {
            match self.frame().await {
                Ok(Push::Signal { .. } | Push::Changed { .. }) => {}
                Ok(Push::Ping { .. }) => self.say(&json!({"type": "pong"})).await,
                Ok(push) => return push,
                Err(close) => panic!("the server closed: {close:?}"),
            }
        }
    }

    /// Waits until it is told that what calls its person is another.
    pub(crate) async fn hears_of_calls(&mut self) {
        while !matches!(self.frame().await.unwrap(), Push::Changed { calls: true, .. }) {}
    }

    /// The next signal; nothing else may come but pings.
    pub(crate) async fn signal(&mut self) -> teahouse_protocol::SignalBody {
        loop {
            match self.frame().await.unwrap() {
                Push::Signal { body, .. } => return body,
                Push::Ping { .. } => self.say(&json!({"type": "pong"})).await,
                other => panic!("a signal, not {other:?}"),
            }
        }
    }

    pub(crate) async fn event(&mut self) -> Event {
        match self.next().await {
            Push::Event(event) => event,
            other => panic!("an event, not {other:?}"),
        }
    }

    pub(crate) async fn error(&mut self) -> Error {
        match self.next().await {
            Push::Error(error) => error,
            other => panic!("an error, not {other:?}"),
        }
    }

    /// Number of the next frame, which must be the first ack of that send.
    pub(crate) async fn ack(&mut self, number: u64) -> u64 {
        match self.next().await {
            Push::Ack { r#ref, cid, seq, repeat: false, .. } if r#ref == number => {
                assert_eq!(cid, self.cid(number));
                seq.0
            }
            other => panic!("the ack of {number}, not {other:?}"),
        }
    }

    pub(crate) async fn subscribed(&mut self) -> Subscribed {
        match self.next().await {
            Push::Subscribed(subscribed) => *subscribed,
            other => panic!("subscribed, not {other:?}"),
        }
    }

    /// Everything until the main room is live.
    pub(crate) async fn until_live(&mut self) -> Heard {
        let mut heard = Heard::default();
        loop {
            match self.next().await {
                Push::Live { seq, .. } => {
                    if let Some(last) = heard.events.last() {
                        assert_eq!(last.seq, seq, "live says the last number that was given");
                    }
                    return heard;
                }
                push => heard.add(push),
            }
        }
    }

    /// Everything until so many events, acks and errors came.
    pub(crate) async fn hear(&mut self, events: usize, acks: usize, errors: usize) -> Heard {
        let mut heard = Heard::default();
        while heard.events.len() < events || heard.acks.len() < acks || heard.errors.len() < errors {
            let push = self.next().await;
            heard.add(push);
        }
        let counts = (heard.events.len(), heard.acks.len(), heard.errors.len());
        assert_eq!(counts, (events, acks, errors));
        heard
    }

    /// Everything until events up to that number of the main room came.
    pub(crate) async fn hear_up_to(&mut self, seq: u64) -> Heard {
        let mut heard = Heard::default();
        while heard.events.last().is_none_or(|event| event.seq.0 < seq) {
            let push = self.next().await;
            heard.add(push);
        }
        heard
    }

    /// Asks for a sign of life and gets it: everything said before was worked on, and nothing else came.
    pub(crate) async fn quiet(&mut self) {
        let heard = self.settle().await;
        assert!(heard.events.is_empty() && heard.acks.is_empty() && heard.errors.is_empty(), "{heard:?}");
    }

    /// Asks for a sign of life, and tells what came before it.
    pub(crate) async fn settle(&mut self) -> Heard {
        self.say(&json!({"type": "ping", "ref": 77_777})).await;
        let mut heard = Heard::default();
        loop {
            match self.next().await {
                Push::Pong { r#ref: 77_777, .. } => return heard,
                push => heard.add(push),
            }
        }
    }

    /// Everything until the server's close, which our `close` frame announced with the same code.
    pub(crate) async fn closed(&mut self) -> (u16, Heard) {
        let mut heard = Heard::default();
        let mut announced = None;
        loop {
            match self.frame().await {
                Ok(Push::Close { code, .. }) => announced = Some(code),
                Ok(other) if announced.is_some() => panic!("nothing follows a close, but {other:?}"),
                Ok(Push::Signal { .. } | Push::Ping { .. } | Push::Drain { .. }) => {}
                Ok(push) => heard.add(push),
                Err((code, _)) => {
                    assert_eq!(announced, Some(code), "the close was announced");
                    return (code, heard);
                }
            }
        }
    }

    /// Ends the socket without a word, as a killed process does.
    pub(crate) fn reset(self) {
        #[allow(deprecated, reason = "a linger of zero does not block, and a reset is what is tested")]
        self.socket.get_ref().set_linger(Some(std::time::Duration::ZERO)).unwrap();
    }
}

impl Heard {
    fn add(&mut self, push: Push) {
        match push {
            Push::Event(event) => self.events.push(event),
            Push::Ack { r#ref, seq, repeat, .. } => self.acks.push((r#ref, seq.0, repeat)),
            Push::Error(error) => self.errors.push(error),
            other => panic!("an event, an ack or an error, not {other:?}"),
        }
    }
}

/// A participant of the plain-text room.
pub(crate) struct Plain(WebSocketStream<TcpStream>);

impl Plain {
    /// Comes in; what is written from now on is heard.
    pub(crate) async fn enter(house: &House) -> Self {
        Self(open(TcpSocket::new_v4().unwrap(), house.address, "/chat", &[]).await.unwrap())
    }

    pub(crate) async fn say(&mut self, text: &str) {
        self.say_message(Message::text(text)).await;
    }

    pub(crate) async fn say_message(&mut self, message: Message) {
        within(self.0.send(message)).await.unwrap();
    }

    /// The next fragment.
    pub(crate) async fn hear(&mut self) -> String {
        match within(self.0.next()).await {
            Some(Ok(Message::Text(text))) => text.to_string(),
            other => panic!("a fragment, not {other:?}"),
        }
    }

    /// The code of the close that is next.
    pub(crate) async fn closed(&mut self) -> u16 {
        match within(self.0.next()).await {
            Some(Ok(Message::Close(Some(close)))) => close.code.into(),
            other => panic!("a close, not {other:?}"),
        }
    }
}
