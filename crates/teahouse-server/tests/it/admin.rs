//! What the house's moderators and its owner do to people: it holds at once, on every node, and leaves a line.

use serde_json::{Value, json};
use teahouse_protocol::{Push, Role, RoomId};

use crate::kit::{Ask, Asker, Client, House, On, Road, on_every_store};

on_every_store!(
    people_are_found_by_name_and_page,
    roles_are_given_by_the_owner_and_hold_at_once,
    the_house_is_handed_over,
    an_account_is_made_with_a_link,
    who_is_signed_out_is_out_everywhere,
    everything_of_somebody_is_removed,
    who_may_do_what_to_whom,
);

fn road(on: On) -> Road {
    if on == On::Postgres { Road::nats() } else { Road::Local(teahouse_server::bus::Local::default()) }
}

/// The actions in the audit log, the newest first.
async fn actions(house: &House, by: &Asker) -> Vec<String> {
    let log = by.gets(house, "/v1/admin/audit").await;
    let lines = log["lines"].as_array().unwrap();
    lines.iter().map(|line| line["action"].as_str().unwrap().to_owned()).collect()
}

async fn people_are_found_by_name_and_page(on: On) {
    let house = House::open(on).await;
    let owner = Asker::owner(&house).await;
    for name in ["Tea One", "tea two", "Ｔｅａ Three", "Coffee", "100%"] {
        Asker::guest(&house, name).await;
    }
    let names = |told: &Value| -> Vec<String> {
        let people = told["people"].as_array().unwrap();
        people.iter().map(|one| one["person"]["name"].as_str().unwrap().to_owned()).collect()
    };
    let found = owner.gets(&house, "/v1/admin/people?q=TEA").await;
    assert_eq!((names(&found).len(), &found["more"]), (3, &json!(false)), "{found}");
    assert_eq!(names(&owner.gets(&house, "/v1/admin/people?q=%25").await), ["100%"]);
    assert_eq!(names(&owner.gets(&house, "/v1/admin/people?q=_").await), Vec::<String>::new());
    let (mut all, mut after) = (Vec::new(), String::new());
    loop {
        let page = owner.gets(&house, &format!("/v1/admin/people?limit=2{after}")).await;
        all.extend(names(&page));
        let last = page["people"].as_array().unwrap().last().unwrap()["person"]["id"].as_str().unwrap();
        after = format!("&after={last}");
        if page["more"] == json!(false) {
            break;
        }
    }
    all.sort();
    assert_eq!(all, ["100%", "Coffee", "Owner", "Tea One", "tea two", "Ｔｅａ Three"]);
    let me = owner.gets(&house, "/v1/admin/people?q=owner").await["people"][0].clone();
    assert_eq!((&me["signins"], &me["person"]["role"]), (&json!(1), &json!("owner")));
    assert!(me["joined"].is_u64() && me["seen"].is_u64() && me["banned"].is_null(), "{me}");
}

async fn roles_are_given_by_the_owner_and_hold_at_once(on: On) {
    let nodes: [House; 2] = House::open_nodes(on, road(on)).await;
    let owner = Asker::owner(&nodes[0]).await;
    let member = Asker::with_role(&nodes[0], "Member", Role::Member).await;
    let mut client = Client::connect(&nodes[1]).await;
    client
        .come_in(&json!({"type": "hello", "v": 1, "token": member.token, "cursors": {"1024": "head"}}))
        .await;
    member.asks(&nodes[1], "GET", "/v1/admin/bans", &Value::Null, 403).await;
    let path = format!("/v1/admin/people/{}", member.id());
    let told = owner.asks(&nodes[0], "PATCH", &path, &json!({"role": "moderator"}), 200).await;
    assert_eq!(told["person"]["role"], "moderator");
    loop {
        if let Push::Changed { you: Some(you), .. } = client.frame().await.unwrap() {
            assert_eq!(you.role, Some(Role::Moderator));
            break;
        }
    }
    member.asks(&nodes[1], "GET", "/v1/admin/bans", &Value::Null, 200).await;
    owner.asks(&nodes[1], "PATCH", &path, &json!({"role": "member"}), 200).await;
    member.asks(&nodes[1], "GET", "/v1/admin/bans", &Value::Null, 403).await;
    assert_eq!(actions(&nodes[0], &owner).await, ["role", "role"]);
    let guest = Asker::guest(&nodes[0], "Guest").await;
    let path = format!("/v1/admin/people/{}", guest.id());
    owner.asks(&nodes[0], "PATCH", &path, &json!({"role": "member"}), 403).await;
    owner.asks(&nodes[0], "PATCH", &path, &json!({"role": "emperor"}), 400).await;
}

async fn the_house_is_handed_over(on: On) {
    let house = House::open(on).await;
    let owner = Asker::owner(&house).await;
    let heir = Asker::with_role(&house, "Heir", Role::Member).await;
    let own = format!("/v1/admin/people/{}", owner.id());
    let theirs = format!("/v1/admin/people/{}", heir.id());
    owner.asks(&house, "PATCH", &own, &json!({"role": "member"}), 403).await;
    owner.asks(&house, "PATCH", &theirs, &json!({"role": "owner"}), 200).await;
    for (asker, role) in [(&owner, "moderator"), (&heir, "owner")] {
        assert_eq!(asker.gets(&house, "/v1/me").await["you"]["role"], role);
    }
    // There is one owner, who decides from now on.
    owner.asks(&house, "PATCH", &theirs, &json!({"role": "member"}), 403).await;
    heir.asks(&house, "PATCH", &own, &json!({"role": "member"}), 200).await;
}

