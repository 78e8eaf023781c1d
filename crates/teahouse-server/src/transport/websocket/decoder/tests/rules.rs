//! One rule of RFC 6455 after the other, with what no test suite sends.

use super::*;

const OPCODES: [u8; 6] = [0, 1, 2, 8, 9, 10];
const CONTROL: [u8; 3] = [8, 9, 10];

/// A header with a length in a form of one's choice, masked unless `second` says so.
fn header(first: u8, second: u8, length: &[u8]) -> Vec<u8> {
    [&[first, second], length, &MASK].concat()
}

#[test]
fn is_small() {
    assert!(size_of::<Decoder>() <= 32, "{}", size_of::<Decoder>());
    assert!(size_of::<Held>() <= 132, "{}", size_of::<Held>());
}

#[test]
fn takes_the_examples_of_the_rfc() {
    let hello = b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58";
    check("a masked text", hello, &[Event::Text("Hello".into())]);
    check("a masked pong", &frame(0x8a, b"Hello"), &[Event::Pong(b"Hello".into())]);
    let two = [frame(0x01, b"Hel"), frame(0x80, b"lo")].concat();
    check("two fragments", &two, &[Event::Text("Hello".into())]);
}

#[test]
fn takes_every_length() {
    for length in [0, 1, 7, 8, 9, 125, 126, 127, 255, 256, 65_535, 65_536, 65_537] {
        let payload: Vec<u8> = (0..length).map(|at| u8::try_from(at % 251).unwrap()).collect();
        let bytes = frame(0x82, &payload);
        let expected = [Event::Binary(payload)];
        assert_eq!(decode(&bytes), expected, "{length}");
        assert_eq!(decode_bytewise(LIMIT, &bytes), expected, "{length}");
        for cut in [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 13, 14, 15, bytes.len() - 1] {
            let cut = cut.min(bytes.len());
            assert_eq!(decode_at(LIMIT, &bytes, &[cut]), expected, "{length} cut at {cut}");
        }
    }
}

#[test]
fn refuses_unmasked_frames() {
    for opcode in [1, 2, 8, 9, 10] {
        for length in [&[0][..], &[5], &[125]] {
            let bytes = [&[0x80 | opcode], length, b"Hello, this is not masked"].concat();
            check_fault(&format!("opcode {opcode} of {length:?}"), &bytes, Fault::Unmasked);
        }
    }
    check_fault("16 bits", &[0x81, 126, 1, 0, 1, 2, 3, 4], Fault::Unmasked);
    check_fault("64 bits", &[0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0], Fault::Unmasked);
    assert_eq!(fault_at(&[0x81, 5]), Some((2, Fault::Unmasked)));
    let later = [frame(0x01, b"a"), vec![0x80, 1, b'b']].concat();
    check_fault("an unmasked continuation", &later, Fault::Unmasked);
}

#[test]
fn refuses_lengths_that_are_not_the_shortest() {
    for opcode in [1, 2] {
        for length in [0_u16, 1, 124, 125] {
            let bytes = header(0x80 | opcode, 0xfe, &length.to_be_bytes());
            check_fault(&format!("{length} in 16 bits"), &bytes, Fault::LengthNotShortest);
        }
        for length in [0_u64, 1, 125, 126, 65_534, 65_535] {
            let bytes = header(0x80 | opcode, 0xff, &length.to_be_bytes());
            check_fault(&format!("{length} in 64 bits"), &bytes, Fault::LengthNotShortest);
        }
    }
}

#[test]
fn refuses_absurd_lengths_before_any_payload() {
    let too_big = Fault::TooBig { bytes_max: LIMIT };
    let top = 1_u64 << 63;
    for (length, fault) in [
        (u64::from(LIMIT) + 1, too_big),
        (u64::from(u32::MAX), too_big),
        (u64::from(u32::MAX) + 1, too_big),
        (1 << 62, too_big),
        (top - 1, too_big),
        (top, Fault::LengthTopBit),
        (top | 5, Fault::LengthTopBit),
        (u64::MAX, Fault::LengthTopBit),
    ] {
        for opcode in [1, 2] {
            let bytes = header(0x80 | opcode, 0xff, &length.to_be_bytes());
            check_fault(&format!("a length of {length}"), &bytes, fault);
        }
    }
}

