//! Messages change over every transport alike: in the order of their sender, live and on return.

use serde_json::{Value, json};
use teahouse_protocol::{Kind, Push, Seq};

use crate::kit::{Guest, House, On, Over, on_every_transport};

on_every_transport!(everything_is_done_to_a_message, who_comes_back_hears_the_changes);

fn sends(guest: &Guest, from: u64, all: &[(&str, Value)]) -> Vec<Value> {
    let numbered = (from..).zip(all);
    numbered
        .map(|(number, (kind, body))| {
            let mut send = guest.send(number, "");
            (send["kind"], send["body"]) = (json!(kind), body.clone());
            send
        })
        .collect()
}

async fn everything_is_done_to_a_message(on: On, over: Over) {
    let house = House::open(on).await;
    let mut ada = Guest::enter(&house, over, "Ada").await;
    let mut bo = Guest::enter(&house, Over::WebSocket, "Bo").await;
    let asked = sends(
        &ada,
        1,
        &[
            ("message", json!({"text": "one"})),
            ("edit", json!({"target": 1, "text": "two"})),
            ("reaction", json!({"target": 1, "emoji": "🍵"})),
            ("message", json!({"target": 1, "text": "three"})),
            ("pin", json!({"target": 1})),
            ("message", json!({"text": "four"})),
            ("delete", json!({"target": 4})),
        ],
    );
    let mut answers = ada.ask(&asked).await;
    answers.sort_by_key(|answer| match answer {
        Push::Ack { r#ref, .. } => *r#ref,
        Push::Error(error) => error.r#ref.unwrap_or_default(),
        other => panic!("an answer, not {other:?}"),
    });
    let told: Vec<_> = answers
        .iter()
        .map(|answer| match answer {
            Push::Ack { seq, repeat: false, .. } => Ok(seq.0),
            Push::Error(error) => Err(error.code.as_str()),
            other => panic!("an answer, not {other:?}"),
        })
        .collect();
    assert_eq!(told, [Ok(1), Ok(2), Ok(3), Ok(4), Err("forbidden"), Ok(5), Ok(6)]);
    // The same bytes for everybody, but for what was changed before it was read.
    let (by_ada, by_bo) = (ada.hear_up_to(6).await, bo.hear_up_to(6).await);
    assert_eq!(by_ada.len(), by_bo.len());
    let kinds = |lines: &[String]| {
        let kind = |line: &String| match Push::decode(line).unwrap() {
            Push::Event(event) => event.kind,
            other => panic!("an event, not {other:?}"),
        };
        lines.iter().map(kind).collect::<Vec<_>>()
    };
    let expected = [Kind::Message, Kind::Edit, Kind::Reaction, Kind::Message, Kind::Message, Kind::Delete];
    assert_eq!((kinds(&by_ada), kinds(&by_bo)), (expected.to_vec(), expected.to_vec()));
}

async fn who_comes_back_hears_the_changes(on: On, over: Over) {
    let house = House::open(on).await;
    let mut ada = Guest::enter(&house, over, "Ada").await;
    let mut bo = Guest::enter(&house, Over::WebSocket, "Bo").await;
    assert_eq!(bo.say(1, "first").await, 1);
    ada.hear_up_to(1).await;
    // While she is away it is changed, twice, and a later one is gone.
    let asked = sends(
        &bo,
        2,
        &[
            ("edit", json!({"target": 1, "text": "second"})),
            ("edit", json!({"target": 1, "text": "third"})),
            ("message", json!({"text": "gone"})),
            ("delete", json!({"target": 4})),
        ],
    );
    bo.ask(&asked).await;
    bo.hear_up_to(5).await;
    let mut back = ada.twin(&house, over).await;
    let came = back.until_live().await;
    let said: Vec<_> = came.events.iter().map(|event| (event.kind, &*event.body.text)).collect();
    assert_eq!(said, [(Kind::Edit, "third"), (Kind::Edit, "third"), (Kind::Message, ""), (Kind::Delete, "")]);
    assert_eq!(came.events[3].body.target, Some(Seq(4)));
}
