//! A small room that speaks the full protocol over tokio-tungstenite, a WebSocket that shares no
//! line with the generator: what the generator counts must be what this room says it sent.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use futures_util::{SinkExt, StreamExt};
use teahouse_bench::crowd::Crowd;
use teahouse_bench::dialect::{Dialect, Door, Host};
use teahouse_bench::load::{self, Load, Until};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};

const PEOPLE: usize = 12;
const QUEUE: usize = 1000;

/// What the room does wrong.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Manner {
    Right,
    /// Event 8 has the number 9.
    SkipsSeq,
    /// Answers the third send with an error.
    Refuses,
}

#[derive(Default)]
struct Room {
    head: u64,
    sends: u64,
    people: Vec<mpsc::Sender<String>>,
}

fn start(runtime: &Runtime, manner: Manner) -> SocketAddr {
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
    let address = listener.local_addr().unwrap();
    runtime.spawn(async move {
        let room = Arc::new(Mutex::new(Room::default()));
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, Arc::clone(&room), manner));
        }
    });
    address
}

async fn serve(stream: TcpStream, room: Arc<Mutex<Room>>, manner: Manner) {
    #[expect(clippy::result_large_err, reason = "tungstenite wants it so")]
    let choose = |request: &Request, mut response: Response| -> Result<Response, ErrorResponse> {
        let asked = request.headers().get("sec-websocket-protocol").unwrap().clone();
        assert_eq!((request.uri().path(), asked.to_str().unwrap()), ("/v1/ws", "teahouse.v1"));
        response.headers_mut().insert("sec-websocket-protocol", asked);
        Ok(response)
    };
    let socket = tokio_tungstenite::accept_hdr_async(stream, choose).await.unwrap();
    let (mut out, mut incoming) = socket.split();
    let (sender, mut queue) = mpsc::channel::<String>(QUEUE);
    tokio::spawn(async move {
        while let Some(mut text) = queue.recv().await {
            // Several frames in one message, as the true room joins them.
            while let Ok(more) = queue.try_recv() {
                text = format!("{text}\n{more}");
            }
            if out.send(Message::text(text)).await.is_err() {
                return;
            }
        }
    });
    while let Some(Ok(Message::Text(text))) = incoming.next().await {
        let command: serde_json::Value = serde_json::from_str(&text).unwrap();
        obey(&command, &mut room.lock().unwrap(), &sender, manner);
    }
}

fn obey(command: &serde_json::Value, room: &mut Room, sender: &mpsc::Sender<String>, manner: Manner) {
    let answer = |text: String| sender.try_send(text).unwrap();
    match command["type"].as_str().unwrap() {
        "hello" => {
            let head = room.head;
            answer(r#"{"type":"welcome","v":1}"#.into());
            answer(format!(r#"{{"type":"subscribed","room":{{"id":"1024"}},"head":{head}}}"#));
            answer(format!(r#"{{"type":"live","room":"1024","seq":{head}}}"#));
            answer(r#"{"type":"ping","heads":{}}"#.into());
            room.people.push(sender.clone());
        }
        "send" => {
            room.sends += 1;
            if manner == Manner::Refuses && room.sends == 3 {
                return answer(r#"{"type":"error","code":"rate"}"#.into());
            }
            room.head += 1 + u64::from(manner == Manner::SkipsSeq && room.sends == 8);
            let (head, body) = (room.head, &command["body"]);
            let event = format!(r#"{{"type":"event","seq":{head},"kind":"message","body":{body}}}"#);
            for person in &room.people {
                person.try_send(event.clone()).unwrap();
            }
            answer(format!(r#"{{"type":"ack","ref":{},"seq":{head}}}"#, command["ref"]));
        }
        "ping" => answer(r#"{"type":"pong","ref":0}"#.into()),
        "pong" => assert!(command["cursors"].is_object()),
        other => panic!("the generator said {other}"),
    }
}

fn run(manner: Manner, in_flight: usize) -> anyhow::Result<Crowd> {
    let runtime = Runtime::new().unwrap();
    let address = start(&runtime, manner);
    let dialect = Dialect { door: Door::Full, host: Host::Server };
    let mut crowd = Crowd::new(address, dialect, Arc::default()).unwrap();
    crowd.grow(PEOPLE)?;
    let load = Load { in_flight, until: Until::Messages(60) };
    let outcome = load::run(&mut crowd, load, std::process::id())?;
    assert_eq!(outcome.deliveries, 60 * PEOPLE as u64);
    crowd.ask_all()?;
    Ok(crowd)
}

#[test]
fn the_full_protocol_is_counted_line_by_line() {
    for in_flight in [1, 5, PEOPLE] {
        let crowd = run(Manner::Right, in_flight).unwrap();
        assert_eq!(crowd.tally().acks, crowd.said());
    }
}

#[test]
fn a_hole_in_seq_is_found() {
    let error = run(Manner::SkipsSeq, 1).map(drop).unwrap_err().to_string();
    assert!(error.contains("got event 9 where 8 comes next"), "{error}");
}

#[test]
fn a_refusal_is_not_taken_for_silence() {
    let error = run(Manner::Refuses, 1).map(drop).unwrap_err().to_string();
    assert!(error.contains("\"code\":\"rate\""), "{error}");
}