#[test]
fn refuses_reserved_bits() {
    for bits in 1..8_u8 {
        for fin in [0, 0x80] {
            for opcode in 0..16 {
                let bytes = frame(fin | bits << 4 | opcode, b"x");
                check_fault(&format!("first byte {:x}", bytes[0]), &bytes, Fault::ReservedBits);
            }
            for opcode in OPCODES {
                let first = fin | bits << 4 | opcode;
                let inside = [frame(0x01, b"a"), frame(first, b"b")].concat();
                check_fault(&format!("inside, {first:x}"), &inside, Fault::ReservedBits);
            }
        }
    }
}

#[test]
fn refuses_reserved_opcodes() {
    for opcode in [3, 4, 5, 6, 7, 11, 12, 13, 14, 15] {
        let fault = Fault::ReservedOpcode(opcode);
        for fin in [0, 0x80] {
            check_fault(&format!("opcode {opcode}"), &frame(fin | opcode, b"x"), fault);
            assert_eq!(fault_at(&[fin | opcode]), Some((1, fault)));
        }
        let inside = [frame(0x02, b"a"), frame(0x80 | opcode, b"")].concat();
        check_fault(&format!("opcode {opcode} inside"), &inside, fault);
    }
}

#[test]
fn refuses_long_control_frames() {
    for opcode in CONTROL {
        let first = 0x80 | opcode;
        for length in [126, 127, 1000, 65_535, 65_536] {
            let bytes = frame(first, &vec![b'x'; length]);
            assert_eq!(decode(&bytes), [Event::Fault(Fault::ControlTooLong)], "{length}");
            assert_eq!(fault_at(&bytes), Some((2, Fault::ControlTooLong)), "{length}");
        }
        let short = header(first, 0xfe, &[0, 5]);
        check_fault("five bytes in 16 bits", &short, Fault::ControlTooLong);
    }
    for (first, event) in [(0x89, Event::Ping as fn(_) -> _), (0x8a, Event::Pong)] {
        for length in [0, 1, 124, 125] {
            let payload = vec![0xff; length];
            check("the longest", &frame(first, &payload), &[event(payload)]);
        }
    }
}

#[test]
fn refuses_fragmented_control_frames() {
    for opcode in CONTROL {
        check_fault(&format!("opcode {opcode}"), &frame(opcode, b"xx"), Fault::ControlFragmented);
        assert_eq!(fault_at(&[opcode]), Some((1, Fault::ControlFragmented)));
    }
}

#[test]
fn refuses_a_continuation_of_nothing() {
    for first in [0x00, 0x80] {
        check_fault("at the start", &frame(first, b"x"), Fault::NothingToContinue);
        let after = [frame(0x81, b"a"), frame(first, b"b")].concat();
        let expected = [Event::Text("a".into()), Event::Fault(Fault::NothingToContinue)];
        check("after a whole message", &after, &expected);
        let after = [frame(0x01, b"a"), frame(0x80, b"b"), frame(first, b"c")].concat();
        let expected = [Event::Text("ab".into()), Event::Fault(Fault::NothingToContinue)];
        check("after a fragmented message", &after, &expected);
    }
}

#[test]
fn refuses_a_message_inside_a_message() {
    for begun in [0x01, 0x02] {
        for inside in [0x01, 0x02, 0x81, 0x82] {
            let bytes = [frame(begun, b"a"), frame(inside, b"b")].concat();
            check_fault("at once", &bytes, Fault::MessageInsideMessage);
            let bytes = [frame(begun, b""), frame(0x89, b"p"), frame(inside, b"")].concat();
            let expected = [Event::Ping(b"p".into()), Event::Fault(Fault::MessageInsideMessage)];
            check("after a ping", &bytes, &expected);
        }
    }
}

