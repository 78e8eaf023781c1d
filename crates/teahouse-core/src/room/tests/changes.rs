use teahouse_protocol::Writers;

use super::*;

#[test]
fn a_change_is_stored_alone_and_in_its_turn() {
    let mut room = room(0);
    assert_eq!(short(&sent(&mut room, post(ANN, 1, true))), ["append 1"]);
    for n in [2, 5] {
        assert_eq!(short(&sent(&mut room, post(ANN, n, false))), [""; 0]);
        assert_eq!(short(&sent(&mut room, change(ANN, n + 1, false))), [""; 0]);
    }
    assert_eq!(stored(&mut room, &[1]), ["ack 1@1", "deliver 1", "append 2"]);
    assert_eq!(stored(&mut room, &[2]), ["ack 2@2", "deliver 2", "change 3"]);
    assert_eq!(stored(&mut room, &[3]), ["ack 3@3", "deliver 3", "append 5"]);
    assert_eq!(stored(&mut room, &[4]), ["ack 5@4", "deliver 4", "change 6"]);
    // Whoever is refused for good may go on.
    sent(&mut room, post(ANN, 7, false));
    let refused = Input::Appended(Ok(vec![Outcome::Refused(ErrorCode::NoSuchMessage)]));
    assert_eq!(short(&handled(&mut room, refused)), ["refuse 6 no_such_message", "append 7"]);
}

#[test]
fn a_change_takes_other_rights_than_a_message() {
    let mut room = room(0);
    let of = |kind, who| {
        let post = change(ANN, 1, true);
        Post { kind, subject: Subject { who, ..Subject::default() }, ..post }
    };
    let mut asked = |kind, who, now: RoomNow| {
        room.is_like(now);
        short(&sent(&mut room, of(kind, who))).first().cloned().unwrap_or_default()
    };
    let news = Policy { write: Writers::Moderators, ..Policy::default() };
    let news = RoomNow { policy: news, ..RoomNow::default() };
    assert_eq!(asked(Kind::Message, Who::Guest, news.clone()), "refuse 1 may_not_write");
    assert_eq!(asked(Kind::Edit, Who::Guest, news.clone()), "refuse 1 may_not_write");
    assert_eq!(asked(Kind::Pin, Who::Guest, news.clone()), "refuse 1 forbidden");
    let closed = RoomNow { archived: true, ..RoomNow::default() };
    for kind in [Kind::Delete, Kind::Reaction, Kind::Pin] {
        assert_eq!(asked(kind, Who::Guest, closed.clone()), "refuse 1 forbidden");
    }
    assert_eq!(asked(Kind::Reaction, Who::Guest, news), "change 1");
}

#[test]
fn only_who_may_calls_everybody() {
    let mut room = room(0);
    let mut asked = |text: &str, who, call| {
        room = super::room(0);
        room.is_like(RoomNow { policy: Policy { call, ..Policy::default() }, ..RoomNow::default() });
        let subject = Subject { who, ..Subject::default() };
        let post = Post { subject, body: Body::of(text.into()), ..post(ANN, 1, true) };
        match &sent(&mut room, post)[..] {
            [Output::Refuse { code, field: Some(field), .. }] => format!("{} {field}", code.as_str()),
            [Output::Append(_)] => "append".to_owned(),
            other => format!("{other:?}"),
        }
    };
    let owner = Who::Account(teahouse_protocol::Role::Owner);
    assert_eq!(asked("tea, <@here>?", Who::Guest, Writers::Moderators), "forbidden body.text");
    assert_eq!(asked("tea, <@room>?", Who::Guest, Writers::Accounts), "forbidden body.text");
    assert_eq!(asked("tea, <@room>?", Who::Guest, Writers::Guests), "append");
    assert_eq!(asked("tea, <@room>?", owner, Writers::Moderators), "append");
    // What is shown as it is calls nobody.
    assert_eq!(asked("`<@here>`", Who::Guest, Writers::Moderators), "append");
}
