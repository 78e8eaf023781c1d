//! The whole client over a WebSocket, against the small house on a port of its own.

use std::sync::{Arc, Mutex};

use futures_util::{SinkExt, StreamExt};
use teahouse_client::protocol::{ErrorCode, From, Push, Range, RoomId, Seq};
use teahouse_client::{Client, End, Notice, Notices, Options, Refused};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{Request, Response};
use tokio_tungstenite::tungstenite::http::HeaderValue;

use crate::house::{House, Peer};

/// The small house behind a real port.
#[derive(Clone)]
struct Door {
    house: Arc<Mutex<House>>,
    /// Raised when everybody is to be cut off.
    cuts: Arc<watch::Sender<u64>>,
    /// Raised when there is something to deliver.
    news: Arc<watch::Sender<u64>>,
    url: String,
}

impl Door {
    async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/r/1024", listener.local_addr().unwrap());
        let door = Self {
            house: Arc::default(),
            cuts: Arc::new(watch::channel(0).0),
            news: Arc::new(watch::channel(0).0),
            url,
        };
        let served = door.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(served.clone().serve(stream));
            }
        });
        door
    }

    fn options(&self) -> Options {
        Options::new(&self.url).unwrap()
    }

    fn cut(&self) {
        self.cuts.send_modify(|cuts| *cuts += 1);
    }

    async fn serve(self, stream: TcpStream) {
        let mut cuts = self.cuts.subscribe();
        let mut news = self.news.subscribe();
        let mut socket = tokio_tungstenite::accept_hdr_async(stream, check_request).await.unwrap();
        let mut peer = Peer::default();
        loop {
            tokio::select! {
                _ = cuts.changed() => return,
                _ = news.changed() => {}
                message = socket.next() => match message {
                    Some(Ok(Message::Text(line))) => {
                        if line.contains("\"bye\"") {
                            return drop(socket.close(None).await);
                        }
                        let replies = self.house.lock().unwrap().line(&mut peer, &line);
                        self.news.send_modify(|news| *news += 1);
                        self.say(&mut socket, &replies).await;
                    }
                    Some(Ok(_)) => {}
                    _ => return,
                },
            }
            let events = self.house.lock().unwrap().deliver(&mut peer);
            self.say(&mut socket, &events).await;
        }
    }

    /// All frames as the lines of one message, as a house may send them.
    async fn say(&self, socket: &mut tokio_tungstenite::WebSocketStream<TcpStream>, pushes: &[Push]) {
        let lines: Vec<String> =
            pushes.iter().map(|push| String::from_utf8(push.encode()).unwrap()).collect();
        if !lines.is_empty() {
            drop(socket.send(Message::text(lines.join("\n"))).await);
        }
    }
}

#[expect(clippy::result_large_err, reason = "the type is the library's")]
fn check_request(
    request: &Request,
    mut response: Response,
) -> Result<Response, tokio_tungstenite::tungstenite::handshake::server::ErrorResponse> {
    assert_eq!(request.uri().path(), "/v1/ws");
    assert_eq!(request.headers()["sec-websocket-protocol"], "teahouse.v1");
    assert!(!request.headers().contains_key("origin"));
    response.headers_mut().insert("sec-websocket-protocol", HeaderValue::from_static("teahouse.v1"));
    Ok(response)
}

async fn next_texts(notices: &mut Notices, many: usize) -> Vec<String> {
    let mut texts = Vec::new();
    while texts.len() < many {
        match notices.next().await.expect("the client lives") {
            Notice::Event(event) => texts.push(event.body.text),
            Notice::Hole(hole) => panic!("{hole:?}"),
            _ => {}
        }
    }
    texts
}

