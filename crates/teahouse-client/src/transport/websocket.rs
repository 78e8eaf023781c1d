//! WebSocket (RFC 6455): one text message for each command, one or more lines in each that comes.

use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use teahouse_protocol::{Command, SUBPROTOCOL};
use tokio::sync::mpsc;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::error::ProtocolError;
use tokio_tungstenite::tungstenite::handshake::client::Request;
use tokio_tungstenite::tungstenite::http::{HeaderValue, Uri, header};
use tokio_tungstenite::tungstenite::protocol::{Message, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Utf8Bytes};

use super::dial::{Dialer, Socket as Stream};
use super::{Arrival, Fault};
use crate::heard::Heard;

type Socket = WebSocketStream<Stream>;

/// Bytes of the socket's buffers; the library's own 128 KiB are zeroed on every read.
const BUFFER_BYTES: usize = 4 * 1024;
/// Largest message that is taken: a page of 200 of the longest texts, escaped, fits.
const MESSAGE_BYTES_MAX: usize = 32 * 1024 * 1024;

/// Carries frames until one side ends.
pub(super) async fn run(dialer: Dialer, commands: mpsc::Receiver<Command>, arrivals: mpsc::Sender<Arrival>) {
    let socket = match open(&dialer).await {
        Ok(socket) => socket,
        Err((fault, cause)) => return drop(arrivals.send(Arrival::Ended { code: None, fault, cause }).await),
    };
    if arrivals.send(Arrival::Opened).await.is_err() {
        return;
    }
    let (sink, stream) = socket.split();
    // Reading goes on while a write waits: the house may stop reading until its own words are taken.
    let ended = tokio::select! {
        ended = read(stream, &arrivals) => ended,
        error = write(sink, commands) => (None, said(&error)),
    };
    let (code, cause) = ended;
    drop(arrivals.send(Arrival::Ended { code, fault: Fault::Cut, cause }).await);
}

async fn open(dialer: &Dialer) -> Result<Socket, (Fault, String)> {
    let stream = dialer.dial().await.map_err(|cause| (Fault::Away, cause))?;
    let config = WebSocketConfig::default()
        .read_buffer_size(BUFFER_BYTES)
        .write_buffer_size(BUFFER_BYTES)
        .max_message_size(Some(MESSAGE_BYTES_MAX))
        .max_frame_size(Some(MESSAGE_BYTES_MAX));
    let request = request(dialer).map_err(|cause| (Fault::Away, cause))?;
    let opened = tokio_tungstenite::client_async_with_config(request, stream, Some(config)).await;
    opened.map(|(socket, _)| socket).map_err(|error| (Fault::Cut, said(&error)))
}

fn request(dialer: &Dialer) -> Result<Request, String> {
    let uri: Uri = format!("ws://{}/v1/ws", dialer.authority())
        .parse()
        .map_err(|error| format!("the address does not fit into a request: {error}"))?;
    let mut request = uri.into_client_request().map_err(|error| said(&error))?;
    request.headers_mut().insert(header::SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(SUBPROTOCOL));
    Ok(request)
}

async fn read(mut stream: SplitStream<Socket>, arrivals: &mpsc::Sender<Arrival>) -> (Option<u16>, String) {
    let end = (None, "the connection ended".to_owned());
    while let Some(message) = stream.next().await {
        match message {
            Ok(Message::Text(text)) => {
                for line in text.lines().filter(|line| !line.is_empty()) {
                    if arrivals.send(Arrival::Heard(Heard::decode(line))).await.is_err() {
                        return end;
                    }
                }
            }
            Ok(Message::Close(Some(frame))) => return (Some(frame.code.into()), frame.reason.to_string()),
            Ok(Message::Close(None)) => return end,
            // Pings are answered by the library; nothing else of WebSocket is ours.
            Ok(Message::Binary(_) | Message::Ping(_) | Message::Pong(_) | Message::Frame(_)) => {}
            Err(error) => return (None, said(&error)),
        }
    }
    end
}

/// Writes what waits, several messages with one flush. When the driver is gone, so is this task.
async fn write(mut sink: SplitSink<Socket, Message>, mut commands: mpsc::Receiver<Command>) -> Error {
    const JOINED_MAX: usize = 64;
    let mut waiting = Vec::with_capacity(JOINED_MAX);
    loop {
        if commands.recv_many(&mut waiting, JOINED_MAX).await == 0 {
            return Error::ConnectionClosed;
        }
        for command in waiting.drain(..) {
            let line = Utf8Bytes::try_from(command.encode()).expect("JSON is UTF-8");
            if let Err(error) = sink.feed(Message::Text(line)).await {
                return error;
            }
        }
        if let Err(error) = sink.flush().await {
            return error;
        }
    }
}

/// An error as a clause for people.
fn said(error: &Error) -> String {
    match error {
        Error::Http(response) => format!("the house answered with HTTP {}", response.status()),
        Error::ConnectionClosed | Error::AlreadyClosed => "the connection ended".into(),
        Error::Io(error) => format!("the connection was lost: {error}"),
        Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => "the connection was lost".into(),
        Error::Protocol(error) => format!("what answers there is no Teahouse: {error}"),
        other => other.to_string(),
    }
}
