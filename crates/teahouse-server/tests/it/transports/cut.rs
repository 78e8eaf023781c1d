//! What breaks between a house and a client, or behind it: nothing is lost, and nothing comes twice.

use serde_json::json;
use teahouse_protocol::{Event, Push, RoomId};
use teahouse_server::store::StoreError;

use crate::kit::{Client, Fault, Guest, House, Http, Lines, On, Over, check_in_order, on_every_store};

mod log {
    use super::a_log_that_cannot_be_read_is_read_later;

    crate::kit::on_every_transport!(a_log_that_cannot_be_read_is_read_later);
}

on_every_store!(an_answer_that_is_cut_in_a_line_counts_up_to_it);

/// More than is at hand: the rest is read from the store.
const COUNT: u64 = 1_500;

async fn a_log_that_cannot_be_read_is_read_later(on: On, over: Over) {
    let house = House::open(on).await;
    house.seed(&RoomId::main(), COUNT, |n| n.to_string()).await;
    // The room is known, and its end is at hand; its beginning is not.
    let mut bo = Client::enter(&house, "Bo").await;
    house.store.breaks(Fault::Log(StoreError::Busy, 1));
    let (mut ada, came) = Guest::come(&house, over, "Ada", json!({"1024": "0"})).await;
    check_in_order(&came.events, 1, COUNT);
    bo.post(1, "and on").await;
    assert_eq!(ada.hear_up_to(COUNT + 1).await.len(), 1);
}

/// What of an answer came in whole lines, when its client stopped after so many bytes.
async fn whole_lines(house: &House, path: &str, hello: &str, mut bytes: usize) -> Vec<Event> {
    let mut http = Http::connect(house).await;
    assert_eq!(http.ask("POST", path, &[], hello.as_bytes()).await.status, 200);
    let mut read = Vec::new();
    while bytes > 0 {
        let Some(mut piece) = http.piece().await else { break };
        piece.truncate(bytes);
        bytes -= piece.len();
        read.extend(piece);
        // A stream has no end of its own.
        if String::from_utf8_lossy(&read).contains("\"seq\":300,") && read.ends_with(b"\n") {
            break;
        }
    }
    let read = String::from_utf8_lossy(&read);
    let whole = read.split_inclusive('\n').filter(|line| line.ends_with('\n') && !line.trim().is_empty());
    let pushes = whole.map(|line| Push::decode(line.trim_end()).unwrap());
    pushes.filter_map(|push| if let Push::Event(event) = push { Some(event) } else { None }).collect()
}

async fn an_answer_that_is_cut_in_a_line_counts_up_to_it(on: On) {
    const COUNT: u64 = 300;
    let house = House::open(on).await;
    house.seed(&RoomId::main(), COUNT, |n| format!("{n} {}", "茶".repeat(n as usize % 50))).await;
    let ada = Guest::enter(&house, Over::Poll, "Ada").await;
    let mut http = Http::connect(&house).await;
    // However much of it comes, wherever it is cut.
    for (path, step) in [
        ("/v1/stream", 9_973),
        ("/v1/poll?wait=0", 9_973),
        ("/v1/poll?wait=25", 7_919),
        ("/v1/stream", 2_500),
    ] {
        let (mut events, mut rounds): (Vec<Event>, u64) = (Vec::new(), 0);
        while (events.len() as u64) < COUNT {
            let mut hello = ada.hello(true);
            hello["cursors"]["1024"] = json!(house.cursor(&RoomId::main(), events.len() as u64).await);
            events.extend(whole_lines(&house, path, &hello.to_string(), step).await);
            rounds += 1;
        }
        assert!(rounds > 3, "{rounds}: it was cut");
        check_in_order(&events, 1, COUNT);
    }
    // The connection that was not cut knows nothing of it.
    let answer = http.whole("POST", "/v1/poll?wait=0", &[], ada.hello(true).to_string().as_bytes()).await;
    assert_eq!((answer.status, http.frame(Lines::Ndjson).await), (200, None));
}