#[test]
fn takes_control_frames_between_fragments() {
    let bytes = [
        frame(0x02, b"one "),
        frame(0x89, b"p1"),
        frame(0x00, b""),
        frame(0x8a, b""),
        frame(0x00, b"two "),
        frame(0x89, b"p2"),
        frame(0x89, b""),
        frame(0x80, b"three"),
        frame(0x81, b""),
    ]
    .concat();
    let expected = [
        Event::Ping(b"p1".into()),
        Event::Pong(b"".into()),
        Event::Ping(b"p2".into()),
        Event::Ping(b"".into()),
        Event::Binary(b"one two three".into()),
        Event::Text(String::new()),
    ];
    check("a ping, a pong and pings", &bytes, &expected);
}

#[test]
fn takes_empty_frames() {
    check("an empty text", &frame(0x81, b""), &[Event::Text(String::new())]);
    check("an empty binary", &frame(0x82, b""), &[Event::Binary(Vec::new())]);
    let empty = [frame(0x01, b""), frame(0x00, b""), frame(0x80, b"")].concat();
    check("three empty fragments", &empty, &[Event::Text(String::new())]);
    let late = [frame(0x01, b""), frame(0x00, b"x"), frame(0x80, b"")].concat();
    check("text in the middle", &late, &[Event::Text("x".into())]);
}

#[test]
fn knows_every_close_code() {
    for code in (0..=5000_u16).chain([9999, 32_768, 65_535]) {
        let right = matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999);
        for reason in ["", "茶"] {
            let body = [&code.to_be_bytes(), reason.as_bytes()].concat();
            let expected = if right {
                Event::Close(Some(code), reason.into())
            } else {
                Event::Fault(Fault::CloseCode(code))
            };
            let bytes = frame(0x88, &body);
            let expected = [expected];
            assert_eq!(decode(&bytes), expected, "{code}");
            assert_eq!(decode_bytewise(LIMIT, &bytes), expected, "{code}");
        }
    }
}

#[test]
fn reads_close_bodies() {
    check("an empty close", &frame(0x88, b""), &[Event::Close(None, String::new())]);
    for byte in [0, 3, 0xff] {
        check_fault("one byte", &frame(0x88, &[byte]), Fault::CloseTooShort);
        assert_eq!(fault_at(&frame(0x88, &[byte])), Some((2, Fault::CloseTooShort)));
    }
    let longest = [&1000_u16.to_be_bytes()[..], &[b'r'; 123]].concat();
    let expected = Event::Close(Some(1000), "r".repeat(123));
    check("the longest reason", &frame(0x88, &longest), &[expected]);
    for wrong in [&b"\xff"[..], b"ok\x80", b"\xe8\x8c", b"\xed\xa0\x80", b"\xc0\x80"] {
        let body = [&1000_u16.to_be_bytes(), wrong].concat();
        check_fault("a reason in other bytes", &frame(0x88, &body), Fault::ReasonNotUtf8);
    }
}

#[test]
fn is_deaf_after_the_end() {
    let close = frame(0x88, b"\x03\xe8");
    for after in [frame(0x81, b"late"), frame(0x89, b""), close.clone(), vec![0xff; 40]] {
        let bytes = [&close[..], &after].concat();
        check("after a close", &bytes, &[Event::Close(Some(1000), String::new())]);
        let bytes = [&[0x83][..], &after].concat();
        check_fault("after a fault", &bytes, Fault::ReservedOpcode(3));
    }
}

