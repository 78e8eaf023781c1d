//! A small HTTP server on a port of its own whose every address is the echo.

use std::convert::Infallible;
use std::future::pending;
use std::net::SocketAddr;
use std::sync::Arc;

use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use teahouse_server::cost::Metered;
use teahouse_server::transport::echo::echo;
use teahouse_server::transport::websocket::{handshake, upgrade};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// The limit of the servers here, in bytes.
pub(crate) const MESSAGE_BYTES_MAX: u32 = 16 * 1024 * 1024;

/// Starts a server that lives as long as the runtime; `true` in `stop` stops its echoes.
pub(crate) async fn start(message_bytes_max: u32) -> (SocketAddr, watch::Sender<bool>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = watch::channel(false);
    tokio::spawn(async move {
        loop {
            let (socket, _) = listener.accept().await.unwrap();
            tokio::spawn(serve(socket, message_bytes_max, stopped.clone()));
        }
    });
    (address, stop)
}

async fn serve(socket: TcpStream, message_bytes_max: u32, stopped: watch::Receiver<bool>) {
    let service = service_fn(|request| answer(request, message_bytes_max, stopped.clone()));
    let socket = TokioIo::new(Metered::new(socket, Arc::default()));
    let connection = hyper::server::conn::http1::Builder::new().serve_connection(socket, service);
    // A peer that leaves in the middle of the handshake is not this server's fault.
    let _ = connection.with_upgrades().await;
}

async fn answer(
    mut request: Request<Incoming>,
    message_bytes_max: u32,
    stopped: watch::Receiver<bool>,
) -> Result<Response<String>, Infallible> {
    let judged = handshake::judge(request.method(), request.version(), request.headers(), &["echo.v1"]);
    Ok(match judged {
        Err(rejection) => rejection.response(),
        Ok(accepted) => {
            let upgrade = hyper::upgrade::on(&mut request);
            tokio::spawn(async move {
                let (socket, leftover) = upgrade::take_socket(upgrade).await.unwrap();
                tokio::spawn(echo(socket, leftover, message_bytes_max, stop(stopped)));
            });
            accepted.response()
        }
    })
}

async fn stop(mut stopped: watch::Receiver<bool>) -> (u16, &'static str) {
    if stopped.wait_for(|&stopped| stopped).await.is_err() {
        pending().await
    }
    (1_001, "the server stops")
}
