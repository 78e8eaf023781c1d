//! A provider of OpenID Connect as the standard has it (OpenID Connect Core 1.0 and Discovery 1.0, RFC 6749, RFC
//! 7636), written for tests: it checks all that a provider checks, and lies where a test tells it to.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use rcgen::{KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_RSA_SHA256, PublicKeyData, SigningKey};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::net::TcpListener;
use url::Url;

pub(crate) const CLIENT: &str = "teahouse-test";
pub(crate) const SECRET: &str = "a secret: with + and %";

/// How it signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Signs {
    Rs256,
    Es256,
}

/// What it lies about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lie {
    None,
    Nonce,
    Audience,
    Issuer,
    Expired,
    /// Another key of the same name signed.
    Signature,
    /// Nobody signed.
    Unsigned,
    /// The client's secret signed, as if it were a key.
    Secret,
    NoToken,
}

/// Somebody who has an account there.
#[derive(Debug, Clone)]
pub(crate) struct Them {
    pub(crate) subject: &'static str,
    pub(crate) name: Option<&'static str>,
    pub(crate) username: &'static str,
}

/// Somebody who said yes, until the client asks for their token.
struct Granted {
    them: Them,
    nonce: String,
    challenge: String,
    redirect: String,
}

struct Inside {
    issuer: String,
    signs: Signs,
    lie: Lie,
    key: KeyPair,
    kid: String,
    redirect: String,
    granted: HashMap<String, Granted>,
    /// How often its keys were asked for.
    keys_asked: u32,
}

/// A running provider.
#[derive(Clone)]
pub(crate) struct Provider(Arc<Mutex<Inside>>);

impl Provider {
    pub(crate) async fn start(signs: Signs) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let (lie, redirect, granted) = (Lie::None, String::new(), HashMap::new());
        let (key, kid, keys_asked) = (key(signs), "first".into(), 0);
        let inside = Inside { issuer, signs, lie, key, kid, redirect, granted, keys_asked };
        let provider = Self(Arc::new(Mutex::new(inside)));
        let app = Router::new()
            .route("/.well-known/openid-configuration", get(configuration))
            .route("/keys", get(keys))
            .route("/token", post(token))
            .with_state(provider.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        provider
    }

    pub(crate) fn issuer(&self) -> String {
        self.0.lock().unwrap().issuer.clone()
    }

    /// The one address that it sends people back to.
    pub(crate) fn register(&self, redirect: &str) {
        self.0.lock().unwrap().redirect = redirect.into();
    }

    pub(crate) fn lies(&self, lie: Lie) {
        self.0.lock().unwrap().lie = lie;
    }

    /// It signs with a new key from now on.
    pub(crate) fn renew_key(&self) {
        let mut inside = self.0.lock().unwrap();
        (inside.key, inside.kid) = (KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap(), "second".into());
        inside.signs = Signs::Es256;
    }

    pub(crate) fn keys_asked(&self) -> u32 {
        self.0.lock().unwrap().keys_asked
    }

    /// Somebody opens its page at this address and says yes: where they are sent.
    pub(crate) fn authorize(&self, url: &str, them: Them) -> Url {
        let mut inside = self.0.lock().unwrap();
        let url = Url::parse(url).unwrap();
        assert!(url.as_str().starts_with(&format!("{}/authorize?", inside.issuer)), "{url}");
        let asked: HashMap<_, _> = url.query_pairs().into_owned().collect();
        assert_eq!((&*asked["response_type"], &*asked["client_id"]), ("code", CLIENT));
        assert_eq!(asked["redirect_uri"], inside.redirect, "an address that is not registered");
        assert!(asked["scope"].split(' ').any(|scope| scope == "openid"));
        assert_eq!(asked["code_challenge_method"], "S256");
        assert!(asked["state"].len() >= 16 && asked["nonce"].len() >= 16);
        let code = format!("code {}", rand::random::<u64>());
        let redirect = asked["redirect_uri"].clone();
        let granted = Granted {
            them,
            nonce: asked["nonce"].clone(),
            challenge: asked["code_challenge"].clone(),
            redirect,
        };
        let mut back = Url::parse(&granted.redirect).unwrap();
        back.query_pairs_mut().append_pair("code", &code).append_pair("state", &asked["state"]);
        inside.granted.insert(code, granted);
        back
    }
}

fn key(signs: Signs) -> KeyPair {
    match signs {
        Signs::Rs256 => {
            KeyPair::from_pkcs8_pem_and_sign_algo(include_str!("provider.pem"), &PKCS_RSA_SHA256).unwrap()
        }
        Signs::Es256 => KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap(),
    }
}

async fn configuration(State(provider): State<Provider>) -> Json<Value> {
    let inside = provider.0.lock().unwrap();
    let at = |path: &str| format!("{}{path}", inside.issuer);
    Json(json!({
        "issuer": inside.issuer, "authorization_endpoint": at("/authorize"), "token_endpoint": at("/token"),
        "jwks_uri": at("/keys"), "response_types_supported": ["code"], "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256", "ES256"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic"],
        "code_challenge_methods_supported": ["S256"],
    }))
}

