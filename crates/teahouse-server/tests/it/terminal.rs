//! `teahouse admin`: whoever has the machine looks after the house, whether its server runs or not.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};
use teahouse_protocol::Role;

use crate::kit::{Account, Ask, Ground, House, On};

/// What the command says, with words after those that find the house.
async fn run(house: &House, words: &[&str]) -> Output {
    let (folder, at) = (folder(house.ground()).to_owned(), house.address.to_string());
    let words: Vec<_> = words.iter().map(|word| (*word).to_owned()).collect();
    tokio::task::spawn_blocking(move || admin(&folder, &["--at".to_owned(), at], &words)).await.unwrap()
}

fn admin(folder: &Path, way: &[String], words: &[String]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_teahouse"));
    command.arg("admin").arg("--data").arg(folder).args(way).arg("--json").args(words);
    command.current_dir(env!("CARGO_TARGET_TMPDIR")).output().unwrap()
}

fn folder(ground: &Ground) -> &Path {
    match ground {
        Ground::Sqlite(folder, _) => folder.path(),
        Ground::Postgres(..) => unreachable!("these tests are of a folder"),
    }
}

fn json_of(output: &Output) -> Value {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn names(people: &Value) -> Vec<&str> {
    let people = people["people"].as_array().unwrap();
    people.iter().map(|one| one["person"]["name"].as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_running_house_obeys_at_once() {
    let house = House::open(On::Sqlite).await;
    Account::new(&house, "Ann", Some(Role::Owner)).await;
    let bo = Account::new(&house, "Bo", Some(Role::Member)).await;
    let people = json_of(&run(&house, &["people"]).await);
    assert!(names(&people).contains(&"Ann") && names(&people).contains(&"Bo"), "{people}");
    json_of(&run(&house, &["role", "Bo", "moderator"]).await);
    assert_eq!(bo.does(&house, "GET", "/v1/me", &json!({})).await["you"]["role"], json!("moderator"));
    json_of(&run(&house, &["ban", "Bo", "--reason", "loud"]).await);
    assert_eq!(bo.is_refused(&house, "GET", "/v1/me", &json!({})).await, "banned");
    let bans = json_of(&run(&house, &["bans"]).await);
    let id = bans["bans"][0]["id"].as_str().map_or_else(|| bans["bans"][0]["id"].to_string(), str::to_owned);
    json_of(&run(&house, &["unban", &id]).await);
    bo.does(&house, "GET", "/v1/me", &json!({})).await;
    json_of(&run(&house, &["settings", "admission", "invited"]).await);
    assert_eq!(Ask::get("/v1/rooms/1024").of(&house).await.status, 404);
    let audit = json_of(&run(&house, &["audit"]).await);
    assert!(audit["lines"].as_array().unwrap().len() >= 4, "{audit}");
    // What is wrong is said, and what to do.
    let wrong = run(&house, &["role", "Nobody", "moderator"]).await;
    assert!(!wrong.status.success() && String::from_utf8_lossy(&wrong.stderr).contains("Nobody"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_house_that_is_closed_is_opened_for_it() {
    let house = House::open(On::Sqlite).await;
    Account::new(&house, "Ann", Some(Role::Member)).await;
    let house = house.restarted_after(|ground| {
        let made = admin(folder(ground), &[], &["owner".into(), "Ann".into()]);
        json_of(&made);
        let people = json_of(&admin(folder(ground), &[], &["people".into()]));
        assert_eq!(people["people"][0]["person"]["role"], json!("owner"), "{people}");
    });
    let house = house.await;
    // The set-up link is used up by it.
    assert_eq!(house.node.setup_path(), None);
}

#[test]
fn says_where_it_looked_for_a_house() {
    let empty = tempfile::tempdir().unwrap();
    let said = admin(empty.path(), &[], &["people".into()]);
    let said = (said.status.success(), String::from_utf8_lossy(&said.stderr).into_owned());
    assert!(!said.0 && said.1.contains("--data"), "{said:?}");
}
