//! Who asks: what every request brings besides its own subject. A program shows a token, a page a cookie;
//! nobody else reads either from a request.

use std::net::IpAddr;
use std::sync::Arc;

use axum::Json;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;
use teahouse_protocol::frame::Error;
use teahouse_protocol::{ErrorCode, Person};

use super::{Given, Peer, Refused, address, origin, refusal, unreadable};
use crate::cost::Meter;
use crate::error::sentence;
use crate::node::Node;
use crate::people::{SIGN_IN_MS, SignIn, Someone, hash};
use crate::store::accounts::Whence;

/// The cookie of a sign-in.
const COOKIE: &str = "teahouse";
/// What a page says that a form of another page cannot.
const PAGE: &str = "x-teahouse";
/// Most characters of a program's name that are kept.
const AGENT_MAX: usize = 200;

/// What every request of a client brings.
pub(super) struct Caller {
    pub(super) node: Arc<Node>,
    pub(super) address: IpAddr,
    pub(super) meter: Arc<Meter>,
    pub(super) headers: HeaderMap,
    /// Whether the request changes nothing.
    is_safe: bool,
}

impl FromRequestParts<Arc<Node>> for Caller {
    type Rejection = Response;

    /// Who asks, if a page that may does.
    async fn from_request_parts(parts: &mut Parts, node: &Arc<Node>) -> Result<Self, Response> {
        origin::exact(&parts.headers, &node.config.origins).map_err(|refused| *refused)?;
        let internal = || refusal(&Error::new(None, ErrorCode::Internal, sentence(ErrorCode::Internal)));
        let peer = parts.extensions.get::<Peer>().copied().ok_or_else(internal)?;
        let meter = parts.extensions.get::<Arc<Meter>>().cloned().ok_or_else(internal)?;
        let address = address(node, peer, &parts.headers);
        let is_safe = [Method::GET, Method::HEAD].contains(&parts.method);
        Ok(Self { node: node.clone(), address, meter, headers: parts.headers.clone(), is_safe })
    }
}

impl Caller {
    /// The token that is shown, if one is.
    ///
    /// # Errors
    /// The answer to who shows a cookie as a form of another page could, or what is no token.
    pub(super) fn token(&self) -> Result<Option<String>, Refused> {
        if let Some(token) = bearer(&self.headers)? {
            return Ok(Some(token.to_owned()));
        }
        let Some(token) = cookie(&self.headers) else { return Ok(None) };
        if !self.is_safe && !self.is_page() {
            let said = "Who shows the cookie sends the header X-Teahouse: 1 with it.";
            let error = Error::new(None, ErrorCode::Forbidden, said);
            return Err(Box::new(refusal(&Error { field: Some(PAGE.into()), ..error })));
        }
        Ok(Some(token))
    }

    /// The token of the cookie that is shown.
    pub(super) fn cookie(&self) -> Option<String> {
        cookie(&self.headers)
    }

    /// Who it is, by which sign-in.
    ///
    /// # Errors
    /// The answer to somebody who is nobody here.
    pub(super) async fn signed_in(&self) -> Result<(Arc<Someone>, SignIn), Refused> {
        let bad = || Box::new(refusal(&Error::new(None, ErrorCode::BadToken, sentence(ErrorCode::BadToken))));
        let token = self.token()?.ok_or_else(bad)?;
        let someone = self.node.people.by_token(&token).await.map_err(refused)?;
        Ok((someone, SignIn::of(&hash(&token))))
    }

    /// Who it is.
    ///
    /// # Errors
    /// The answer to somebody who is nobody here.
    pub(super) async fn someone(&self) -> Result<Arc<Someone>, Refused> {
        Ok(self.signed_in().await?.0)
    }

    /// Who it is, if they show it.
    ///
    /// # Errors
    /// The answer to somebody who shows what is not good.
    pub(super) async fn reader(&self) -> Result<Option<Person>, Refused> {
        let Some(token) = self.token()? else { return Ok(None) };
        let someone = self.node.people.by_token(&token).await.map_err(refused)?;
        Ok(Some(someone.person()))
    }

    /// The same for who may change something in rooms or of themselves: as often as they may write.
    ///
    /// # Errors
    /// The answer to somebody who is nobody here, or too fast.
    pub(super) async fn acting(&self) -> Result<Arc<Someone>, Refused> {
        let someone = self.someone().await?;
        if !self.is_safe {
            let rate = self.node.config.sends_of(someone.person().role);
            let taken = someone.may_send(rate, self.node.clock.now());
            self.node.people.keep_rate(&someone, rate);
            taken.map_err(|retry_ms| {
                let said = "You are doing this faster than this house allows.";
                refused(Error { retry_ms: Some(retry_ms), ..Error::new(None, ErrorCode::Rate, said) })
            })?;
        }
        Ok(someone)
    }

    /// Who it is, if they show it and it is good.
    pub(super) async fn somebody(&self) -> Result<Option<Arc<Someone>>, Refused> {
        let Some(token) = self.token()? else { return Ok(None) };
        match self.node.people.by_token(&token).await {
            Ok(someone) => Ok(Some(someone)),
            Err(error) if error.code == ErrorCode::BadToken => Ok(None),
            Err(error) => Err(refused(error)),
        }
    }

