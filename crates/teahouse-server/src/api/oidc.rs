//! Signing in with a provider: away to its page, and back. The browser carries a cookie of its own meanwhile, so
//! that nobody comes back in another's place.

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use teahouse_protocol::ErrorCode;
use teahouse_protocol::frame::Error;

use super::Refused;
use super::caller::{Caller, cookie_named, refused};
use super::exchange::{self, Asked};

/// Where the provider sends people back to.
const BACK: &str = "/v1/signin/oidc/back";
/// The cookie of a browser that is on its way.
const BROWSER: &str = "teahouse-oidc";
/// How long it lasts, in seconds.
const AWAY_S: u32 = 600;

/// Where somebody wants to go.
#[derive(Debug, Deserialize)]
pub(super) struct Wish {
    to: Option<String>,
}

pub(super) async fn away(caller: Caller, wish: Asked<Wish>) -> Response {
    let away = async {
        let wish = exchange::query(wish)?;
        let people = &caller.node.people;
        people.may_leave(caller.address).map_err(refused)?;
        let redirect = caller.own_origin().unwrap_or_default() + BACK;
        let away = people.leave_to_provider(redirect, wish.to.as_deref().unwrap_or("/")).await;
        let away = away.map_err(refused)?;
        let mut response = go(&away.url);
        set_browser(&caller, &mut response, &away.browser, AWAY_S);
        Ok(response)
    };
    away.await.unwrap_or_else(|refused: Refused| *refused)
}

/// What the provider says with somebody whom it sends back.
#[derive(Debug, Deserialize)]
pub(super) struct Sent {
    state: Option<String>,
    code: Option<String>,
    error: Option<String>,
}

pub(super) async fn back(caller: Caller, sent: Asked<Sent>) -> Response {
    let back = async {
        let sent = exchange::query(sent)?;
        let (Some(state), Some(code)) = (sent.state, sent.code) else {
            tracing::debug!(error = sent.error, "the provider sent somebody back without a code");
            let said = "The provider did not let you in. Try again, or sign in otherwise.";
            return Err(refused(Error::new(None, ErrorCode::Forbidden, said)));
        };
        let browser = cookie_named(&caller.headers, BROWSER);
        let guest = caller.somebody().await?;
        let people = &caller.node.people;
        let back =
            people.come_from_provider(&state, &code, browser.as_deref(), guest, &caller.whence()).await;
        let back = back.map_err(refused)?;
        let mut response = go(&back.to);
        caller.set_cookie(&mut response, &back.token);
        set_browser(&caller, &mut response, "", 0);
        Ok(response)
    };
    back.await.unwrap_or_else(|refused: Refused| *refused)
}

/// A `GET` elsewhere (RFC 9110, 15.4.4).
fn go(url: &str) -> Response {
    let mut headers = HeaderMap::new();
    if let Ok(url) = HeaderValue::from_str(url) {
        headers.insert(header::LOCATION, url);
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    (StatusCode::SEE_OTHER, headers).into_response()
}

fn set_browser(caller: &Caller, response: &mut Response, browser: &str, age_s: u32) {
    let secure = if caller.is_secure() { "; Secure" } else { "" };
    let path = "/v1/signin/oidc";
    let cookie = format!("{BROWSER}={browser}; Path={path}; Max-Age={age_s}; HttpOnly; SameSite=Lax{secure}");
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
}