async fn keys(State(provider): State<Provider>) -> Json<Value> {
    let mut inside = provider.0.lock().unwrap();
    inside.keys_asked += 1;
    let public = inside.key.der_bytes();
    let (text, kid) = (|bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes), &inside.kid);
    let key = match inside.signs {
        // An uncompressed point (SEC 1, 2.3.3).
        Signs::Es256 => json!({
            "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": kid,
            "x": text(&public[1..33]), "y": text(&public[33..]),
        }),
        // Two integers (RFC 8017, A.1.1).
        Signs::Rs256 => {
            let (modulus, exponent) = integers(public);
            json!({
                "kty": "RSA", "use": "sig", "alg": "RS256", "kid": kid,
                "n": text(&modulus), "e": text(&exponent),
            })
        }
    };
    Json(json!({ "keys": [key] }))
}

async fn token(State(provider): State<Provider>, headers: HeaderMap, body: String) -> Response {
    let mut inside = provider.0.lock().unwrap();
    let refused = |error: &str| (StatusCode::BAD_REQUEST, Json(json!({ "error": error }))).into_response();
    // RFC 6749, 2.3.1: both are form-encoded first.
    let encode = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let basic = STANDARD.encode(format!("{}:{}", encode(CLIENT), encode(SECRET)));
    if headers.get(header::AUTHORIZATION).is_none_or(|given| *given != format!("Basic {basic}")) {
        return refused("invalid_client");
    }
    let asked: HashMap<_, _> = url::form_urlencoded::parse(body.as_bytes()).into_owned().collect();
    let given = |name: &str| asked.get(name).map_or("", String::as_str);
    let Some(granted) = inside.granted.remove(given("code")) else { return refused("invalid_grant") };
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(given("code_verifier")));
    if given("grant_type") != "authorization_code"
        || given("redirect_uri") != granted.redirect
        || challenge != granted.challenge
    {
        return refused("invalid_grant");
    }
    let mut answer = json!({ "access_token": "none", "token_type": "Bearer", "expires_in": 60 });
    if inside.lie != Lie::NoToken {
        answer["id_token"] = json!(inside.id_token(&granted));
    }
    Json(answer).into_response()
}

impl Inside {
    fn id_token(&self, granted: &Granted) -> String {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
        let lies = |lie| self.lie == lie;
        let expires = if lies(Lie::Expired) { now - 10 } else { now + 60 };
        let mut claims = json!({
            "iss": if lies(Lie::Issuer) { "https://other.example" } else { &self.issuer },
            "aud": if lies(Lie::Audience) { "another client" } else { CLIENT },
            "nonce": if lies(Lie::Nonce) { "another nonce" } else { &granted.nonce },
            "sub": granted.them.subject, "iat": now - 20, "exp": expires,
            "preferred_username": granted.them.username,
        });
        if let Some(name) = granted.them.name {
            claims["name"] = json!(name);
        }
        let alg = match (self.lie, self.signs) {
            (Lie::Unsigned, _) => "none",
            (Lie::Secret, _) => "HS256",
            (_, Signs::Rs256) => "RS256",
            (_, Signs::Es256) => "ES256",
        };
        let header = json!({ "alg": alg, "typ": "JWT", "kid": self.kid });
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(&header), part(&claims));
        let signature = match self.lie {
            Lie::Unsigned => Vec::new(),
            Lie::Secret => hmac(SECRET.as_bytes(), signed.as_bytes()),
            Lie::Signature => {
                sign(&KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap(), Signs::Es256, &signed)
            }
            _ => sign(&self.key, self.signs, &signed),
        };
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

fn sign(key: &KeyPair, signs: Signs, text: &str) -> Vec<u8> {
    let signature = key.sign(text.as_bytes()).unwrap();
    match signs {
        Signs::Rs256 => signature,
        // Two integers in DER become two numbers of 32 bytes (RFC 7518, 3.4).
        Signs::Es256 => {
            let (r, s) = integers(&signature);
            let padded = |number: Vec<u8>| [vec![0; 32 - number.len()], number].concat();
            [padded(r), padded(s)].concat()
        }
    }
}

/// A sequence of two integers in DER, without their signs.
fn integers(der: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let (_, inside, _) = element(der);
    let (_, first, rest) = element(inside);
    let (_, second, _) = element(rest);
    let bare = |number: &[u8]| number.iter().copied().skip_while(|byte| *byte == 0).collect();
    (bare(first), bare(second))
}

/// Tag, content and what follows (X.690, 8.1).
fn element(der: &[u8]) -> (u8, &[u8], &[u8]) {
    let (length, begin) = match der[1] {
        short @ 0..128 => (usize::from(short), 2),
        long => {
            let count = usize::from(long & 127);
            (der[2..2 + count].iter().fold(0, |length, byte| length << 8 | usize::from(*byte)), 2 + count)
        }
    };
    (der[0], &der[begin..begin + length], &der[begin + length..])
}

/// HMAC-SHA-256 (RFC 2104).
fn hmac(key: &[u8], text: &[u8]) -> Vec<u8> {
    let pad = |with: u8| (0..64).map(|at| key.get(at).copied().unwrap_or(0) ^ with).collect::<Vec<u8>>();
    let inner = Sha256::digest([&pad(0x36), text].concat());
    Sha256::digest([pad(0x5c), inner.to_vec()].concat()).to_vec()
}
