//! A room that somebody takes along: what they may read of it, as it is now.

use serde_json::{Value, json};
use teahouse_protocol::{Role, RoomId};

use crate::kit::{Answer, Ask, Asker, House, On, on_every_store};

on_every_store!(
    a_room_is_taken_along_whole,
    what_is_gone_or_not_for_them_is_not_taken_along,
    who_came_late_takes_along_what_was_said_since,
    what_stands_beside_a_message_is_taken_along,
    nothing_that_people_write_gets_into_the_page,
    who_may_not_read_takes_nothing,
);

async fn export(house: &House, asker: &Asker, room: &str, query: &str) -> Answer {
    asker.shows(Ask::get(&format!("/v1/rooms/{room}/export?{query}"))).of(house).await
}

fn lines(answer: &Answer) -> Vec<Value> {
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.body.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

async fn a_room_is_taken_along_whole(on: On) {
    let house = House::open(on).await;
    // More than a page of the log, and texts that would fill one by themselves.
    house
        .seed(&RoomId::main(), 450, |n| {
            format!("text {n} <b>&{}", "长".repeat(if n % 40 == 0 { 5_000 } else { 0 }))
        })
        .await;
    let ada = Asker::guest(&house, "Ada <i>").await;
    let events = lines(&export(&house, &ada, "1024", "form=ndjson").await);
    let numbers: Vec<_> = events.iter().map(|event| event["seq"].as_u64().unwrap()).collect();
    assert_eq!(numbers, (1..=450).collect::<Vec<_>>());
    assert!(events[6]["body"]["text"].as_str().unwrap().starts_with("text 7 <b>&"));

    let page = export(&house, &ada, "1024", "form=html&zone=Asia/Shanghai").await;
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    assert!(page.header("content-disposition").unwrap().starts_with("attachment"));
    assert_eq!(page.body.matches("<li class=\"message\"").count(), 450);
    assert!(page.body.contains("text 7 &lt;b&gt;&amp;") && !page.body.contains("<b>&"), "a text is no tag");
    assert!(page.body.contains("Ada &lt;i&gt;") && !page.body.contains("<script"));
    // 2026-11-22 at 16:40 in Greenwich is the next day's 00:40 there.
    assert!(page.body.contains("+08:00"), "times are in the zone of who asks");
    assert!(page.body.ends_with("</html>\n"));
}

async fn what_is_gone_or_not_for_them_is_not_taken_along(on: On) {
    let house = House::open(on).await;
    let owner = Asker::owner(&house).await;
    let bo = Asker::with_role(&house, "Bo", Role::Member).await;
    let wish = json!({"name": "Secret", "policy": {"read": "joined", "history": false}});
    let room = owner.asks(&house, "POST", "/v1/rooms", &wish, 201).await;
    let room = room["id"].as_str().unwrap();
    let say = async |text: &str| {
        let path = format!("/v1/rooms/{room}/messages");
        let said = owner.shows(Ask::new("POST", &path)).body(text.as_bytes()).of(&house).await;
        said.json()["seq"].as_u64().unwrap()
    };
    say("before anybody came").await;
    owner.asks(&house, "PUT", &format!("/v1/rooms/{room}/people/{}", bo.id()), &json!({}), 200).await;
    say("for everybody").await;
    let regretted = say("regretted").await;
    owner.asks(&house, "DELETE", &format!("/v1/rooms/{room}/messages/{regretted}"), &Value::Null, 200).await;
    for form in ["html", "ndjson"] {
        let theirs = export(&house, &bo, room, &format!("form={form}")).await.body;
        assert!(theirs.contains("for everybody"), "{theirs}");
        assert!(!theirs.contains("regretted") && !theirs.contains("before anybody came"), "{theirs}");
        assert!(
            export(&house, &owner, room, &format!("form={form}")).await.body.contains("before anybody came")
        );
    }
}

async fn who_came_late_takes_along_what_was_said_since(on: On) {
    let house = House::open(on).await;
    let owner = Asker::owner(&house).await;
    let bo = Asker::with_role(&house, "Bo", Role::Member).await;
    let wish = json!({"name": "Secret", "policy": {"read": "joined", "history": false}});
    let room = owner.asks(&house, "POST", "/v1/rooms", &wish, 201).await["id"].as_str().unwrap().to_owned();
    // More than a page of the log, none of which is for Bo.
    house.seed(&room.parse().unwrap(), 450, |n| format!("before {n}")).await;
    owner.asks(&house, "PUT", &format!("/v1/rooms/{room}/people/{}", bo.id()), &json!({}), 200).await;
    let messages = format!("/v1/rooms/{room}/messages");
    let joined =
        owner.gets(&house, &format!("{messages}?limit=1")).await["messages"][0]["seq"].as_u64().unwrap();
    let reaction = format!("{messages}/{}/reactions/%F0%9F%8D%B5", joined - 1);
    owner.asks(&house, "PUT", &reaction, &Value::Null, 200).await;
    for n in 1..=3 {
        owner.asks(&house, "POST", &messages, &json!({"text": format!("since {n}")}), 201).await;
    }
    let texts = |events: &[Value]| -> Vec<String> {
        let texts = events.iter().filter_map(|event| event["body"]["text"].as_str());
        texts.map(str::to_owned).collect()
    };
    let since = ["since 1", "since 2", "since 3"];
    assert_eq!(texts(&lines(&export(&house, &bo, &room, "form=ndjson").await)), since);
    let page = export(&house, &bo, &room, "form=html").await.body;
    assert!(since.iter().all(|text| page.contains(text)) && !page.contains("before"), "{page}");

    let page = async |range: &str| {
        let page = bo.gets(&house, &format!("{messages}?{range}")).await;
        assert!(page["states"].as_object().is_none_or(serde_json::Map::is_empty), "{range}: {page}");
        (texts(page["messages"].as_array().unwrap()), page["more"].as_bool().unwrap())
    };
    let all = (since.map(str::to_owned).to_vec(), false);
    for range in ["after=0&limit=200", "before=9000", "before=9000&limit=200"] {
        assert_eq!(page(range).await, all, "{range}");
    }
    // Who gets nothing is not told to go on.
    for range in ["around=10&limit=20", "before=100&limit=20", "after=9000"] {
        assert_eq!(page(range).await, (Vec::new(), false), "{range}");
    }
}

async fn post(house: &House, by: &Asker, text: &str, target: Option<u64>) -> u64 {
    let body = json!({"text": text, "target": target});
    let said = by.asks(house, "POST", "/v1/rooms/1024/messages", &body, 201).await;
    said["seq"].as_u64().unwrap()
}

async fn what_stands_beside_a_message_is_taken_along(on: On) {
    let house = House::open(on).await;
    let owner = Asker::owner(&house).await;
    let (ada, bo) = (Asker::guest(&house, "Ada").await, Asker::guest(&house, "Bo").await);
    let path = |seq: u64| format!("/v1/rooms/1024/messages/{seq}");
    let first = post(&house, &ada, "**frist** <@00000000-0000-4000-8000-000000000007>", None).await;
    let text = format!("**first** <@{}>", bo.id());
    ada.asks(&house, "PATCH", &path(first), &json!({ "text": text }), 200).await;
    let gone = post(&house, &ada, "regretted", None).await;
    // What is quoted may be pages away.
    house.seed(&RoomId::main(), 220, |n| n.to_string()).await;
    let reply = post(&house, &bo, "yes\n> no\n||maybe||", Some(first)).await;
    let lost = post(&house, &bo, "what?", Some(gone)).await;
    ada.asks(&house, "DELETE", &path(gone), &Value::Null, 200).await;
    for who in [&ada, &bo] {
        who.asks(&house, "PUT", &format!("{}/reactions/%F0%9F%8D%B5", path(first)), &Value::Null, 200).await;
    }
    owner.asks(&house, "PUT", &format!("/v1/rooms/1024/pins/{first}"), &Value::Null, 200).await;

    let page = export(&house, &ada, "1024", "form=html").await.body;
    let row = |seq: u64| {
        let begin = page.find(&format!("<li class=\"message\" id=\"m{seq}\">")).unwrap();
        page[begin..].lines().next().unwrap().to_owned()
    };
    let shown = row(first);
    assert!(shown.contains("<strong>first</strong> <bdi class=\"mention\">@Bo</bdi>"), "{shown}");
    assert!(shown.contains("(edited)") && shown.contains("pinned") && !shown.contains("frist"), "{shown}");
    assert!(shown.contains("<span title=\"Ada, Bo\">🍵 2</span>"), "{shown}");
    let shown = row(reply);
    let quote = format!("<a href=\"#m{first}\">↳ <b><bdi>Ada</bdi></b> <bdi>first @Bo</bdi></a>");
    assert!(shown.contains(&quote) && shown.contains("<blockquote>"), "{shown}");
    assert!(shown.contains("tabindex=\"0\">maybe</span>"), "{shown}");
    assert!(row(lost).contains("The message is gone") && row(gone).contains("Message deleted"));
    assert!(page.contains("Owner pinned a message") && !page.contains("regretted"));

    let lines = lines(&export(&house, &bo, "1024", "form=ndjson").await);
    let line = |seq: u64| lines.iter().find(|line| line["seq"] == seq).unwrap().clone();
    let state = &line(first)["state"];
    assert_eq!((&state["reactions"][0]["count"], &state["mine"]), (&json!(2), &json!(["🍵"])));
    assert_eq!((&state["replies"]["count"], &state["pinned"]), (&json!(1), &json!(true)));
    assert_eq!((&line(reply)["state"], &line(reply)["body"]["target"]), (&Value::Null, &json!(first)));
    assert!(line(gone)["body"].as_object().unwrap().is_empty());
}

/// Each tag of the page without what its attributes say, and those attributes that lead somewhere.
fn tags(page: &str) -> (Vec<String>, Vec<String>) {
    let (_, main) = page.split_once("<main>").unwrap();
    let (mut shapes, mut addresses) = (Vec::new(), Vec::new());
    for tag in main.split('<').skip(1).map(|tag| tag.split_once('>').unwrap().0) {
        let pieces: Vec<&str> = tag.split('"').collect();
        shapes.push(pieces.iter().step_by(2).copied().collect());
        let named = pieces.chunks_exact(2).filter(|named| named[0].ends_with("href="));
        addresses.extend(named.map(|named| named[1].to_owned()));
    }
    (shapes, addresses)
}

async fn nothing_that_people_write_gets_into_the_page(on: On) {
    let house = House::open(on).await;
    let ada = Asker::guest(&house, "<b> \"x\" '&").await;
    let bo = Asker::guest(&house, "Bo").await;
    let naming = format!("<@{}>", ada.id());
    let attacks = [
        "<script>alert(1)</script>",
        "</li></ol></main><img src=x onerror=alert(1)>",
        "[press](javascript:alert(1))",
        "[press](https://a.test/\"onclick=\"alert(1))",
        "https://a.test/'\"><script>",
        "`</code><script>`",
        "```\n</pre><script>\n```",
        "||<style>*{}</style>||",
        "<!-- <a href='data:text/html,x'>x</a>",
        &naming,
    ];
    for text in attacks {
        let seq = post(&house, &ada, text, None).await;
        post(&house, &bo, text, Some(seq)).await;
    }
    let page = export(&house, &bo, "1024", "form=html").await;
    let (shapes, addresses) = tags(&page.body);
    let known =
        ["ol", "li", "p", "div", "span", "bdi", "b", "a", "time", "code", "pre", "main", "body", "html"];
    let with = [
        "li class=",
        "li class= id=",
        "p class=",
        "p dir=",
        "div class=",
        "span class= tabindex=",
        "bdi class=",
        "a href=",
        "a class= href=",
        "a href= title= rel=",
        "time datetime=",
    ];
    for shape in shapes {
        assert!(known.contains(&shape.trim_start_matches('/')) || with.contains(&&*shape), "<{shape}>");
    }
    for address in addresses {
        assert!(address.starts_with("#m") || address.starts_with("https://a.test/"), "{address}");
    }
    assert!(page.body.contains("@&lt;b&gt; &quot;x&quot; &#39;&amp;"), "{}", page.body);
}

async fn who_may_not_read_takes_nothing(on: On) {
    let house = House::open(on).await;
    let owner = Asker::owner(&house).await;
    let guest = Asker::guest(&house, "Guest").await;
    let wish = json!({"name": "Secret", "policy": {"read": "joined"}});
    let room = owner.asks(&house, "POST", "/v1/rooms", &wish, 201).await;
    let room = room["id"].as_str().unwrap();
    assert_eq!(export(&house, &guest, room, "").await.code(), "no_such_room");
    assert_eq!(Ask::get("/v1/rooms/1024/export").of(&house).await.status, 401);
    for wrong in ["form=pdf", "zone=Nowhere/Land"] {
        assert_eq!(export(&house, &guest, "1024", wrong).await.code(), "bad_field", "{wrong}");
    }
}
