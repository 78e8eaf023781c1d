//! Another WebSocket, tokio-tungstenite, as the client: what it sends must come back.

use futures_util::{SinkExt, StreamExt};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseResult};
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Message};

use super::server::{self, MESSAGE_BYTES_MAX};

fn messages() -> impl Strategy<Value = Vec<Message>> {
    let size = || prop_oneof![6 => 0..300_usize, 2 => 0..70_000_usize, 1 => 0..300_000_usize];
    let message = prop_oneof![
        4 => "\\PC{0,200}".prop_map(Message::text),
        2 => (any::<char>(), size()).prop_map(|(c, n)| Message::text(c.to_string().repeat(n / 4))),
        4 => (any::<u8>(), size()).prop_map(|(byte, size)| Message::binary(vec![byte; size])),
        1 => prop::collection::vec(any::<u8>(), 0..=125).prop_map(|b| Message::Ping(b.into())),
    ];
    prop::collection::vec(message, 0..12)
}

/// What the echo answers: messages as they are, a ping as its pong.
fn answer(message: &Message) -> Message {
    match message {
        Message::Ping(payload) => Message::Pong(payload.clone()),
        message => message.clone(),
    }
}

async fn exchange(messages: Vec<Message>) -> TestCaseResult {
    let (address, _stop) = server::start(MESSAGE_BYTES_MAX).await;
    let (client, _) = connect_async(format!("ws://{address}/echo")).await.unwrap();
    let (mut sink, mut stream) = client.split();
    let expected: Vec<_> = messages.iter().map(answer).collect();
    let close = CloseFrame { code: CloseCode::Normal, reason: "done".into() };
    let send = async {
        for message in messages {
            sink.send(message).await.unwrap();
        }
        sink.send(Message::Close(Some(close))).await.unwrap();
    };
    let receive = async {
        let mut received = Vec::new();
        while let Some(message) = stream.next().await {
            received.push(message.unwrap());
        }
        received
    };
    let ((), mut received) = tokio::join!(send, receive);
    let close = CloseFrame { code: CloseCode::Normal, reason: "".into() };
    prop_assert_eq!(received.pop(), Some(Message::Close(Some(close))));
    prop_assert_eq!(received.len(), expected.len());
    prop_assert!(received == expected, "the messages differ");
    Ok(())
}

proptest! {
    #![proptest_config(Config { cases: 48, ..Config::default() })]

    #[test]
    fn gives_tungstenite_back_what_it_sent(messages in messages()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(exchange(messages))?;
    }
}
