//! Browsers without a page are told: sealed and signed, once, not of what was read meanwhile, not when they do not want
//! to, and not by a request into the house's own network.

mod service;

use serde_json::{Value, json};
use teahouse_protocol::{Role, RoomId, Seq};
use teahouse_server::bus::Local;
use teahouse_server::config::Given;
use teahouse_server::store::{Commit, Directory, Statement, Store};

use crate::kit::{Ask, Asker, House, On, Road, generous, on_every_store, within};
use service::Browser;

on_every_store!(
    who_is_called_is_told,
    what_was_read_or_is_unwanted_is_not_told,
    a_push_service_that_cannot_now_is_asked_again,
    a_browser_ends_with_its_sign_in,
    a_text_stays_away_if_that_is_wished,
    everything_is_told_to_who_wants_it,
    a_word_to_try_is_sent_to_this_browser,
    what_was_due_is_due_after_a_death,
    nobody_is_told_at_an_address_of_the_own_network,
);

fn may_push() -> Given {
    Given { push_private: Some(true), ..generous() }
}

struct Scene {
    house: House,
    ada: Asker,
    bo: Asker,
    browser: Browser,
    key: String,
}

impl Scene {
    async fn open(on: On) -> Self {
        let house = House::open_with(on, may_push()).await;
        let (ada, bo) = (Asker::guest(&house, "Ada").await, Asker::guest(&house, "Bo").await);
        let browser = Browser::new().await;
        ada.asks(&house, "PUT", "/v1/me/push", &browser.told(), 200).await;
        let key = Ask::get("/v1/push").of(&house).await.json()["key"].as_str().unwrap().to_owned();
        Self { house, ada, bo, browser, key }
    }

    async fn say(&self, by: &Asker, text: &str) -> u64 {
        say(&self.house, by, "1024", text).await
    }

    async fn call(&self) -> u64 {
        self.say(&self.bo, &format!("<@{}> **look**", self.ada.id())).await
    }
}

async fn say(house: &House, by: &Asker, room: &str, text: &str) -> u64 {
    let ask = Ask::new("POST", &format!("/v1/rooms/{room}/messages")).body(text.as_bytes());
    by.shows(ask).of(house).await.json()["seq"].as_u64().unwrap()
}

async fn due(house: &House) -> u64 {
    let count = Statement::new("SELECT count(*) FROM due");
    house.store.query(count).await.unwrap()[0].count(0).unwrap()
}

/// Waits until so many are due, and has their time be now.
async fn time_is_up(house: &House, count: u64) {
    within(async {
        while due(house).await != count {
            tokio::task::yield_now().await;
        }
    })
    .await;
    let hurry = Statement::new("UPDATE due SET at = $1").with(1_u64);
    house.store.commit(Commit::new().then(hurry)).await.unwrap();
    house.node.pushes.hurry();
}

