//! A room as axum's chat example has it: a broadcast channel, and for each person one task that hears
//! and one that says. Two things are kinder than there: the channel holds ten times as much, since who
//! falls behind it is thrown out, and small writes are not held back.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::extract::ws::{Message, Utf8Bytes, WebSocket, WebSocketUpgrade};
use axum::response::Response;
use axum::routing::any;
use axum::serve::ListenerExt;
use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpListener;
use tokio::sync::broadcast;

/// How many messages somebody may be behind.
const CHANNEL: usize = 1000;

struct Room {
    texts: broadcast::Sender<Utf8Bytes>,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let (texts, _) = broadcast::channel(CHANNEL);
    let app = Router::new().route("/chat", any(enter)).with_state(Arc::new(Room { texts }));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    teahouse_bench::report::print_line(&format!("listening http://{}", listener.local_addr()?))?;
    let listener = listener.tap_io(|stream| {
        let _ = stream.set_nodelay(true);
    });
    Ok(axum::serve(listener, app).await?)
}

async fn enter(upgrade: WebSocketUpgrade, State(room): State<Arc<Room>>) -> Response {
    upgrade.on_upgrade(|socket| talk(socket, room))
}

async fn talk(socket: WebSocket, room: Arc<Room>) {
    let (mut sender, mut receiver) = socket.split();
    let mut texts = room.texts.subscribe();
    let mut hear = tokio::spawn(async move {
        while let Ok(text) = texts.recv().await {
            if sender.send(Message::Text(text)).await.is_err() {
                break;
            }
        }
    });
    let mut say = tokio::spawn(async move {
        while let Some(Ok(message)) = receiver.next().await {
            if let Message::Text(text) = message {
                let _ = room.texts.send(text);
            }
        }
    });
    tokio::select! {
        _ = &mut hear => say.abort(),
        _ = &mut say => hear.abort(),
    }
}
