//! After a restore clients with newer cursors are told so, on every transport, and nothing of two histories mixes.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::json;
use teahouse_protocol::{Push, RoomId, Seq};
use teahouse_server::keep::{Backup, Place, Progress, Restore, renew};
use tempfile::TempDir;

use super::aside;
use crate::kit::{Ground, Guest, House, On, Over, server};

mod every_way {
    mod sqlite {
        crate::kit::on_each!(who_saw_more_than_the_backup_begins_anew, Sqlite, websocket WebSocket, ndjson Ndjson,
            events Events, long_poll LongPoll, poll Poll);
    }
    mod postgres {
        crate::kit::on_each!(who_saw_more_than_the_backup_begins_anew, Postgres, websocket WebSocket, poll Poll);
    }
}

async fn who_saw_more_than_the_backup_begins_anew(on: On, over: Over) {
    let mut house = House::open(on).await;
    let mut ada = Guest::enter(&house, over, "Ada").await;
    for number in 1..=5 {
        ada.say(number, &format!("before {number}")).await;
    }
    ada.hear_up_to(5).await;
    let kept = TempDir::new().unwrap();
    let file = kept.path().join("backup");
    back_up(house.ground(), &file);
    // What the backup does not have.
    for number in 6..=8 {
        ada.say(number, &format!("lost {number}")).await;
    }
    ada.hear_up_to(8).await;
    let old = ada.cursor();
    // Somebody who was away since the time of the backup: their cursor fits, and is of the other history.
    let at_backup = house.cursor(&RoomId::main(), 5).await;
    house = house.restarted_after(|ground| restore(ground, &file)).await;
    // Before Ada is back, as many messages come as she has seen.
    let mut bo = Guest::enter(&house, Over::WebSocket, "Bo").await;
    for number in 1..=4 {
        bo.say(number, &format!("after {number}")).await;
    }
    let log = house.log(&RoomId::main()).await;
    assert_eq!(log.len(), 9);
    let mut again = ada.twin(&house, over).await;
    let came = again.until_live().await;
    assert!(came.others.iter().any(is_reset), "{over:?}: {old}, {came:?}");
    assert_eq!(came.events, log);
    let (_, came) = Guest::come(&house, over, "Cy", json!({"1024": at_backup})).await;
    assert!(came.others.iter().any(is_reset) && came.events == log, "{came:?}");
}

fn is_reset(push: &Push) -> bool {
    matches!(push, Push::Reset { from, oldest: Seq(1), .. } if from.seq == Seq::ZERO)
}

/// As docs/operating.md says, while the house is open.
fn back_up(ground: &Ground, file: &Path) {
    match ground {
        Ground::Sqlite(folder, _) => {
            let backup = Backup { data: folder.path().into(), to: Some(file.into()), force: false };
            backup.run(&Progress::silent()).unwrap();
        }
        Ground::Postgres(database, _) => {
            let mut dump = Command::new("pg_dump");
            dump.args(["-n", &schema(&database.shown()), "-f"]).arg(file).arg(server_url());
            assert!(dump.status().unwrap().success());
        }
    }
}

/// As docs/operating.md says, while the house is closed.
fn restore(ground: &Ground, file: &Path) {
    match ground {
        Ground::Sqlite(folder, _) => {
            let restore = Restore { file: file.into(), data: folder.path().into(), force: true };
            assert_eq!(restore.run(&Progress::silent()).unwrap().survey.messages(), 5);
        }
        Ground::Postgres(database, _) => {
            server().run(&format!("DROP SCHEMA {} CASCADE", schema(&database.shown()))).unwrap();
            let mut psql = Command::new("psql");
            psql.args(["-X", "-q", "-o", "/dev/null", "-v", "ON_ERROR_STOP=1", &server_url()]);
            let mut psql = psql.stdin(Stdio::piped()).spawn().unwrap();
            psql.stdin.take().unwrap().write_all(&std::fs::read(file).unwrap()).unwrap();
            assert!(psql.wait().unwrap().success());
            let place = Place::from((**database).clone());
            assert_eq!(aside(|| renew(&place, &Progress::silent())).unwrap().messages(), 5);
        }
    }
}

fn server_url() -> String {
    format!("postgres://postgres@{}/postgres", server().address())
}

/// The schema that such a URL leads to.
fn schema(url: &str) -> String {
    url.rsplit_once("search_path%3D").expect("each place is a schema").1.into()
}
