//! For all streams: where the network cuts them changes nothing, and nothing panics.

use super::*;

/// One thing that a client does, and the bytes and events of it.
#[derive(Clone, Debug)]
enum Act {
    Message { text: bool, payload: Vec<u8>, cuts: Vec<Index>, between: Vec<Vec<u8>> },
    Ping(Vec<u8>),
    Pong(Vec<u8>),
    Close(u16, String),
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let control = || prop::collection::vec(any::<u8>(), 0..=125);
    let bytes = prop::collection::vec(any::<u8>(), 0..400).prop_map(|bytes| (false, bytes));
    let text = "\\PC{0,120}".prop_map(|text| (true, text.into_bytes()));
    let message = (
        prop_oneof![bytes, text],
        prop::collection::vec(any::<Index>(), 0..4),
        prop::collection::vec(prop::collection::vec(any::<u8>(), 0..9), 0..3),
    )
        .prop_map(|((text, payload), cuts, between)| Act::Message { text, payload, cuts, between });
    let code = prop_oneof![1000..=1003_u16, 1007..=1014_u16, 3000..=4999_u16];
    let act = prop_oneof![
        12 => message,
        2 => control().prop_map(Act::Ping),
        2 => control().prop_map(Act::Pong),
        1 => (code, "\\PC{0,30}").prop_map(|(code, reason)| Act::Close(code, reason)),
    ];
    prop::collection::vec(act, 0..8)
}

fn play(acts: &[Act]) -> (Vec<u8>, Vec<Event>) {
    let (mut bytes, mut events) = (Vec::new(), Vec::new());
    for act in acts {
        match act {
            Act::Message { text, payload, cuts, between } => {
                let mut from = 0;
                let opcode = if *text { 1 } else { 2 };
                for (part, to) in places(cuts, payload.len()).into_iter().enumerate() {
                    let first = if part == 0 { opcode } else { 0 };
                    bytes.extend(frame(first, &payload[from..to]));
                    from = to;
                    if let Some(ping) = between.get(part) {
                        bytes.extend(frame(0x89, ping));
                        events.push(Event::Ping(ping.clone()));
                    }
                }
                let first = if cuts.is_empty() { opcode } else { 0 };
                bytes.extend(frame(0x80 | first, &payload[from..]));
                events.push(if *text {
                    Event::Text(String::from_utf8(payload.clone()).unwrap())
                } else {
                    Event::Binary(payload.clone())
                });
            }
            Act::Ping(payload) => {
                bytes.extend(frame(0x89, payload));
                events.push(Event::Ping(payload.clone()));
            }
            Act::Pong(payload) => {
                bytes.extend(frame(0x8a, payload));
                events.push(Event::Pong(payload.clone()));
            }
            Act::Close(code, reason) => {
                let reason = &reason[..reason.floor_char_boundary(123)];
                bytes.extend(frame(0x88, &[&code.to_be_bytes(), reason.as_bytes()].concat()));
                events.push(Event::Close(Some(*code), reason.into()));
                break;
            }
        }
    }
    (bytes, events)
}

fn cuts() -> impl Strategy<Value = Vec<Index>> {
    prop::collection::vec(any::<Index>(), 0..12)
}

proptest! {
    #[test]
    fn gives_back_what_was_sent(acts in acts(), cuts in cuts()) {
        let (bytes, expected) = play(&acts);
        prop_assert_eq!(&decode(&bytes), &expected);
        prop_assert_eq!(&decode_at(LIMIT, &bytes, &places(&cuts, bytes.len())), &expected);
        prop_assert_eq!(&decode_bytewise(LIMIT, &bytes), &expected);
    }

    #[test]
    fn agrees_on_damaged_streams(
        acts in acts(),
        damage in prop::collection::vec((any::<Index>(), any::<u8>()), 1..4),
        cuts in cuts(),
    ) {
        let (mut bytes, _) = play(&acts);
        bytes.push(0x81);
        for (at, value) in damage {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        let whole = decode_at(500, &bytes, &[]);
        prop_assert_eq!(&decode_at(500, &bytes, &places(&cuts, bytes.len())), &whole);
        prop_assert_eq!(&decode_bytewise(500, &bytes), &whole);
    }

    #[test]
    fn survives_any_bytes(
        bytes in prop::collection::vec(any::<u8>(), 0..300),
        cuts in cuts(),
        limit in prop_oneof![Just(0), 0..300_u32, Just(u32::MAX)],
    ) {
        let whole = decode_at(limit, &bytes, &[]);
        prop_assert_eq!(&decode_at(limit, &bytes, &places(&cuts, bytes.len())), &whole);
        prop_assert_eq!(&decode_bytewise(limit, &bytes), &whole);
        let ends = |event: &Event| matches!(event, Event::Fault(_) | Event::Close(..));
        prop_assert!(!whole.iter().rev().skip(1).any(ends), "nothing follows an end: {whole:?}");
    }

    /// Random bytes seldom get past the second one; these have likely beginnings.
    #[test]
    fn survives_likely_frames(
        frames in prop::collection::vec(
            (
                prop::sample::select(vec![0x00_u8, 0x01, 0x02, 0x80, 0x81, 0x82, 0x88, 0x89, 0x8a]),
                prop::collection::vec(prop_oneof![4 => 0x20..0x7f_u8, 1 => any::<u8>()], 0..140),
            ),
            0..8,
        ),
        cuts in cuts(),
    ) {
        let bytes: Vec<u8> =
            frames.iter().flat_map(|(first, payload)| frame(*first, payload)).collect();
        let whole = decode_at(200, &bytes, &[]);
        prop_assert_eq!(&decode_at(200, &bytes, &places(&cuts, bytes.len())), &whole);
        prop_assert_eq!(&decode_bytewise(200, &bytes), &whole);
    }
}
