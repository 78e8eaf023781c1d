//! Secured connections: the same house over TLS, by HTTP/1.1, HTTP/2 and WebSocket.

use std::sync::Arc;

use futures_util::{SinkExt, StreamExt};
use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper::body::{Bytes, Incoming};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::{CertificateDer, ServerName};
use serde_json::json;
use teahouse_protocol::{Push, SUBPROTOCOL};
use teahouse_server::config::Given;
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_tungstenite::client_async;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

use crate::kit::{Ask, House, On, within};

/// A house that speaks https, and what its visitors trust.
struct Secured {
    house: House,
    certificate: CertificateDer<'static>,
    _files: TempDir,
}

impl Secured {
    async fn open() -> Self {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let files = TempDir::new().unwrap();
        let (cert, key) = (files.path().join("cert.pem"), files.path().join("key.pem"));
        std::fs::write(&cert, made.cert.pem()).unwrap();
        std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
        let given = Given { tls_cert: Some(cert), tls_key: Some(key), ..Given::default() };
        let house = House::open_with(On::Sqlite, given).await;
        Self { house, certificate: made.cert.der().clone(), _files: files }
    }

    /// A connection by this protocol, which the server agrees to.
    async fn connect(&self, protocol: &[u8]) -> TlsStream<TcpStream> {
        let mut trusted = rustls::RootCertStore::empty();
        trusted.add(self.certificate.clone()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(trusted)
            .with_no_client_auth();
        config.alpn_protocols = vec![protocol.to_vec()];
        let socket = TcpStream::connect(self.house.address).await.unwrap();
        let connecting =
            TlsConnector::from(Arc::new(config)).connect(ServerName::try_from("localhost").unwrap(), socket);
        let socket = within(connecting).await.unwrap();
        assert_eq!(socket.get_ref().1.alpn_protocol(), Some(protocol));
        socket
    }
}

fn request(path: &str, body: &str) -> Request<Full<Bytes>> {
    let body = Full::new(Bytes::from(body.to_owned()));
    let request = Request::post(format!("https://localhost{path}")).header("origin", "https://localhost");
    request.body(body).unwrap()
}

/// The next frame of a stream's body.
async fn frame(body: &mut Incoming, text: &mut String) -> Push {
    loop {
        if let Some((line, rest)) = text.split_once('\n') {
            let (line, rest) = (line.trim().to_owned(), rest.to_owned());
            *text = rest;
            if !line.is_empty() {
                return Push::decode(&line).unwrap();
            }
            continue;
        }
        let chunk = within(body.frame()).await.expect("the stream goes on").unwrap();
        text.push_str(std::str::from_utf8(chunk.data_ref().unwrap()).unwrap());
    }
}

#[tokio::test]
async fn streams_and_answers_over_one_http2_connection() {
    let secured = Secured::open().await;
    let socket = secured.connect(b"h2").await;
    let (mut sender, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(socket)).await.unwrap();
    tokio::spawn(connection);
    let hello = json!({"type": "hello", "v": 1, "name": "小满", "cursors": {"1024": "head"}}).to_string();
    let answer = within(sender.send_request(request("/v1/stream", &hello))).await.unwrap();
    assert_eq!(answer.status(), 200);
    let (mut stream, mut text) = (answer.into_body(), String::new());
    let Push::Welcome(welcome) = frame(&mut stream, &mut text).await else { panic!("a welcome") };
    assert!(matches!(frame(&mut stream, &mut text).await, Push::Subscribed(_)));
    assert!(matches!(frame(&mut stream, &mut text).await, Push::Live { .. }));
    let token = welcome.token.unwrap();
    let lines = format!(
        "{}\n{}",
        json!({"type": "hello", "v": 1, "token": token, "session": welcome.session, "cursors": {}, "brief": true}),
        json!({"type": "send", "ref": 1, "room": "1024", "cid": "d4735e3a265e16eee03f59718b9b5d03",
               "kind": "message", "body": {"text": "你好"}}),
    );
    let answer = within(sender.send_request(request("/v1/send", &lines))).await.unwrap();
    let said = within(answer.into_body().collect()).await.unwrap().to_bytes();
    assert!(matches!(Push::decode(std::str::from_utf8(&said).unwrap().trim()), Ok(Push::Ack { .. })));
    loop {
        match frame(&mut stream, &mut text).await {
            Push::Event(event) => break assert_eq!(event.body.text, "你好"),
            Push::Signal { .. } => {}
            other => panic!("an event, not {other:?}"),
        }
    }
}

#[tokio::test]
async fn talks_over_a_secured_websocket() {
    let secured = Secured::open().await;
    let mut request = "wss://localhost/v1/ws".into_client_request().unwrap();
    request.headers_mut().insert("sec-websocket-protocol", SUBPROTOCOL.parse().unwrap());
    let socket = secured.connect(b"http/1.1").await;
    let (mut socket, _) = within(client_async(request, socket)).await.unwrap();
    let hello = json!({"type": "hello", "v": 1, "name": "小满", "cursors": {"1024": "head"}});
    let send = |number: u32| {
        json!({"type": "send", "ref": number, "room": "1024", "cid": format!("{number:032x}"),
               "kind": "message", "body": {"text": "茶".repeat(5_000)}})
    };
    within(socket.send(Message::text(hello.to_string()))).await.unwrap();
    let mut events = 0;
    for number in 0..20 {
        within(socket.send(Message::text(send(number).to_string()))).await.unwrap();
    }
    while events < 20 {
        let Some(Ok(Message::Text(text))) = within(socket.next()).await else { panic!("a message") };
        for line in text.lines() {
            match Push::decode(line).unwrap() {
                Push::Event(event) => {
                    events += 1;
                    assert_eq!(event.seq.0, events);
                }
                Push::Error(error) => panic!("{error:?}"),
                _ => {}
            }
        }
    }
    within(socket.close(None)).await.unwrap();
    while let Some(Ok(_)) = within(socket.next()).await {}
}

#[tokio::test]
async fn sends_whoever_comes_without_tls_to_where_it_is() {
    let secured = Secured::open().await;
    let answer = Ask::get("/r/1024?x=1").of(&secured.house).await;
    let there = format!("https://{}/r/1024?x=1", secured.house.address);
    assert_eq!((answer.status, answer.header("location")), (308, Some(&*there)));
}
