//! What a house counted of the sessions that asked for it: `GET /v1/costs`.

use std::collections::BTreeMap;

use http_body_util::{BodyExt, Limited};
use hyper::StatusCode;
use serde::Deserialize;
use teahouse_protocol::SessionId;

use crate::address::Address;
use crate::transport::{Dialer, Failure, Lane};

/// What one session cost since it began.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
pub struct Cost {
    /// HTTP requests, an upgrade to WebSocket among them.
    pub requests: u64,
    /// What the house received.
    pub received: CostBytes,
    /// What the house sent.
    pub sent: CostBytes,
}

/// One direction, before TLS.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
pub struct CostBytes {
    /// Everything, headers and framing included.
    pub bytes: u64,
    /// Of these, the frames.
    pub frame_bytes: u64,
}

#[derive(Deserialize)]
struct Told {
    sessions: BTreeMap<SessionId, Cost>,
}

/// Asks a house what the sessions of whoever has `token` cost so far; those count whose
/// [`Options::cost`](crate::Options::cost) is set. The request itself is not counted.
///
/// # Errors
/// A sentence for people: the house cannot be reached, does not know the token, or counts nothing.
pub async fn costs(
    address: &Address,
    roots_pem: &[u8],
    token: &str,
) -> Result<BTreeMap<SessionId, Cost>, String> {
    ask(address, roots_pem, token)
        .await
        .map_err(|failure| format!("The house does not say what a session costs: {}.", failure.cause))
}

async fn ask(address: &Address, roots_pem: &[u8], token: &str) -> Result<BTreeMap<SessionId, Cost>, Failure> {
    const BYTES_MAX: usize = 1024 * 1024;
    let mut lane = Lane::new(Dialer::new(address, roots_pem));
    let response = lane.read("/v1/costs", token).await?;
    let status = response.status();
    if status != StatusCode::OK {
        return Err(Failure::cut(format!("it answered with HTTP {status}")));
    }
    let body = Limited::new(response.into_body(), BYTES_MAX).collect().await;
    let bytes = body.map_err(|error| Failure::cut(error.to_string()))?.to_bytes();
    let told: Told = serde_json::from_slice(&bytes).map_err(|error| Failure::cut(error.to_string()))?;
    Ok(told.sessions)
}
