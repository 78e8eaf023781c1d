use proptest::prelude::*;

use super::*;

const MASK: [u8; 4] = [1, 2, 3, 4];

fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let length = u8::try_from(payload.len()).unwrap();
    assert!(length <= 125);
    let masked = payload.iter().enumerate().map(|(at, byte)| byte ^ MASK[at % 4]);
    [first, 0x80 | length].into_iter().chain(MASK).chain(masked).collect()
}

/// The messages as words, and how each piece was fed.
fn assemble(message_bytes_max: u32, pieces: &[&[u8]]) -> Vec<String> {
    let mut assembler = Assembler::new(message_bytes_max);
    let mut heard = Vec::new();
    for piece in pieces {
        let mut piece = piece.to_vec();
        let mut input = &mut piece[..];
        loop {
            heard.push(match assembler.next(&mut input) {
                Ok(None) => break,
                Ok(Some(Message::Text(text))) => format!("text {text}"),
                Ok(Some(Message::Ping(payload))) => format!("ping {payload:?}"),
                Ok(Some(Message::Pong(payload))) => format!("pong {payload:?}"),
                Ok(Some(Message::Close(close))) => format!("close {:?}", close.code),
                Err(fault) => format!("fault {}", fault.code()),
            });
        }
        assert!(input.is_empty());
    }
    heard
}

fn assemble_bytewise(bytes: &[u8]) -> Vec<String> {
    assemble(100, &bytes.chunks(1).collect::<Vec<_>>())
}

fn check(bytes: &[u8], expected: &[&str]) {
    assert_eq!(assemble(100, &[bytes]), expected, "whole");
    assert_eq!(assemble_bytewise(bytes), expected, "byte by byte");
}

#[test]
fn is_small() {
    assert!(size_of::<Assembler>() <= 40, "{}", size_of::<Assembler>());
}

#[test]
fn joins_fragments_around_control_frames() {
    let bytes = [
        frame(0x81, b"whole"),
        frame(0x01, "茶".as_bytes()),
        frame(0x89, &[7]),
        frame(0x00, &"馆".as_bytes()[..1]),
        frame(0x8a, &[]),
        frame(0x80, &"馆".as_bytes()[1..]),
        frame(0x81, b""),
        frame(0x88, &[3, 232]),
        frame(0x81, b"late"),
    ]
    .concat();
    check(&bytes, &["text whole", "ping [7]", "pong []", "text 茶馆", "text ", "close Some(1000)"]);
}

#[test]
fn refuses_binary_and_goes_deaf() {
    for binary in [frame(0x82, b"x"), frame(0x02, b"x"), frame(0x82, b"")] {
        check(&[binary, frame(0x81, b"late")].concat(), &["fault 1003"]);
    }
}

#[test]
fn tells_the_faults_of_the_decoder() {
    check(&frame(0x81, b"\xff"), &["fault 1007"]);
    check(&frame(0x80, b"x"), &["fault 1002"]);
    check(&[frame(0x01, &[b'x'; 60]), frame(0x80, &[b'x'; 41])].concat(), &["fault 1009"]);
    check(&[frame(0x01, b"x"), frame(0x83, b"x")].concat(), &["fault 1002"]);
}

#[test]
fn lends_what_came_whole() {
    let mut bytes = [frame(0x81, b"one"), frame(0x81, b"two")].concat();
    let mut input = &mut bytes[..];
    let mut assembler = Assembler::new(100);
    for expected in ["one", "two"] {
        match assembler.next(&mut input) {
            Ok(Some(Message::Text(Cow::Borrowed(text)))) => assert_eq!(text, expected),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn holds_memory_only_inside_a_message() {
    for end in [frame(0x80, b"end"), frame(0x88, b""), frame(0x83, b"")] {
        let mut assembler = Assembler::new(100);
        let mut begun = frame(0x01, b"begun");
        assert_eq!(assembler.next(&mut &mut begun[..]), Ok(None));
        assert!(assembler.unfinished.is_some());
        let mut end = end;
        assert_ne!(assembler.next(&mut &mut end[..]), Ok(None));
        assert!(assembler.unfinished.is_none());
    }
}

#[test]
fn takes_no_memory_for_a_claim() {
    let mut assembler = Assembler::new(u32::MAX);
    let mut claim = [0x81, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, b'x'];
    assert_eq!(assembler.next(&mut &mut claim[..]), Ok(None));
    let held = assembler.unfinished.map(|unfinished| unfinished.text.capacity());
    assert!(held.is_some_and(|bytes| bytes < 100), "{held:?}");
}

proptest! {
    #[test]
    fn agrees_at_any_cuts(
        frames in prop::collection::vec(
            (
                prop::sample::select(vec![0x00_u8, 0x01, 0x80, 0x80, 0x81, 0x81, 0x82, 0x88, 0x89]),
                "[a-z茶🍵]{0,20}",
            ),
            0..8,
        ),
        stride in 1_usize..40,
    ) {
        let bytes: Vec<u8> =
            frames.iter().flat_map(|(first, text)| frame(*first, text.as_bytes())).collect();
        let whole = assemble(100, &[&bytes]);
        prop_assert_eq!(&assemble(100, &bytes.chunks(stride).collect::<Vec<_>>()), &whole);
        prop_assert_eq!(&assemble_bytewise(&bytes), &whole);
    }
}
