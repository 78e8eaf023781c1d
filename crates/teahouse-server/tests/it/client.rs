//! The Rust client and the real house: one script over every transport, plain and secured.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use teahouse_client::protocol::{From, Range, RoomId, Seq};
use teahouse_client::{Client, End, Notice, Notices, Options, Transport};
use teahouse_server::config::Given;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};

use crate::kit::{House, On, within};

/// Messages of the script.
const MANY: usize = 60;

/// What stands between a client and the house: it stays when the house begins anew elsewhere.
#[derive(Clone)]
struct Relay {
    address: SocketAddr,
    house: Arc<Mutex<SocketAddr>>,
    blocks_sockets: bool,
}

impl Relay {
    async fn open(house: &House, blocks_sockets: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let relay = Self { address, house: Arc::new(Mutex::new(house.address)), blocks_sockets };
        let served = relay.clone();
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                tokio::spawn(served.clone().carry(socket));
            }
        });
        relay
    }

    fn options(&self) -> Options {
        Options::new(&format!("http://{}", self.address)).unwrap()
    }

    async fn carry(self, mut socket: TcpStream) {
        let mut begin = [0; 11];
        if socket.read_exact(&mut begin).await.is_err() {
            return;
        }
        if self.blocks_sockets && begin == *b"GET /v1/ws " {
            let refusal = b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
            return drop(socket.write_all(refusal).await);
        }
        let address = *self.house.lock().unwrap();
        let Ok(mut house) = TcpStream::connect(address).await else { return };
        if house.write_all(&begin).await.is_ok() {
            drop(copy_bidirectional(&mut socket, &mut house).await);
        }
    }
}

async fn next_texts(notices: &mut Notices, many: usize) -> Vec<String> {
    let mut texts = Vec::new();
    while texts.len() < many {
        match within(notices.next()).await.expect("the client lives") {
            Notice::Event(event) => texts.push(event.body.text),
            Notice::Hole(hole) => panic!("{hole:?}"),
            Notice::Ended(end) => panic!("{end:?}"),
            _ => {}
        }
    }
    texts
}

async fn next_transport(notices: &mut Notices) -> Transport {
    loop {
        if let Notice::Transport(transport) = within(notices.next()).await.expect("the client lives") {
            return transport;
        }
    }
}

/// Somebody writes, somebody reads along over the same transport, and both leave.
async fn talk(options: impl Fn() -> Options, transport: Transport) {
    let from = From::Cursor("0".parse().unwrap());
    let options = || Options {
        transport: Some(transport),
        rooms: vec![(RoomId::main(), from)],
        notices_max: 1_000,
        // A quiet room is polled every 30 s otherwise.
        poll_every: Some(Duration::from_secs(1)),
        ..options()
    };
    let (reader, mut reads) = Client::connect(options());
    let (writer, mut own) = Client::connect(options());
    assert_eq!(next_transport(&mut own).await, transport);
    let expected: Vec<String> = (0..MANY).map(|number| format!("{transport} {number}")).collect();
    let mut receipts = Vec::new();
    for text in &expected {
        receipts.push(within(writer.say(text)).await.unwrap());
    }
    for (receipt, number) in receipts.into_iter().zip(1..) {
        let ack = within(receipt).await.unwrap();
        assert_eq!((ack.seq, ack.repeat), (Seq(number), false), "{transport}");
    }
    assert_eq!(next_texts(&mut reads, MANY).await, expected);
    assert_eq!(next_texts(&mut own, MANY).await, expected);
    let page = within(writer.history(&RoomId::main(), Range::Before(Seq(11)), 200)).await.unwrap();
    assert_eq!((page.messages.len(), page.more), (10, false));
    assert_eq!(within(writer.read(&RoomId::main(), Seq(9))).await, Ok(Seq(9)));
    within(writer.close()).await;
    let mut last = None;
    while let Some(notice) = within(own.next()).await {
        assert!(!matches!(notice, Notice::Suspended { .. }), "{transport}: {notice:?}");
        last = Some(notice);
    }
    assert_eq!(last, Some(Notice::Ended(End::Closed)));
    within(reader.close()).await;
}

#[tokio::test]
async fn talks_over_every_transport() {
    for transport in Transport::ALL {
        let house = House::open(On::Sqlite).await;
        let url = format!("http://{}", house.address);
        talk(|| Options::new(&url).unwrap(), transport).await;
    }
}

#[tokio::test]
async fn talks_over_every_transport_through_tls() {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let files = TempDir::new().unwrap();
    let (cert, key) = (files.path().join("cert.pem"), files.path().join("key.pem"));
    std::fs::write(&cert, made.cert.pem()).unwrap();
    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    for transport in Transport::ALL {
        let given = Given { tls_cert: Some(cert.clone()), tls_key: Some(key.clone()), ..Given::default() };
        let house = House::open_with(On::Sqlite, given).await;
        let url = format!("https://localhost:{}", house.address.port());
        let roots_pem = made.cert.pem().into_bytes();
        let options = || Options { roots_pem: roots_pem.clone(), ..Options::new(&url).unwrap() };
        talk(options, transport).await;
    }
}

/// The house stops and begins anew while somebody writes. Nobody loses, repeats or changes the way.
#[tokio::test]
async fn a_restart_loses_nothing_over_any_transport() {
    for transport in Transport::ALL.map(Some).into_iter().chain([None]) {
        let given = Given { drain_s: Some(0), ..Given::default() };
        let mut house = House::open_with(On::Sqlite, given).await;
        let relay = Relay::open(&house, false).await;
        let (client, mut notices) = Client::connect(Options { transport, ..relay.options() });
        let before = within(client.say("before")).await.unwrap();
        within(before).await.unwrap();
        house.begin_stop();
        let during = within(client.say("during")).await.unwrap();
        house.stopped().await;
        let after = within(client.say("after")).await.unwrap();
        house = house.restarted().await;
        *relay.house.lock().unwrap() = house.address;
        within(during).await.unwrap();
        within(after).await.unwrap();
        assert_eq!(next_texts(&mut notices, 3).await, ["before", "during", "after"], "{transport:?}");
        assert_eq!(house.log(&RoomId::main()).await.len(), 3, "{transport:?}");
        within(client.close()).await;
    }
}

/// A way that lets no WebSocket through: another one is found, and it is the same guest.
#[tokio::test]
async fn finds_a_way_and_stays_one_guest() {
    let house = House::open(On::Sqlite).await;
    let relay = Relay::open(&house, true).await;
    let (client, mut notices) = Client::connect(relay.options());
    assert_eq!(next_transport(&mut notices).await, Transport::Stream);
    let receipt = within(client.say("streamed")).await.unwrap();
    within(receipt).await.unwrap();
    assert_eq!(next_texts(&mut notices, 1).await, ["streamed"]);
    let (second, mut others) = Client::connect(Relay::open(&house, false).await.options());
    loop {
        if let Notice::Subscribed(subscribed) = within(others.next()).await.expect("it lives") {
            assert_eq!(subscribed.here.count, 2, "{:?}", subscribed.here);
            break;
        }
    }
    within(client.close()).await;
    within(second.close()).await;
}
