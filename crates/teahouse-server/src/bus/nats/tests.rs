use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;

use super::{Nats, NatsBus};

/// What a server of NATS is shown first by a node with such a URL.
async fn shown(admission: &str) -> Value {
    let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("nats://{admission}{}", server.local_addr().unwrap());
    let nats = Nats { url: &url, credentials: None, house: "house", node: "node" };
    let _bus = NatsBus::open(nats).await.unwrap();
    let (mut socket, _) = server.accept().await.unwrap();
    let info = r#"INFO {"server_id":"A","server_name":"A","version":"2.9.10","proto":1,"go":"go1","host":"127.0.0.1","port":4222,"headers":true,"max_payload":1048576,"auth_required":true}"#;
    socket.write_all(format!("{info}\r\n").as_bytes()).await.unwrap();
    let mut line = String::new();
    BufReader::new(socket).read_line(&mut line).await.unwrap();
    serde_json::from_str(line.strip_prefix("CONNECT ").unwrap()).unwrap()
}

#[tokio::test]
async fn nats_is_shown_what_the_url_has_for_it() {
    let said = shown("teahouse:secret@").await;
    assert_eq!((said["user"].as_str(), said["pass"].as_str()), (Some("teahouse"), Some("secret")));
    assert_eq!(shown("token@").await["auth_token"].as_str(), Some("token"));
    let said = shown("").await;
    assert!(said["user"].is_null() && said["pass"].is_null() && said["auth_token"].is_null(), "{said}");
}
