//! The web app and the plain page: files in the binary. Nothing is ever loaded from another site.

use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rand::Rng;
use rust_embed::{EmbeddedFile, RustEmbed};

#[derive(RustEmbed)]
#[folder = "../../web/app/dist"]
#[allow_missing = true]
struct App;

/// What a page of the app may do: its own files, its own server, no inline script, no HTML from text.
const APP_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; \
    connect-src 'self'; font-src 'self'; manifest-src 'self'; worker-src 'self'; base-uri 'none'; \
    form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types worker";

/// What its service worker may do: ask its own server.
const WORKER_POLICY: &str = "default-src 'none'; connect-src 'self'; script-src 'self'";

const NOT_BUILT: &str = include_str!("../assets/not-built.html");
const PLAIN_PAGE: &str = include_str!("../assets/plain/index.html");
const PLAIN_FILES: &[(&str, &str, &str)] = &[
    ("plain.css", "text/css; charset=utf-8", include_str!("../assets/plain/plain.css")),
    ("plain.js", "text/javascript; charset=utf-8", include_str!("../assets/plain/plain.js")),
];

/// The app: a file of it, or its page for every address that is a screen.
pub async fn app(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    if method != Method::GET && method != Method::HEAD {
        return (StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, "GET, HEAD")], "Ask with GET.")
            .into_response();
    }
    let path = uri.path().trim_start_matches('/');
    let is_file = path.rsplit('/').next().is_some_and(|name| name.contains('.'));
    if path.starts_with("v1/") || path.starts_with("assets/") && App::get(path).is_none() {
        return (StatusCode::NOT_FOUND, "There is nothing at this address.").into_response();
    }
    match (App::get(path), is_file, App::get("index.html")) {
        (Some(file), _, _) => serve(path, file, &headers),
        (None, true, _) => (StatusCode::NOT_FOUND, "There is no such file.").into_response(),
        (None, false, Some(page)) => serve("index.html", page, &headers),
        (None, false, None) => page(NOT_BUILT.into(), APP_POLICY),
    }
}

fn serve(path: &str, file: EmbeddedFile, asked: &HeaderMap) -> Response {
    let tag = format!("\"{}\"", STANDARD.encode(&file.metadata.sha256_hash()[..12]));
    let cache = if path.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
    let mut headers = HeaderMap::new();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind(path)));
    headers.insert(header::ETAG, HeaderValue::try_from(&tag).expect("base64 is fit for a header"));
    if path == "worker.js" {
        headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(WORKER_POLICY));
    }
    if path.ends_with(".html") {
        headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(APP_POLICY));
    }
    if asked.get(header::IF_NONE_MATCH).is_some_and(|theirs| theirs.as_bytes() == tag.as_bytes()) {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    let accepts =
        asked.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let takes_brotli =
        accepts.split(',').any(|one| one.split(';').next().is_some_and(|name| name.trim() == "br"));
    if takes_brotli && let Some(small) = App::get(&format!("{path}.br")) {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("br"));
        return (headers, small.data).into_response();
    }
    (headers, file.data).into_response()
}

fn kind(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "json" => "application/json",
        "webmanifest" => "application/manifest+json",
        "txt" => "text/plain; charset=utf-8",
        "woff2" => "font/woff2",
        _ => "application/octet-stream",
    }
}

/// The page of the plain-text room. Its fragments have inline styles, so it has a policy of its own.
pub async fn plain_page() -> Response {
    let nonce = STANDARD.encode(rand::rng().random::<[u8; 16]>());
    let policy = format!(
        "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'self'; style-src-attr 'unsafe-inline'; \
         connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    page(PLAIN_PAGE.replace("NONCE", &nonce), &policy)
}

/// A file of the plain page.
pub async fn plain_file(Path(file): Path<String>) -> Response {
    match PLAIN_FILES.iter().find(|(name, _, _)| *name == file) {
        Some((_, kind, text)) => {
            ([(header::CONTENT_TYPE, *kind), (header::CACHE_CONTROL, "no-cache")], *text).into_response()
        }
        None => (StatusCode::NOT_FOUND, "There is no such file.").into_response(),
    }
}

fn page(text: String, policy: &str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
        (header::CONTENT_SECURITY_POLICY, policy),
    ];
    (headers, text).into_response()
}

/// What every answer says to browsers. The API's answers are no pages: they say only what they are, since
/// whoever polls pays for each word.
pub async fn secure(mut response: Response) -> Response {
    const HEADERS: &[(&str, &str)] = &[
        ("x-frame-options", "DENY"),
        ("referrer-policy", "no-referrer"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        ("permissions-policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    ];
    if response.status() == StatusCode::SWITCHING_PROTOCOLS {
        return response;
    }
    let kind = response.headers().get(header::CONTENT_TYPE).map(HeaderValue::as_bytes).unwrap_or_default();
    let is_data = ["application/json", "application/x-ndjson", "text/event-stream"];
    let is_data = is_data.iter().any(|data| kind.starts_with(data.as_bytes()));
    let headers = response.headers_mut();
    headers.insert("x-content-type-options", HeaderValue::from_static("nosniff"));
    if !is_data {
        for (name, value) in HEADERS {
            headers.insert(*name, HeaderValue::from_static(value));
        }
    }
    response
}