#[test]
fn limits_messages_not_frames() {
    let too_big = Event::Fault(Fault::TooBig { bytes_max: 10 });
    let ten = Event::Binary(b"0123456789".into());
    check_with(10, "exactly", &frame(0x82, b"0123456789"), std::slice::from_ref(&ten));
    check_with(10, "one more", &frame(0x82, b"0123456789A"), std::slice::from_ref(&too_big));
    let parts = [frame(0x02, b"01234"), frame(0x00, b""), frame(0x80, b"56789")].concat();
    check_with(10, "in parts", &parts, std::slice::from_ref(&ten));
    let parts = [frame(0x02, b"01234"), frame(0x89, b"ping"), frame(0x00, b"56789A")].concat();
    let expected = [Event::Ping(b"ping".into()), too_big.clone()];
    check_with(10, "one more in parts", &parts, &expected);
    let again = [parts_of_ten(), parts_of_ten(), frame(0x82, b"0123456789A")].concat();
    check_with(10, "counts anew", &again, &[ten.clone(), ten, too_big]);
    let control = frame(0x89, &[0; 125]);
    check_with(0, "a ping is no message", &control, &[Event::Ping(vec![0; 125])]);
    check_with(0, "nothing", &frame(0x81, b""), &[Event::Text(String::new())]);
}

fn parts_of_ten() -> Vec<u8> {
    [frame(0x02, b"01234"), frame(0x80, b"56789")].concat()
}

#[test]
fn tells_a_claim_above_the_limit_from_the_header_alone() {
    let mut decoder = Decoder::new(1000);
    let mut header = frame(0x82, &[0; 1001]);
    header.truncate(8);
    let fault = decoder.next(&mut &mut header[..]);
    assert_eq!(fault, Err(Fault::TooBig { bytes_max: 1000 }));
}

#[test]
fn takes_four_gibibytes_less_one_if_told_to() {
    let mut decoder = Decoder::new(u32::MAX);
    let mut claim = header(0x82, 0xff, &u64::from(u32::MAX).to_be_bytes());
    assert_eq!(decoder.next(&mut &mut claim[..]), Ok(None));
    let mut more = header(0x82, 0xff, &(u64::from(u32::MAX) + 1).to_be_bytes());
    let fault = Decoder::new(u32::MAX).next(&mut &mut more[..]);
    assert_eq!(fault, Err(Fault::TooBig { bytes_max: u32::MAX }));
}

#[test]
fn holds_memory_only_while_a_frame_is_cut() {
    let mut listener = Listener::new(LIMIT);
    let ping = frame(0x89, b"Hello");
    for cut in 1..ping.len() {
        listener.feed(&ping[..cut]);
        assert!(listener.decoder.held.is_some(), "{cut}");
        listener.feed(&ping[cut..]);
        assert!(listener.decoder.held.is_none(), "{cut}");
    }
    listener.feed(&frame(0x81, b"Hello")[..8]);
    assert!(listener.decoder.held.is_none(), "a payload is not kept");
}

#[test]
fn lends_what_lies_whole_in_the_input() {
    let mut bytes = [frame(0x89, b"ping"), frame(0x81, b"text")].concat();
    let range = bytes.as_ptr_range();
    let mut input = &mut bytes[..];
    let mut decoder = Decoder::new(LIMIT);
    let Ok(Some(Item::Ping(Cow::Borrowed(ping)))) = decoder.next(&mut input) else {
        panic!("a ping that is lent");
    };
    assert!(range.contains(&ping.as_ptr()));
    let Ok(Some(Item::Data(chunk))) = decoder.next(&mut input) else { panic!("a text") };
    assert!(range.contains(&chunk.payload.as_ptr()));
}

#[test]
fn writes_sentences_that_fit_into_a_close_frame() {
    for fault in [
        Fault::ReservedBits,
        Fault::ReservedOpcode(15),
        Fault::Unmasked,
        Fault::LengthNotShortest,
        Fault::LengthTopBit,
        Fault::ControlTooLong,
        Fault::ControlFragmented,
        Fault::NothingToContinue,
        Fault::MessageInsideMessage,
        Fault::CloseTooShort,
        Fault::CloseCode(65_535),
        Fault::ReasonNotUtf8,
        Fault::TextNotUtf8,
        Fault::TooBig { bytes_max: u32::MAX },
        Fault::Binary,
    ] {
        let sentence = fault.to_string();
        assert!(sentence.len() <= 123, "{} bytes: {sentence}", sentence.len());
    }
}