/// Waits until For you has that message: then it is decided whether somebody is due.
async fn until_listed(scene: &Scene, seq: u64) {
    within(async {
        while scene.ada.gets(&scene.house, "/v1/me/calls").await["calls"][0]["seq"] != seq {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

/// Waits until nobody is due.
async fn is_quiet(house: &House) {
    within(async {
        while due(house).await > 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

async fn who_is_called_is_told(on: On) {
    let scene = Scene::open(on).await;
    let seq = scene.call().await;
    time_is_up(&scene.house, 1).await;
    let came = scene.browser.hears(0, &scene.key).await;
    let said = &came.said;
    assert_eq!(
        (&said["kind"], &said["why"], &said["room"]),
        (&json!("call"), &json!("mention"), &json!("1024"))
    );
    assert_eq!((&said["seq"], &said["count"], &said["by"]["name"]), (&json!(seq), &json!(1), &json!("Bo")));
    let text = said["text"].as_str().unwrap();
    assert!(text.contains("look") && !text.contains('*'), "{said}");
    assert_eq!(came.header("urgency"), "high");
    is_quiet(&scene.house).await;
    // The next one counts both, and takes the place of the first.
    scene.call().await;
    time_is_up(&scene.house, 1).await;
    let next = scene.browser.hears(1, &scene.key).await;
    assert_eq!(next.said["count"], 2);
    assert_eq!(next.header("topic"), came.header("topic"));
    is_quiet(&scene.house).await;
    assert_eq!(scene.browser.count(), 2);
}

async fn what_was_read_or_is_unwanted_is_not_told(on: On) {
    let scene = Scene::open(on).await;
    let Scene { house, ada, .. } = &scene;
    let owner = Asker::owner(house).await;
    let seq = scene.call().await;
    while due(house).await == 0 {
        tokio::task::yield_now().await;
    }
    house.store.mark_read(ada.id(), &RoomId::main(), Seq(seq)).await.unwrap();
    time_is_up(house, 1).await;
    is_quiet(house).await;
    // Quiet hours of all day but a minute, and a pause.
    let always = json!({"from": "00:00", "to": "23:59", "zone": "UTC"});
    let later = teahouse_server::clock::unix_ms() + 60_000;
    for wish in [json!({"quiet": always}), json!({"quiet": null, "paused_until": later})] {
        ada.asks(house, "PATCH", "/v1/me/notifications", &wish, 200).await;
        scene.call().await;
        time_is_up(house, 1).await;
        is_quiet(house).await;
    }
    ada.asks(house, "PATCH", "/v1/me/notifications", &json!({"paused_until": null}), 200).await;
    // Who wants nothing of a room is not even due; who may not read it any more is not told.
    ada.asks(house, "POST", "/v1/rooms/1024/join", &json!({}), 200).await;
    ada.asks(house, "PUT", "/v1/rooms/1024/level", &json!({"level": "nothing"}), 200).await;
    let seq = scene.call().await;
    until_listed(&scene, seq).await;
    ada.asks(house, "PUT", "/v1/rooms/1024/level", &json!({"level": "mentions"}), 200).await;
    scene.call().await;
    time_is_up(house, 1).await;
    scene.browser.hears(0, &scene.key).await;
    is_quiet(house).await;
    let wish = json!({"name": "Secret", "policy": {"read": "joined"}});
    let room = owner.asks(house, "POST", "/v1/rooms", &wish, 201).await;
    let room = room["id"].as_str().unwrap();
    owner.asks(house, "PUT", &format!("/v1/rooms/{room}/people/{}", ada.id()), &json!({}), 200).await;
    say(house, &owner, room, &format!("<@{}>", ada.id())).await;
    while due(house).await == 0 {
        tokio::task::yield_now().await;
    }
    owner.asks(house, "DELETE", &format!("/v1/rooms/{room}/people/{}", ada.id()), &Value::Null, 200).await;
    time_is_up(house, 1).await;
    is_quiet(house).await;
    assert_eq!(scene.browser.count(), 1);
}

async fn a_push_service_that_cannot_now_is_asked_again(on: On) {
    let scene = Scene::open(on).await;
    let Scene { house, browser, key, .. } = &scene;
    browser.answers("503 Service Unavailable\r\nretry-after: 120");
    scene.call().await;
    time_is_up(house, 1).await;
    browser.hears(0, key).await;
    let again = within(async {
        loop {
            let read = Statement::new("SELECT at, tries FROM due");
            let rows = house.store.query(read).await.unwrap();
            let (at, tries) = (rows[0].count(0).unwrap(), rows[0].count(1).unwrap());
            // The lease is shorter than what the push service asked for.
            if tries == 1 && at > teahouse_server::clock::unix_ms() + 100_000 {
                return at;
            }
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert!(again < teahouse_server::clock::unix_ms() + 121_000);
    time_is_up(house, 1).await;
    browser.hears(1, key).await;
    is_quiet(house).await;
    // A browser that is gone is forgotten.
    browser.answers("410 Gone");
    scene.call().await;
    time_is_up(house, 1).await;
    browser.hears(2, key).await;
    is_quiet(house).await;
    scene.ada.asks(house, "POST", "/v1/me/push/test", &json!({}), 404).await;
}

async fn a_browser_ends_with_its_sign_in(on: On) {
    let scene = Scene::open(on).await;
    let Scene { house, ada, browser, key, .. } = &scene;
    ada.asks(house, "DELETE", "/v1/me/push", &browser.ended(), 200).await;
    ada.asks(house, "POST", "/v1/me/push/test", &json!({}), 404).await;
    ada.asks(house, "PUT", "/v1/me/push", &browser.told(), 200).await;
    // The same browser is somebody else's now.
    scene.bo.asks(house, "PUT", "/v1/me/push", &browser.told(), 200).await;
    ada.asks(house, "POST", "/v1/me/push/test", &json!({}), 404).await;
    let told = scene.bo.asks(house, "POST", "/v1/me/push/test", &json!({}), 200).await;
    assert_eq!(told, json!({"taken": 1}));
    assert_eq!(browser.hears(0, key).await.said["kind"], "test");
    scene.bo.asks(house, "POST", "/v1/signout", &json!({}), 200).await;
    let left = house.store.query(Statement::new("SELECT count(*) FROM push")).await.unwrap();
    assert_eq!(left[0].count(0).unwrap(), 0);
}

async fn a_text_stays_away_if_that_is_wished(on: On) {
    let scene = Scene::open(on).await;
    scene.ada.asks(&scene.house, "PATCH", "/v1/me/notifications", &json!({"hide_text": true}), 200).await;
    scene.call().await;
    time_is_up(&scene.house, 1).await;
    let said = scene.browser.hears(0, &scene.key).await.said;
    assert!(said["text"].is_null() && said["by"].is_null(), "{said}");
    assert_eq!(said["count"], 1);
}

async fn everything_is_told_to_who_wants_it(on: On) {
    let scene = Scene::open(on).await;
    let Scene { house, ada, browser, key, .. } = &scene;
    ada.asks(house, "POST", "/v1/rooms/1024/join", &json!({}), 200).await;
    ada.asks(house, "PUT", "/v1/rooms/1024/level", &json!({"level": "all"}), 200).await;
    scene.say(&scene.bo, "for nobody in particular").await;
    time_is_up(house, 1).await;
    let said = browser.hears(0, key).await.said;
    assert_eq!((&said["why"], &said["text"]), (&json!("all"), &json!("for nobody in particular")));
    // Conversations count as calls.
    let cy = Asker::with_role(house, "Cy", Role::Member).await;
    let direct = cy.asks(house, "POST", "/v1/rooms", &json!({"direct": [ada.id()]}), 201).await;
    is_quiet(house).await;
    say(house, &cy, direct["id"].as_str().unwrap(), "psst").await;
    time_is_up(house, 1).await;
    let said = browser.hears(1, key).await.said;
    assert_eq!(
        (&said["why"], &said["direct"], &said["text"]),
        (&json!("direct"), &json!(true), &json!("psst"))
    );
}

async fn a_word_to_try_is_sent_to_this_browser(on: On) {
    let scene = Scene::open(on).await;
    let told = scene.ada.asks(&scene.house, "POST", "/v1/me/push/test", &json!({}), 200).await;
    assert_eq!(told, json!({"taken": 1}));
    assert_eq!(scene.browser.hears(0, &scene.key).await.said["kind"], "test");
    for wrong in [
        json!({"endpoint": "ftp://push.example/1", "keys": scene.browser.told()["keys"]}),
        json!({"endpoint": scene.browser.told()["endpoint"], "keys": {"p256dh": "AAAA", "auth": "AAAA"}}),
    ] {
        scene.ada.asks(&scene.house, "PUT", "/v1/me/push", &wrong, 400).await;
    }
}

async fn what_was_due_is_due_after_a_death(on: On) {
    let scene = Scene::open(on).await;
    scene.call().await;
    while due(&scene.house).await == 0 {
        tokio::task::yield_now().await;
    }
    // Somebody took it up and died.
    let lease = Statement::new("UPDATE due SET at = $1, tries = 1");
    let lease = lease.with(teahouse_server::clock::unix_ms() + 60_000);
    scene.house.store.commit(Commit::new().then(lease)).await.unwrap();
    let Scene { house, browser, key, .. } = scene;
    let house = house.restarted().await;
    time_is_up(&house, 1).await;
    assert_eq!(browser.hears(0, &key).await.said["count"], 1);
    is_quiet(&house).await;
    // What the whole house overslept wakes nobody.
    let late = Statement::new(
        "INSERT INTO due (person, room, at, made) SELECT $1, key, 1, 1 FROM room WHERE id = '1024'",
    );
    house.store.commit(Commit::new().then(late.with(scene.ada.id()))).await.unwrap();
    house.node.pushes.hurry();
    is_quiet(&house).await;
    assert_eq!(browser.count(), 1);
}

async fn nobody_is_told_at_an_address_of_the_own_network(on: On) {
    let house = House::open(on).await;
    let ada = Asker::guest(&house, "Ada").await;
    let browser = Browser::new().await;
    for endpoint in
        ["http://push.example/1", "https://127.0.0.1/1", "https://[::1]/1", "https://a:b@push.example/1"]
    {
        let told = json!({"endpoint": endpoint, "keys": browser.told()["keys"]});
        ada.asks(&house, "PUT", "/v1/me/push", &told, 400).await;
    }
    // A name that leads there is found out when it is asked.
    let told = json!({"endpoint": "https://push.example/1", "keys": browser.told()["keys"]});
    ada.asks(&house, "PUT", "/v1/me/push", &told, 200).await;
    let inner = browser.told()["endpoint"].as_str().unwrap().replace("http://127.0.0.1", "https://localhost");
    let sneak = Statement::new("UPDATE push SET endpoint = $1").with(inner);
    house.store.commit(Commit::new().then(sneak)).await.unwrap();
    let told = ada.asks(&house, "POST", "/v1/me/push/test", &json!({}), 200).await;
    assert_eq!((told, browser.count()), (json!({"taken": 0}), 0));
}

/// Of two nodes one tells.
async fn one_of_two_nodes_tells(on: On, road: Road) {
    let one = House::open_on(on, road, may_push()).await;
    let other = one.another().await;
    let (ada, bo) = (Asker::guest(&one, "Ada").await, Asker::guest(&other, "Bo").await);
    let browser = Browser::new().await;
    ada.asks(&other, "PUT", "/v1/me/push", &browser.told(), 200).await;
    let key = |house| async move { Ask::get("/v1/push").of(house).await.json()["key"].clone() };
    assert_eq!(key(&one).await, key(&other).await);
    let key = key(&one).await.as_str().unwrap().to_owned();
    for number in 0..5 {
        say(&other, &bo, "1024", &format!("<@{}>", ada.id())).await;
        time_is_up(&one, 1).await;
        other.node.pushes.hurry();
        browser.hears(number, &key).await;
        is_quiet(&one).await;
        assert_eq!(browser.count(), number + 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_of_two_nodes_tells_sqlite_and_local() {
    one_of_two_nodes_tells(On::Sqlite, Road::Local(Local::default())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_of_two_nodes_tells_postgres_and_nats() {
    one_of_two_nodes_tells(On::Postgres, Road::nats()).await;
}
