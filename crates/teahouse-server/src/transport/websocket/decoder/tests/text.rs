//! Text that is not UTF-8, at every position, told at its first wrong byte.

use super::*;

/// Wrong sequences, and how many of their bytes have come when that is certain.
const WRONG: [(&[u8], usize); 22] = [
    (b"\x80", 1),
    (b"\xbf", 1),
    (b"\xc0\xaf", 1),
    (b"\xc1\xbf", 1),
    (b"\xc3\x28", 2),
    (b"\xc3\xc3", 2),
    (b"\xe0\x80\xaf", 2),
    (b"\xe0\x9f\xbf", 2),
    (b"\xe8\x28\xb6", 2),
    (b"\xe8\x8c\x28", 3),
    (b"\xed\xa0\x80", 2),
    (b"\xed\xbf\xbf", 2),
    (b"\xef\xbf\xc0", 3),
    (b"\xf0\x80\x80\xaf", 2),
    (b"\xf0\x8f\xbf\xbf", 2),
    (b"\xf0\x9f\x28\x80", 3),
    (b"\xf0\x9f\x8d\x28", 4),
    (b"\xf4\x90\x80\x80", 2),
    (b"\xf5\x80\x80\x80", 1),
    (b"\xf8\x88\x80\x80\x80", 1),
    (b"\xfe", 1),
    (b"\xff", 1),
];

const RIGHT: &str = "aé茶🍵 Teahouse, 茶馆";

#[test]
fn tells_the_first_wrong_byte_at_every_position() {
    for (wrong, certain) in WRONG {
        for (at, _) in RIGHT.char_indices() {
            let text = [&RIGHT.as_bytes()[..at], wrong, &RIGHT.as_bytes()[at..]].concat();
            let bytes = frame(0x81, &text);
            let told = fault_at(&bytes);
            assert_eq!(told, Some((6 + at + certain, Fault::TextNotUtf8)), "{wrong:x?} at {at}");
            check_fault(&format!("{wrong:x?} at {at}"), &bytes, Fault::TextNotUtf8);
        }
    }
}

#[test]
fn tells_it_in_the_middle_of_a_frame() {
    // The frame claims a thousand bytes, of which only eleven ever come.
    let mut bytes = frame(0x81, &[b"so far ok \xff", &[b'x'; 989][..]].concat());
    bytes.truncate(8 + 11);
    check_fault("an unfinished frame", &bytes, Fault::TextNotUtf8);
    assert_eq!(fault_at(&bytes), Some((19, Fault::TextNotUtf8)));
}

#[test]
fn tells_it_across_fragments() {
    for (wrong, certain) in WRONG {
        for cut in 1..wrong.len() {
            let begun = frame(0x01, &[RIGHT.as_bytes(), &wrong[..cut]].concat());
            let rest = [frame(0x89, b"p"), frame(0x80, &wrong[cut..])].concat();
            let bytes = [&begun[..], &rest].concat();
            let fault = Event::Fault(Fault::TextNotUtf8);
            let expected = if cut < certain { vec![Event::Ping(b"p".into()), fault] } else { vec![fault] };
            check(&format!("{wrong:x?} cut at {cut}"), &bytes, &expected);
        }
    }
}

#[test]
fn refuses_an_end_inside_a_character() {
    for character in ["é", "茶", "🍵"] {
        for length in 1..character.len() {
            let begun = &character.as_bytes()[..length];
            let fault = Fault::TextNotUtf8;
            check_fault("in one frame", &frame(0x81, begun), fault);
            let parts = [frame(0x01, begun), frame(0x80, b"")].concat();
            check_fault("at an empty fragment", &parts, fault);
        }
    }
}

#[test]
fn takes_characters_cut_by_fragments() {
    for cut in 0..=RIGHT.len() {
        let (head, tail) = RIGHT.as_bytes().split_at(cut);
        let parts = [frame(0x01, head), frame(0x8a, b""), frame(0x80, tail)].concat();
        let expected = [Event::Pong(Vec::new()), Event::Text(RIGHT.into())];
        check(&format!("cut at {cut}"), &parts, &expected);
    }
    let single: Vec<u8> = RIGHT.bytes().flat_map(|byte| frame(0x00, &[byte])).collect();
    let bytes = [frame(0x01, b""), single, frame(0x80, b"")].concat();
    check("a fragment per byte", &bytes, &[Event::Text(RIGHT.into())]);
}

#[test]
fn takes_the_edges_of_unicode() {
    for text in [
        "\0",
        "\u{7f}",
        "\u{80}",
        "\u{7ff}",
        "\u{800}",
        "\u{d7ff}",
        "\u{e000}",
        "\u{feff}",
        "\u{fffe}",
        "\u{ffff}",
        "\u{10000}",
        "\u{10ffff}",
    ] {
        check(text, &frame(0x81, text.as_bytes()), &[Event::Text(text.into())]);
    }
}

#[test]
fn begins_each_text_anew() {
    let bytes = [frame(0x82, b"\xe8\x8c"), frame(0x81, "茶".as_bytes()), frame(0x81, b"\xb6")];
    let expected =
        [Event::Binary(b"\xe8\x8c".into()), Event::Text("茶".into()), Event::Fault(Fault::TextNotUtf8)];
    check("bytes, a text, the end of a character", &bytes.concat(), &expected);
}
