use super::*;

/// The request of RFC 6455, 1.2.
fn request() -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in [
        (header::HOST, "server.example.com"),
        (header::UPGRADE, "websocket"),
        (header::CONNECTION, "Upgrade"),
        (header::SEC_WEBSOCKET_KEY, "dGhlIHNhbXBsZSBub25jZQ=="),
        (header::ORIGIN, "http://example.com"),
        (header::SEC_WEBSOCKET_PROTOCOL, "chat, superchat"),
        (header::SEC_WEBSOCKET_VERSION, "13"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers
}

fn judge_headers(headers: &HeaderMap) -> Result<Accepted, Rejection> {
    judge(&Method::GET, Version::HTTP_11, headers, &["teahouse.v1", "superchat"])
}

/// The request with `name` as several lines, or without it.
fn with(name: &HeaderName, lines: &[&'static str]) -> HeaderMap {
    let mut headers = request();
    headers.remove(name);
    for line in lines {
        headers.append(name, HeaderValue::from_static(line));
    }
    headers
}

fn status(name: &HeaderName, lines: &[&'static str]) -> u16 {
    judge_headers(&with(name, lines)).map_or_else(|rejection| rejection.status.as_u16(), |_| 101)
}

#[test]
fn accepts_the_example_of_the_rfc() {
    let accepted = judge_headers(&request()).unwrap();
    assert_eq!(accepted.accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    assert_eq!(accepted.subprotocol, Some("superchat"));
    let response: Response<String> = accepted.response();
    assert_eq!(response.status(), 101);
    assert_eq!(response.headers()[header::UPGRADE], "websocket");
    assert_eq!(response.headers()[header::CONNECTION], "Upgrade");
    assert_eq!(response.headers()[header::SEC_WEBSOCKET_PROTOCOL], "superchat");
    assert!(!response.headers().contains_key(header::SEC_WEBSOCKET_EXTENSIONS));
}

#[test]
fn refuses_other_methods_and_versions() {
    for method in [Method::POST, Method::HEAD, Method::CONNECT, Method::OPTIONS] {
        let rejection = judge(&method, Version::HTTP_11, &request(), &[]).unwrap_err();
        let response: Response<&str> = rejection.response();
        assert_eq!(response.status(), 405, "{method}");
        assert_eq!(response.headers()[header::ALLOW], "GET");
    }
    for version in [Version::HTTP_09, Version::HTTP_10, Version::HTTP_2, Version::HTTP_3] {
        let rejection = judge(&Method::GET, version, &request(), &[]).unwrap_err();
        assert_eq!(rejection.status, 400, "{version:?}");
    }
}

#[test]
fn finds_tokens_in_any_case_and_line() {
    for lines in [&["WebSocket"][..], &["h2c, WEBSOCKET"], &["h2c", "websocket"], &[" ,websocket,"]] {
        assert_eq!(status(&header::UPGRADE, lines), 101, "{lines:?}");
    }
    for lines in [&["upgrade"][..], &["keep-alive, UPGRADE"], &["keep-alive", "Upgrade"]] {
        assert_eq!(status(&header::CONNECTION, lines), 101, "{lines:?}");
    }
    for lines in [&[][..], &["websockets"], &["web socket"], &["h2c"], &[""]] {
        assert_eq!(status(&header::UPGRADE, lines), 426, "{lines:?}");
    }
    for lines in [&[][..], &["keep-alive"], &["upgraded"], &["close"]] {
        assert_eq!(status(&header::CONNECTION, lines), 400, "{lines:?}");
    }
    assert_eq!(status(&header::HOST, &[]), 400);
}

#[test]
fn speaks_version_13_only() {
    for lines in [&[][..], &["8"], &["13, 8"], &["013"], &[""]] {
        assert_eq!(status(&header::SEC_WEBSOCKET_VERSION, lines), 426, "{lines:?}");
    }
    assert_eq!(status(&header::SEC_WEBSOCKET_VERSION, &["13", "13"]), 400);
    let rejection = judge_headers(&with(&header::SEC_WEBSOCKET_VERSION, &["8"])).unwrap_err();
    let response: Response<&str> = rejection.response();
    assert_eq!(response.headers()[header::SEC_WEBSOCKET_VERSION], "13");
    assert_eq!(response.headers()[header::UPGRADE], "websocket");
    assert_eq!(response.headers()[header::CONNECTION], "Upgrade");
}

#[test]
fn wants_one_key_of_sixteen_bytes() {
    for key in ["dGhlIHNhbXBsZSBub25jZQ==", "AAAAAAAAAAAAAAAAAAAAAA==", "/////////////////////w=="] {
        assert_eq!(status(&header::SEC_WEBSOCKET_KEY, &[key]), 101, "{key}");
    }
    // The same 16 bytes, with spare bits set in the last letter.
    assert_eq!(status(&header::SEC_WEBSOCKET_KEY, &["dGhlIHNhbXBsZSBub25jZR=="]), 101);
    for lines in [
        &[][..],
        &[""],
        &["dGhlIHNhbXBsZSBub25jZQ"],
        &["dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25jZQ=="],
        &["dGhlIHNhbXBsZSBub25jZQ==, dGhlIHNhbXBsZSBub25jZQ=="],
        &["dGhlIHNhbXBsZSBub25jZSE="],
        &["dGhlIHNhbXBsZSBub25j"],
        &["dGhlIHNhbXBsZSBub25jZ-=="],
        &["dGhlIHNhbXBs SBub25jZQ=="],
    ] {
        assert_eq!(status(&header::SEC_WEBSOCKET_KEY, lines), 400, "{lines:?}");
    }
}

#[test]
fn chooses_the_clients_first_subprotocol() {
    let chosen = |lines: &[&'static str]| {
        judge_headers(&with(&header::SEC_WEBSOCKET_PROTOCOL, lines)).unwrap().subprotocol
    };
    assert_eq!(chosen(&[]), None);
    assert_eq!(chosen(&["other, another"]), None);
    assert_eq!(chosen(&["superchat, teahouse.v1"]), Some("superchat"));
    assert_eq!(chosen(&["other", "teahouse.v1", "superchat"]), Some("teahouse.v1"));
    assert_eq!(chosen(&["Teahouse.V1,\tsuperchat"]), Some("superchat"));
    for line in ["a b", "\"quoted\"", "teahouse.v1;q=1", "a/b"] {
        assert_eq!(status(&header::SEC_WEBSOCKET_PROTOCOL, &[line]), 400, "{line}");
    }
    let mut headers = request();
    let bytes = HeaderValue::from_bytes(b"caf\xe9").unwrap();
    headers.insert(header::SEC_WEBSOCKET_PROTOCOL, bytes);
    assert_eq!(judge_headers(&headers).unwrap_err().status, 400);
}

#[test]
fn agrees_to_no_extension() {
    let mut headers = request();
    let offer = HeaderValue::from_static("permessage-deflate; client_max_window_bits");
    headers.insert(header::SEC_WEBSOCKET_EXTENSIONS, offer);
    let response: Response<String> = judge_headers(&headers).unwrap().response();
    assert!(!response.headers().contains_key(header::SEC_WEBSOCKET_EXTENSIONS));
}

#[test]
fn says_what_to_do() {
    let rejection = judge_headers(&with(&header::UPGRADE, &[])).unwrap_err();
    let response: Response<&str> = rejection.response();
    assert_eq!(*response.body(), rejection.sentence);
    assert_eq!(response.headers()[header::CONTENT_TYPE], "text/plain; charset=utf-8");
    assert!(rejection.sentence.contains("Upgrade: websocket"));
}
