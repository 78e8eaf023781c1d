use super::*;

const LOST: ErrorCode = ErrorCode::StoreDown;

/// A room where one waits 10 s.
fn slow_room() -> Room {
    let mut room = room(0);
    let policy = Policy { slow_s: 10, ..Policy::default() };
    room.is_like(RoomNow { policy, ..RoomNow::default() });
    room
}

fn at(post: Post, at: u64) -> Post {
    Post { at, ..post }
}

fn said(room: &mut Room, post: Post) -> Vec<String> {
    short(&sent(room, post))
}

fn ended(room: &mut Room, outcome: Result<Outcome, ErrorCode>) -> Vec<String> {
    short(&handled(room, Input::Appended(outcome.map(|one| vec![one]))))
}

#[test]
fn in_a_slow_room_one_waits_between_two_messages() {
    let mut room = slow_room();
    assert_eq!(said(&mut room, at(post(ANN, 1, true), 1_000)), ["append 1"]);
    let out = sent(&mut room, at(post(ANN, 2, false), 4_000));
    assert_eq!(short(&out), ["refuse 2 slow_mode"]);
    assert!(matches!(out[0], Output::Refuse { retry_ms: Some(7_000), .. }));
    assert_eq!(said(&mut room, at(post(BOB, 3, true), 4_000)), Vec::<String>::new());
    assert_eq!(said(&mut room, at(post(ANN, 4, false), 10_999)), ["refuse 4 out_of_order"]);
    assert_eq!(stored(&mut room, &[1]), ["ack 1@1", "deliver 1", "append 3"]);
    assert_eq!(stored(&mut room, &[2]), ["ack 3@2", "deliver 2"]);
    assert_eq!(said(&mut room, at(post(ANN, 5, true), 11_000)), ["append 5"]);
}

#[test]
fn what_could_not_be_stored_begins_no_pause() {
    let mut room = slow_room();
    assert_eq!(said(&mut room, at(post(ANN, 1, true), 1_000)), ["append 1"]);
    assert_eq!(ended(&mut room, Err(LOST)), ["refuse 1 store_down"]);
    assert_eq!(said(&mut room, at(post(ANN, 1, true), 2_000)), ["append 1"], "as it was told");
    assert_eq!(stored(&mut room, &[1]), ["ack 1@1", "deliver 1"]);
    assert_eq!(said(&mut room, at(post(ANN, 2, false), 11_999)), ["refuse 2 slow_mode"]);
    assert_eq!(said(&mut room, at(post(ANN, 2, true), 12_000)), ["append 2"]);
}

#[test]
fn what_waited_behind_a_refused_send_begins_no_pause() {
    let mut room = slow_room();
    assert_eq!(said(&mut room, change(ANN, 1, true)), ["change 1"]);
    assert_eq!(said(&mut room, at(post(ANN, 2, false), 2_000)), [""; 0]);
    let refused = ["refuse 1 store_down", "refuse 2 out_of_order"];
    assert_eq!(ended(&mut room, Err(LOST)), refused);
    assert_eq!(said(&mut room, at(post(ANN, 2, true), 3_000)), ["append 2"]);
}

#[test]
fn what_is_refused_after_all_begins_no_pause() {
    for outcome in [Outcome::Refused(ErrorCode::NoSuchMessage), Outcome::Conflict] {
        let mut room = slow_room();
        let reply = post(ANN, 1, true);
        let reply = Post { body: Body { target: Some(Seq(1)), ..reply.body }, ..reply };
        assert_eq!(said(&mut room, at(reply, 1_000)), ["change 1"]);
        ended(&mut room, Ok(outcome));
        assert_eq!(said(&mut room, at(post(ANN, 2, false), 1_001)), ["append 2"]);
    }
}

#[test]
fn a_repeat_is_acknowledged_and_begins_no_pause() {
    let mut room = slow_room();
    let again = |ms| at(post(ConnectionId(3), 1, true), ms);
    let again = |ms| Post { by: post(ANN, 1, true).by, ..again(ms) };
    assert_eq!(said(&mut room, at(post(ANN, 1, true), 1_000)), ["append 1"]);
    // Over another connection, before anything is known of it.
    assert_eq!(said(&mut room, again(2_000)), [""; 0]);
    assert_eq!(stored(&mut room, &[1]), ["ack 1@1", "deliver 1", "append 1"]);
    assert_eq!(ended(&mut room, Ok(Outcome::Repeat(Seq(1), 1_000))), ["repeat 1@1"]);
    // In the pause, and after it.
    for ms in [3_000, 10_900] {
        assert_eq!(said(&mut room, again(ms)), ["append 1"]);
        assert_eq!(ended(&mut room, Ok(Outcome::Repeat(Seq(1), 1_000))), ["repeat 1@1"]);
    }
    assert_eq!(said(&mut room, at(post(ANN, 2, false), 10_999)), ["refuse 2 slow_mode"]);
    assert_eq!(said(&mut room, at(post(ANN, 2, true), 11_000)), ["append 2"]);
}

#[test]
fn a_repeat_to_a_room_that_forgot_tells_it_when_the_pause_began() {
    let mut room = slow_room();
    assert_eq!(said(&mut room, at(post(ANN, 1, true), 9_000)), ["append 1"]);
    assert_eq!(ended(&mut room, Ok(Outcome::Repeat(Seq(1), 1_000))), ["repeat 1@1"]);
    assert_eq!(said(&mut room, at(post(ANN, 2, false), 10_999)), ["refuse 2 slow_mode"]);
    assert_eq!(said(&mut room, at(post(ANN, 2, true), 11_000)), ["append 2"]);
}

#[test]
fn what_is_under_way_holds_up_another_message_until_it_fails() {
    let mut room = slow_room();
    assert_eq!(said(&mut room, at(post(ANN, 1, true), 1_000)), ["append 1"]);
    assert_eq!(said(&mut room, at(post(ANN, 2, false), 2_000)), ["refuse 2 slow_mode"]);
    assert_eq!(ended(&mut room, Err(LOST)), ["refuse 1 store_down"]);
    // The pause of what was said before holds all the same.
    assert_eq!(said(&mut room, at(post(ANN, 1, true), 3_000)), ["append 1"]);
    assert_eq!(stored(&mut room, &[1]), ["ack 1@1", "deliver 1"]);
    assert_eq!(said(&mut room, at(post(ANN, 2, false), 13_000)), ["append 2"]);
    assert_eq!(ended(&mut room, Err(LOST)), ["refuse 2 store_down"]);
    let policy = Policy { slow_s: 60, ..Policy::default() };
    room.is_like(RoomNow { policy, ..RoomNow::default() });
    assert_eq!(said(&mut room, at(post(ANN, 2, true), 14_000)), ["refuse 2 slow_mode"]);
}
