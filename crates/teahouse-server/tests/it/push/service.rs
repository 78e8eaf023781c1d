//! A push service and the browser behind it, as the standards say they are: it takes what comes, opens it with the
//! browser's key (RFC 8291, RFC 8188) and checks who signed (RFC 8292). It shares no code with the house.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use ring::hmac;
use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::kit::until;

/// Requests as they came: what they say of themselves, and their bytes.
type Requests = Arc<Mutex<Vec<(String, Vec<u8>)>>>;

/// What came.
#[derive(Debug)]
pub(super) struct Came {
    pub(super) said: Value,
    headers: Vec<(String, String)>,
}

impl Came {
    pub(super) fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(given, _)| given == name);
        &found.unwrap_or_else(|| panic!("no {name}: {:?}", self.headers)).1
    }
}

/// A browser at its push service.
pub(super) struct Browser {
    endpoint: String,
    secret: p256::SecretKey,
    auth: [u8; 16],
    came: Requests,
    answers: Arc<Mutex<VecDeque<&'static str>>>,
}

impl Browser {
    /// At a push service of its own.
    pub(super) async fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}/push/{:x}", listener.local_addr().unwrap(), rand::random::<u64>());
        let (came, answers) = (Arc::new(Mutex::default()), Arc::new(Mutex::new(VecDeque::new())));
        tokio::spawn(serve(listener, came.clone(), answers.clone()));
        let secret = loop {
            if let Ok(secret) = p256::SecretKey::from_slice(&rand::random::<[u8; 32]>()) {
                break secret;
            }
        };
        Self { endpoint, secret, auth: rand::random(), came, answers }
    }

    /// What it says of itself.
    pub(super) fn told(&self) -> Value {
        let (p256dh, auth) = (URL_SAFE_NO_PAD.encode(self.public()), URL_SAFE_NO_PAD.encode(self.auth));
        json!({"endpoint": self.endpoint, "keys": {"p256dh": p256dh, "auth": auth}})
    }

    pub(super) fn ended(&self) -> Value {
        json!({ "endpoint": self.endpoint })
    }

    fn public(&self) -> Vec<u8> {
        use p256::elliptic_curve::sec1::ToEncodedPoint;
        self.secret.public_key().to_encoded_point(false).as_bytes().to_vec()
    }

    /// With what the next word is answered, instead of `201 Created`.
    pub(super) fn answers(&self, head: &'static str) {
        self.answers.lock().unwrap().push_back(head);
    }

    /// How many words came.
    pub(super) fn count(&self) -> usize {
        self.came.lock().unwrap().len()
    }

    /// The word of that number, opened; `key` is what the house says is its own.
    pub(super) async fn hears(&self, number: usize, key: &str) -> Came {
        until(|| self.count() > number).await;
        let (head, body) = self.came.lock().unwrap()[number].clone();
        let headers = head.split("\r\n").filter_map(|line| line.split_once(": "));
        let headers = headers.map(|(name, value)| (name.to_lowercase(), value.to_owned())).collect();
        let came = Came { said: serde_json::from_slice(&self.open(&body)).unwrap(), headers };
        assert_eq!(came.header("content-encoding"), "aes128gcm");
        assert!(came.header("ttl").parse::<u64>().unwrap() > 0);
        self.check_signature(came.header("authorization"), key);
        came
    }

    /// RFC 8291, section 3.4, and RFC 8188, section 2, for one record.
    fn open(&self, sealed: &[u8]) -> Vec<u8> {
        let (salt, rest) = sealed.split_at(16);
        let (size, rest) = rest.split_at(4);
        let (key, record) = rest[1..].split_at(rest[0].into());
        assert!(u32::from_be_bytes(size.try_into().unwrap()) as usize >= record.len());
        let theirs = p256::PublicKey::from_sec1_bytes(key).unwrap();
        let shared = p256::ecdh::diffie_hellman(self.secret.to_nonzero_scalar(), theirs.as_affine());
        let info = [b"WebPush: info\0", &*self.public(), key].concat();
        let secret = derived(&self.auth, shared.raw_secret_bytes(), &info);
        let content_key = derived(salt, &secret, b"Content-Encoding: aes128gcm\0");
        let nonce = derived(salt, &secret, b"Content-Encoding: nonce\0");
        let aead = LessSafeKey::new(UnboundKey::new(&AES_128_GCM, &content_key[..16]).unwrap());
        let mut record = record.to_vec();
        let nonce = Nonce::try_assume_unique_for_key(&nonce[..12]).unwrap();
        let opened = aead.open_in_place(nonce, Aad::empty(), &mut record).unwrap();
        let end = opened.iter().rposition(|byte| *byte != 0).unwrap();
        assert_eq!(opened[end], 2, "the last record");
        opened[..end].to_vec()
    }

    /// RFC 8292, sections 2 and 3.
    fn check_signature(&self, given: &str, key: &str) {
        let parts = given.strip_prefix("vapid t=").unwrap().split_once(", k=").unwrap();
        assert_eq!(parts.1, key);
        let (said, signature) = parts.0.rsplit_once('.').unwrap();
        let decode = |text: &str| URL_SAFE_NO_PAD.decode(text).unwrap();
        let public = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, decode(key));
        public.verify(said.as_bytes(), &decode(signature)).unwrap();
        let (head, claims) = said.split_once('.').unwrap();
        let head: Value = serde_json::from_slice(&decode(head)).unwrap();
        assert_eq!(head, json!({"typ": "JWT", "alg": "ES256"}));
        let claims: Value = serde_json::from_slice(&decode(claims)).unwrap();
        assert_eq!(claims["aud"], self.endpoint.rsplit_once("/push/").unwrap().0);
        let left_s = claims["exp"].as_u64().unwrap() - teahouse_server::clock::unix_ms() / 1_000;
        assert!((1..=24 * 60 * 60).contains(&left_s), "{claims}");
        assert!(claims["sub"].as_str().unwrap().starts_with("https://"), "{claims}");
    }
}

/// HKDF (RFC 5869) of one block.
fn derived(salt: &[u8], secret: &[u8], info: &[u8]) -> [u8; 32] {
    let extracted = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, salt), secret);
    let expanded = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, extracted.as_ref()), &[info, &[1]].concat());
    expanded.as_ref().try_into().unwrap()
}

async fn serve(listener: TcpListener, came: Requests, answers: Arc<Mutex<VecDeque<&'static str>>>) {
    while let Ok((mut socket, _)) = listener.accept().await {
        let word = taken(&mut socket).await;
        let head = answers.lock().unwrap().pop_front().unwrap_or("201 Created");
        came.lock().unwrap().push(word);
        let answer = format!("HTTP/1.1 {head}\r\ncontent-length: 0\r\n\r\n");
        let _ = socket.write_all(answer.as_bytes()).await;
    }
}

async fn taken(socket: &mut TcpStream) -> (String, Vec<u8>) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(socket.read_u8().await.unwrap());
    }
    let head = String::from_utf8(head).unwrap();
    let length = head.to_lowercase().split("content-length: ").nth(1).unwrap().to_owned();
    let length: usize = length.split("\r\n").next().unwrap().parse().unwrap();
    let mut body = vec![0; length];
    socket.read_exact(&mut body).await.unwrap();
    (head, body)
}