#[tokio::test]
async fn talks_asks_and_leaves() {
    let door = Door::open().await;
    let (client, mut notices) = Client::connect(Options { name: Some("小满".into()), ..door.options() });
    let receipt = client.say("你好\n再见").await.unwrap();
    let cid = receipt.cid();
    let ack = receipt.await.unwrap();
    assert_eq!((ack.seq, ack.repeat), (Seq(1), false));
    let Some(Notice::Welcome(welcome)) = notices.next().await else { panic!("welcome comes first") };
    assert_eq!((&*welcome.you.name, welcome.token.as_deref()), ("小满", Some("token-0")));
    assert_eq!(next_texts(&mut notices, 1).await, ["你好\n再见"]);
    let room = RoomId::main();
    let page = client.history(&room, Range::Before(Seq(2)), 50).await.unwrap();
    assert_eq!((page.messages.len(), page.messages[0].cid, page.more), (1, cid, false));
    assert_eq!(client.read(&room, Seq(1)).await, Ok(Seq(1)));
    client.typing(&room, true).await.unwrap();
    while !matches!(notices.next().await, Some(Notice::Typing { .. })) {}
    client.close().await;
    while let Some(notice) = notices.next().await {
        assert_eq!(notice, Notice::Ended(End::Closed));
    }
    assert_eq!(client.say("late").await.unwrap_err(), Refused::Ended);
}

#[tokio::test]
async fn goes_on_after_every_cut() {
    let door = Door::open().await;
    let (client, mut notices) = Client::connect(door.options());
    let mut expected = Vec::new();
    for round in 0..3 {
        let mut receipts = Vec::new();
        for number in 0..40 {
            expected.push(format!("{round}.{number}"));
            receipts.push(client.say(expected.last().unwrap()).await.unwrap());
            if number % 20 == 10 {
                door.cut();
            }
        }
        for receipt in receipts {
            receipt.await.unwrap();
        }
    }
    assert_eq!(next_texts(&mut notices, expected.len()).await, expected);
    let log: Vec<String> = door.house.lock().unwrap().logs[&RoomId::main()]
        .events
        .iter()
        .map(|event| event.body.text.clone())
        .collect();
    assert_eq!(log, expected);
}

#[tokio::test]
async fn a_program_that_does_not_listen_loses_nothing() {
    let door = Door::open().await;
    let (writer, unheard) = Client::connect(door.options());
    drop(unheard);
    let (_client, mut notices) = Client::connect(Options {
        notices_max: 1,
        rooms: vec![(RoomId::main(), From::Cursor("0".parse().unwrap()))],
        ..door.options()
    });
    while !matches!(notices.next().await, Some(Notice::Subscribed(_))) {}
    let expected: Vec<String> = (0..300).map(|number| number.to_string()).collect();
    for text in &expected {
        writer.say(text).await.unwrap();
    }
    assert_eq!(next_texts(&mut notices, expected.len()).await, expected);
}

#[tokio::test]
async fn refusals_reach_the_receipt() {
    let door = Door::open().await;
    let (client, mut notices) = Client::connect(door.options());
    let refused = |code| move |result: Result<_, Refused>| result.unwrap_err().code() == Some(code);
    assert!(refused(ErrorCode::BadField)(client.say(" ").await.unwrap().await));
    assert!(refused(ErrorCode::TextTooLong)(client.say("x".repeat(16_385)).await.unwrap().await));
    let elsewhere: RoomId = "elsewhere".parse().unwrap();
    assert!(refused(ErrorCode::NotSubscribed)(client.send(&elsewhere, "x").await.unwrap().await));
    let cellar: RoomId = "cellar".parse().unwrap();
    client.subscribe(&cellar, From::Head).await.unwrap();
    let receipt = client.send(&cellar, "x").await.unwrap();
    assert!(refused(ErrorCode::NoSuchRoom)(receipt.await));
    while !matches!(notices.next().await, Some(Notice::Left { .. })) {}
    client.subscribe(&elsewhere, From::Head).await.unwrap();
    assert_eq!(client.send(&elsewhere, "x").await.unwrap().await.unwrap().seq, Seq(1));
}

#[tokio::test]
async fn says_why_it_cannot_connect() {
    // A port that was free a moment ago, and that nobody listens on.
    let address = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let (client, mut notices) = Client::connect(Options::new(&format!("http://{address}")).unwrap());
    let Some(Notice::Suspended { cause, .. }) = notices.next().await else { panic!("it cannot connect") };
    assert!(cause.contains("refused"), "{cause}");
    client.close().await;
    while let Some(notice) = notices.next().await {
        assert!(matches!(notice, Notice::Suspended { .. } | Notice::Ended(End::Closed)), "{notice:?}");
    }
}