    /// Whether a page asks, which is given cookies and not tokens.
    pub(super) fn is_page(&self) -> bool {
        self.headers.get(PAGE).is_some_and(|value| value == "1")
    }

    /// By what and from where the client comes.
    pub(super) fn whence(&self) -> Whence {
        let agent = self.headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok());
        let agent = agent.map(|agent| agent.chars().take(AGENT_MAX).collect());
        Whence { agent, address: Some(self.address.to_string()) }
    }

    /// The origin of the page that asks; for a program, what its address says.
    pub(super) fn page_origin(&self) -> String {
        let origin = self.headers.get(header::ORIGIN).and_then(|origin| origin.to_str().ok());
        origin.map(String::from).or_else(|| self.own_origin()).unwrap_or_default()
    }

    /// The body, which a page of ours or a program sent: a form cannot say this kind.
    ///
    /// # Errors
    /// The answer that says what is wrong with it.
    pub(super) fn json<T: DeserializeOwned>(&self, body: Given) -> Result<T, Refused> {
        let kind = self.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        if !kind.unwrap_or_default().trim_start().to_ascii_lowercase().starts_with("application/json") {
            let said = "Send content-type: application/json.";
            let error = Error::new(None, ErrorCode::BadField, said);
            return Err(Box::new(refusal(&Error { field: Some("content-type".into()), ..error })));
        }
        let body = body.map_err(|error| unreadable(&error))?;
        serde_json::from_slice(&body).map_err(|error| {
            let code = if error.is_data() { ErrorCode::BadField } else { ErrorCode::BadFrame };
            Box::new(refusal(&Error::new(None, code, format!("The body cannot be read: {error}."))))
        })
    }

    /// The answer to who came in: a page gets the cookie, a program the token.
    pub(super) fn welcomed(&self, status: StatusCode, you: Person, token: String) -> Response {
        if self.is_page() {
            let mut response = told(status, &Welcomed { you, token: None });
            self.set_cookie(&mut response, &token);
            return response;
        }
        told(status, &Welcomed { you, token: Some(token) })
    }

    /// Has the browser show this token from now on; an empty one, none.
    pub(super) fn set_cookie(&self, response: &mut Response, token: &str) {
        let age_s = if token.is_empty() { 0 } else { SIGN_IN_MS / 1_000 };
        let secure = if self.is_secure() { "; Secure" } else { "" };
        let cookie = format!("{COOKIE}={token}; Path=/; Max-Age={age_s}; HttpOnly; SameSite=Lax{secure}");
        if let Ok(cookie) = HeaderValue::from_str(&cookie) {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
    }

    /// Whether nobody on the way reads along, as far as this server, or a proxy that it trusts, knows.
    pub(super) fn is_secure(&self) -> bool {
        let config = &self.node.config;
        let forwarded = || {
            let last = self.headers.get_all("x-forwarded-proto").iter().next_back()?;
            Some(last.to_str().ok()?.rsplit(',').next()?.trim().eq_ignore_ascii_case("https"))
        };
        config.tls.is_some() || config.trust_forwarded && forwarded() == Some(true)
    }

    /// The origin of the server's own pages, as the client names it.
    pub(super) fn own_origin(&self) -> Option<String> {
        let host = self.headers.get(header::HOST)?.to_str().ok()?;
        let scheme = if self.is_secure() { "https" } else { "http" };
        Some(format!("{scheme}://{host}"))
    }
}

#[derive(Serialize)]
struct Welcomed {
    you: Person,
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
}

/// An answer that nobody in between keeps.
pub(super) fn told(status: StatusCode, answer: &impl Serialize) -> Response {
    (status, [(header::CACHE_CONTROL, "no-store")], Json(answer)).into_response()
}

/// The answer to who is refused.
pub(super) fn refused(error: impl Into<Error>) -> Refused {
    Box::new(refusal(&error.into()))
}

/// The token of the cookie that a page shows.
pub(super) fn cookie(headers: &HeaderMap) -> Option<String> {
    cookie_named(headers, COOKIE)
}

/// The cookie of that name, if it is not empty.
pub(super) fn cookie_named(headers: &HeaderMap, name: &str) -> Option<String> {
    let given = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let pairs = given.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let mut tokens = pairs.filter(|(given, token)| *given == name && !token.is_empty());
    tokens.next().map(|(_, token)| token.to_owned())
}

/// The token of a program.
pub(super) fn bearer(headers: &HeaderMap) -> Result<Option<&str>, Refused> {
    let Some(given) = headers.get(header::AUTHORIZATION) else { return Ok(None) };
    let token = given.to_str().ok().and_then(|given| given.split_once(' '));
    match token {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => Ok(Some(token.trim())),
        _ => {
            let error = Error::new(None, ErrorCode::BadField, "Expected authorization: Bearer TOKEN.");
            Err(Box::new(refusal(&Error { field: Some("authorization".into()), ..error })))
        }
    }
}