async fn an_account_is_made_with_a_link(on: On) {
    let house = House::open(on).await;
    let owner = Asker::owner(&house).await;
    let made = owner.asks(&house, "POST", "/v1/admin/people", &json!({"name": "Bo"}), 201).await;
    assert_eq!(made["person"]["role"], "member");
    let code = made["url"].as_str().unwrap().strip_prefix("/reset#").unwrap();
    let reset = json!({"code": code, "password": "long enough"});
    assert_eq!(Ask::post("/v1/signin/reset", &reset).of(&house).await.status, 200);
    assert_eq!(Ask::post("/v1/signin/reset", &reset).of(&house).await.code(), "bad_password");
    let sign_in = json!({"name": "Bo", "password": "long enough"});
    assert_eq!(Ask::post("/v1/signin", &sign_in).of(&house).await.status, 200);
    for (body, code) in [
        (json!({"name": "bo"}), "name_taken"),
        (json!({"name": " "}), "bad_name"),
        (json!({"name": "Cy", "role": "owner"}), "bad_field"),
    ] {
        let answer = owner.shows(Ask::post("/v1/admin/people", &body)).of(&house).await;
        assert_eq!(answer.code(), code, "{body}");
    }
    // Whoever forgot the password gets another link.
    let path = format!("/v1/admin/people/{}/reset", made["person"]["id"].as_str().unwrap());
    let link = owner.asks(&house, "POST", &path, &Value::Null, 200).await;
    assert!(link["url"].as_str().unwrap().starts_with("/reset#") && link["until"].is_u64());
    assert_eq!(actions(&house, &owner).await, ["reset_link", "account"]);
}

async fn who_is_signed_out_is_out_everywhere(on: On) {
    let nodes: [House; 2] = House::open_nodes(on, road(on)).await;
    let owner = Asker::owner(&nodes[0]).await;
    let mut bo = Client::enter(&nodes[1], "Bo").await;
    let path = format!("/v1/admin/people/{}/signout", bo.me().you.id);
    owner.asks(&nodes[0], "POST", &path, &Value::Null, 200).await;
    assert_eq!(bo.closed().await.0, teahouse_protocol::CloseCode::SignedOut.number());
    let hello = bo.elsewhere(&json!({"1024": "head"}));
    let mut again = Client::connect(&nodes[1]).await;
    again.say(&hello).await;
    assert_eq!(again.closed().await.1.errors[0].code.as_str(), "bad_token");
}

async fn everything_of_somebody_is_removed(on: On) {
    let house = House::open(on).await;
    let owner = Asker::owner(&house).await;
    let mut bo = Client::enter(&house, "Bo").await;
    let mut ada = Client::enter(&house, "Ada").await;
    for n in 1..=3 {
        bo.post(n, &format!("spam {n}")).await;
    }
    bo.hear(3, 3, 0).await;
    ada.post(1, "tea?").await;
    ada.hear(4, 1, 0).await;
    let path = format!("/v1/admin/people/{}/messages", bo.me().you.id);
    let told = owner.asks(&house, "DELETE", &path, &Value::Null, 200).await;
    assert_eq!(told, json!({"messages": 3}));
    let gone = ada.hear(3, 0, 0).await.events;
    let targets: Vec<_> = gone.iter().map(|event| event.body.target.unwrap().0).collect();
    assert_eq!(targets, [1, 2, 3]);
    let log = house.log(&RoomId::main()).await;
    let texts: Vec<_> =
        log.iter().filter(|event| event.kind.is_message()).map(|event| &*event.body.text).collect();
    assert_eq!(texts, ["", "", "", "tea?"]);
    // And then who they are.
    let path = format!("/v1/admin/people/{}", bo.me().you.id);
    owner.asks(&house, "DELETE", &path, &Value::Null, 200).await;
    owner.asks(&house, "DELETE", &path, &Value::Null, 404).await;
    assert_eq!(actions(&house, &owner).await, ["erased", "removed_all"]);
}

async fn who_may_do_what_to_whom(on: On) {
    let house = House::open(on).await;
    let owner = Asker::owner(&house).await;
    let moderator = Asker::with_role(&house, "Moderator", Role::Moderator).await;
    let other = Asker::with_role(&house, "Other", Role::Moderator).await;
    let member = Asker::with_role(&house, "Member", Role::Member).await;
    // What, to whom, and whether the owner, a moderator and a member may.
    let rules = [
        ("POST", "/reset", &member, [200, 200, 403]),
        ("POST", "/reset", &other, [200, 403, 403]),
        ("POST", "/reset", &owner, [200, 403, 403]),
        ("POST", "/signout", &other, [200, 403, 403]),
        ("DELETE", "/messages", &member, [200, 200, 403]),
        ("DELETE", "/messages", &owner, [403, 403, 403]),
        ("DELETE", "", &owner, [403, 403, 403]),
        ("PATCH", "", &member, [200, 403, 403]),
    ];
    for (method, what, whom, allowed) in rules {
        let path = format!("/v1/admin/people/{}{what}", whom.id());
        let body = if method == "PATCH" { json!({"role": "member"}) } else { Value::Null };
        for (by, status) in [(&owner, allowed[0]), (&moderator, allowed[1]), (&member, allowed[2])] {
            by.asks(&house, method, &path, &body, status).await;
        }
    }
    for path in ["/v1/admin/people/nobody", "/v1/admin/people/00000000-0000-4000-8000-000000000000"] {
        owner.asks(&house, "DELETE", path, &Value::Null, 404).await;
    }
}
