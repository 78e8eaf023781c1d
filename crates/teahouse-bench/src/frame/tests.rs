use super::*;

fn read_all(chunks: &[&[u8]], from: From) -> Result<Vec<(Kind, Vec<u8>)>> {
    let mut reader = FrameReader::default();
    let mut seen = Vec::new();
    for chunk in chunks {
        reader.feed(chunk, from, |frame| {
            let mut payload = Vec::new();
            push_unmasked(&mut payload, frame.payload, frame.mask.unwrap_or_default());
            seen.push((frame.kind, payload));
            Ok(())
        })?;
    }
    assert_eq!(reader.pending_bytes(), 0);
    Ok(seen)
}

fn sample() -> Vec<(Kind, Vec<u8>)> {
    vec![
        (Kind::Text, b"tea".to_vec()),
        (Kind::Ping, Vec::new()),
        (Kind::Text, vec![b'x'; 125]),
        (Kind::Binary, vec![7; 126]),
        (Kind::Text, vec![b'y'; 65_535]),
        (Kind::Text, vec![b'z'; 65_536]),
        (Kind::Close, vec![3, 232]),
    ]
}

fn small_sample() -> Vec<(Kind, Vec<u8>)> {
    sample().into_iter().filter(|(_, payload)| payload.len() < 1000).collect()
}

fn server_bytes(frames: &[(Kind, Vec<u8>)]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (kind, payload) in frames {
        push_server_frame(&mut bytes, *kind, payload);
    }
    bytes
}

fn client_bytes(frames: &[(Kind, Vec<u8>)]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (kind, payload) in frames {
        push_client_frame(&mut bytes, *kind, payload, [1, 2, 3, 4]);
    }
    bytes
}

#[test]
fn frames_of_all_lengths_come_back_whole() {
    let bytes = server_bytes(&sample());
    assert_eq!(read_all(&[&bytes], From::Server).unwrap(), sample());
    let bytes = client_bytes(&sample());
    assert_eq!(read_all(&[&bytes], From::Client).unwrap(), sample());
}

#[test]
fn a_cut_at_any_byte_changes_nothing() {
    let bytes = server_bytes(&small_sample());
    for at in 0..=bytes.len() {
        let (left, right) = bytes.split_at(at);
        assert_eq!(read_all(&[left, right], From::Server).unwrap(), small_sample(), "cut at {at}");
    }
    let bytes = client_bytes(&small_sample());
    for at in 0..=bytes.len() {
        let (left, right) = bytes.split_at(at);
        assert_eq!(read_all(&[left, right], From::Client).unwrap(), small_sample(), "cut at {at}");
    }
}

#[test]
fn byte_by_byte_is_the_same_as_at_once() {
    let bytes = server_bytes(&sample());
    let chunks: Vec<&[u8]> = bytes.chunks(1).collect();
    assert_eq!(read_all(&chunks, From::Server).unwrap(), sample());
}

#[test]
fn a_reader_keeps_nothing_while_idle() {
    let mut reader = FrameReader::default();
    let bytes = server_bytes(&small_sample());
    for part in bytes.chunks(3) {
        reader.feed(part, From::Server, |_| Ok(())).unwrap();
    }
    assert_eq!(reader.carry.capacity(), 0);
}

fn check_refused(bytes: &[u8], from: From, words: &str) {
    let error = FrameReader::default().feed(bytes, from, |_| Ok(())).unwrap_err().to_string();
    assert!(error.contains(words), "{error:?} should say {words:?}");
}

#[test]
fn what_rfc_6455_forbids_is_an_error() {
    check_refused(&[0xC1, 0x00], From::Server, "reserved bits");
    check_refused(&[0x83, 0x00], From::Server, "opcode 0x3");
    check_refused(&[0x01, 0x00], From::Server, "fragmented");
    check_refused(&[0x80, 0x00], From::Server, "fragmented");
    check_refused(&[0x81, 0x80], From::Server, "mask bit");
    check_refused(&[0x81, 0x00], From::Client, "mask bit");
    check_refused(&[0x81, 126, 0, 125], From::Server, "shortest form");
    check_refused(&[0x81, 127, 0, 0, 0, 0, 0, 0, 255, 255], From::Server, "shortest form");
    check_refused(&[0x81, 127, 0x80, 0, 0, 0, 0, 0, 0, 0], From::Server, "claims");
    check_refused(&[0x89, 126, 0, 126], From::Server, "control frame");
}

#[test]
fn a_padded_frame_has_the_bytes_that_were_asked_for() {
    let impossible = |bytes| matches!(bytes, 128 | 129 | 65_540..=65_545);
    for wire_bytes in [5, 66, 127, 128, 129, 130, 300, 65_539, 65_540, 65_545, 65_546, 70_000] {
        let mut out = Vec::new();
        push_padded_frame(&mut out, b"tea", [0; 4], wire_bytes);
        if impossible(wire_bytes) {
            assert!(out.len() < wire_bytes && out.len() + 6 >= wire_bytes, "{wire_bytes}");
        } else {
            assert_eq!(out.len(), wire_bytes);
        }
        assert!(out.ends_with(b"tea"));
        assert_eq!(read_all(&[&out], From::Server).unwrap().len(), 1);
    }
}

#[test]
fn a_payload_that_does_not_fit_is_sent_all_the_same() {
    let mut out = Vec::new();
    push_padded_frame(&mut out, b"oolong", [0; 4], 4);
    assert_eq!(read_all(&[&out], From::Server).unwrap(), [(Kind::Text, b"oolong".to_vec())]);
}
