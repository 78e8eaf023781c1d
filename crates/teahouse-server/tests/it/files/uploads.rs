//! Uploads go on where they broke, and take no more than was said.

use serde_json::json;
use teahouse_server::config::Given;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::{announce, begun, bring, place, tus, whole};
use crate::kit::{Ask, Asker, House, On, on_every_store, until, within};

on_every_store!(
    a_file_comes_in_pieces,
    it_goes_on_where_it_broke,
    a_large_file_is_put_together,
    the_owner_decides_how_much,
    it_goes_on_after_a_restart_and_on_another_node,
    what_is_wrong_is_said,
    nobody_has_more_than_they_may,
    a_name_is_only_a_name,
    what_nobody_carries_goes,
    what_is_taken_back_is_gone,
);

/// Longer than a piece, and nowhere the same.
fn long() -> Vec<u8> {
    (0..5_000_000_u32).map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes()[0]).collect()
}

async fn a_file_comes_in_pieces(on: On) {
    let house = House::open(on).await;
    let ann = Asker::guest(&house, "Ann").await;
    let path = begun(&house, &ann, "notes.txt", 11).await;
    let first = bring(&house, &ann, &path, 0, b"hello").await;
    assert_eq!((first.status, first.header("upload-offset")), (204, Some("5")), "{first:?}");
    let asked = ann.shows(tus("HEAD", &path)).of(&house).await;
    assert_eq!(
        (asked.status, asked.header("upload-offset"), asked.header("upload-length")),
        (200, Some("5"), Some("11"))
    );
    assert!(asked.header("upload-expires").is_some() && asked.header("cache-control") == Some("no-store"));
    let early = ann.shows(Ask::get(&format!("{path}/about"))).of(&house).await;
    assert_eq!((early.status, &*early.code()), (404, "not_found"));
    let last = bring(&house, &ann, &path, 5, b" world").await;
    let file = last.json();
    assert_eq!(last.header("upload-offset"), Some("11"));
    assert_eq!(
        (&file["name"], &file["type"], &file["bytes"]),
        (&json!("notes.txt"), &json!("text/plain"), &json!(11))
    );
    assert_eq!(ann.gets(&house, &format!("{path}/about")).await, file);
    let read = ann.shows(Ask::get(&place(&file))).of(&house).await;
    assert_eq!((read.status, &*read.body), (200, "hello world"));
    // The pieces are one now.
    assert_eq!(house.ground().kept(), 1);
}

async fn it_goes_on_where_it_broke(on: On) {
    let house = House::open(on).await;
    let ann = Asker::guest(&house, "Ann").await;
    let bytes = long();
    let path = begun(&house, &ann, "long.bin", bytes.len()).await;
    // A connection that dies in the middle.
    let head = format!(
        "PATCH {path} HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {}\r\ntus-resumable: 1.0.0\r\n\
         upload-offset: 0\r\ncontent-type: application/offset+octet-stream\r\ncontent-length: {}\r\n\r\n",
        house.address,
        ann.token,
        bytes.len()
    );
    let mut socket = tokio::net::TcpStream::connect(house.address).await.unwrap();
    within(socket.write_all(head.as_bytes())).await.unwrap();
    within(socket.write_all(&bytes[..4_800_000])).await.unwrap();
    within(socket.shutdown()).await.unwrap();
    let mut rest = Vec::new();
    let _ = within(socket.read_to_end(&mut rest)).await;
    drop(socket);
    // The request that comes back waits for what the broken one brought.
    let again = bring(&house, &ann, &path, 0, b"").await;
    assert_eq!(again.status, 409, "{again:?}");
    let asked = ann.shows(tus("HEAD", &path)).of(&house).await;
    let came: usize = asked.header("upload-offset").unwrap().parse().unwrap();
    assert!((4_194_304..=4_800_000).contains(&came), "{came}");
    let last = bring(&house, &ann, &path, came, &bytes[came..]).await;
    assert_eq!(last.status, 200, "{last:?}");
    let read = ann.shows(Ask::get(&place(&last.json()))).of(&house).await;
    assert!(read.bytes == bytes, "it is the same file");
}

/// Larger than what a bucket takes at once.
async fn a_large_file_is_put_together(on: On) {
    let house = House::open(on).await;
    let ann = Asker::guest(&house, "Ann").await;
    let bytes: Vec<u8> = long().into_iter().cycle().take(17_000_001).collect();
    let path = begun(&house, &ann, "long.bin", bytes.len()).await;
    bring(&house, &ann, &path, 0, &bytes[..6_000_000]).await;
    let last = bring(&house, &ann, &path, 6_000_000, &bytes[6_000_000..]).await;
    assert_eq!(last.status, 200, "{last:?}");
    let file = last.json();
    let part = ann.shows(Ask::get(&place(&file))).with("range", "bytes=8388600-8388700").of(&house).await;
    assert!(part.bytes == bytes[8_388_600..=8_388_700], "across two parts");
    let whole = ann.shows(Ask::get(&place(&file))).of(&house).await;
    assert!(whole.bytes == bytes, "it is the same file");
    assert_eq!(house.ground().kept(), 1);
}

async fn the_owner_decides_how_much(on: On) {
    let house = House::open(on).await;
    let owner = Asker::owner(&house).await;
    let mib = 1 << 20;
    let change = json!({"files": {"file_mib_max": 1, "person_mib_max": 1}});
    owner.asks(&house, "PATCH", "/v1/admin/settings", &change, 200).await;
    assert_eq!(announce(&house, &owner, "a", mib + 1).await.code(), "too_large");
    begun(&house, &owner, "a", mib).await;
    assert_eq!(announce(&house, &owner, "b", 1).await.code(), "quota");
    owner.asks(&house, "PATCH", "/v1/admin/settings", &json!({"files": null}), 200).await;
    begun(&house, &owner, "b", mib + 1).await;
    for wrong in [json!({"files": {"file_mib_max": 0}}), json!({"files": {"most": 1}}), json!({"files": 1})] {
        owner.asks(&house, "PATCH", "/v1/admin/settings", &wrong, 400).await;
    }
    let now = owner.gets(&house, "/v1/admin/now").await;
    assert_eq!(now["files"], json!({"count": 0, "bytes": 2 * mib + 1}));
}

async fn it_goes_on_after_a_restart_and_on_another_node(on: On) {
    let house = House::open(on).await;
    let ann = Asker::guest(&house, "Ann").await;
    let path = begun(&house, &ann, "a.txt", 9).await;
    bring(&house, &ann, &path, 0, b"one").await;
    let house = house.restarted().await;
    bring(&house, &ann, &path, 3, b"two").await;
    let other = house.another().await;
    let file = bring(&other, &ann, &path, 6, b"six").await.json();
    for node in [&house, &other] {
        let read = ann.shows(Ask::get(&place(&file))).of(node).await;
        assert_eq!((read.status, &*read.body), (200, "onetwosix"));
    }
}

async fn what_is_wrong_is_said(on: On) {
    let house = House::open(on).await;
    let ann = Asker::guest(&house, "Ann").await;
    let bob = Asker::guest(&house, "Bob").await;
    let path = begun(&house, &ann, "a", 4).await;
    let early = bring(&house, &ann, &path, 2, b"cd").await;
    assert_eq!((early.status, &*early.code()), (409, "out_of_order"));
    let more = bring(&house, &ann, &path, 0, b"abcde").await;
    assert_eq!((more.status, &*more.code()), (413, "too_large"));
    let theirs = bring(&house, &bob, &path, 0, b"abcd").await;
    assert_eq!((theirs.status, &*theirs.code()), (404, "not_found"));
    let kind = ann.shows(tus("PATCH", &path)).with("upload-offset", "0").body(b"abcd").of(&house).await;
    assert_eq!(kind.status, 415, "{kind:?}");
    let version =
        ann.shows(Ask::new("POST", "/v1/files")).with("tus-resumable", "0.2.2").body(b"").of(&house).await;
    assert_eq!((version.status, version.header("tus-version")), (412, Some("1.0.0")));
    for (name, value) in
        [("upload-length", "-1"), ("upload-length", "many"), ("upload-length", "99999999999999999999")]
    {
        let answer = ann.shows(tus("POST", "/v1/files")).with(name, value).body(b"").of(&house).await;
        assert_eq!((answer.status, &answer.json()["field"]), (400, &json!("upload-length")), "{value}");
    }
    for said in ["filename !!", "filename /w=="] {
        let ask =
            ann.shows(tus("POST", "/v1/files")).with("upload-length", "1").with("upload-metadata", said);
        assert_eq!(ask.body(b"").of(&house).await.json()["field"], "upload-metadata", "{said}");
    }
    // What was refused has changed nothing.
    assert_eq!(bring(&house, &ann, &path, 0, b"abcd").await.status, 200);
    let nothing = announce(&house, &ann, "empty", 0).await;
    assert_eq!((nothing.status, &nothing.json()["bytes"]), (201, &json!(0)));
}

async fn nobody_has_more_than_they_may(on: On) {
    let given = Given {
        file_bytes_max: Some(1 << 20),
        files_per_person_mib_max: Some(2),
        files_mib_max: Some(3),
        ..Given::default()
    };
    let house = House::open_with(on, given).await;
    let owner = Asker::owner(&house).await;
    let ann = Asker::guest(&house, "Ann").await;
    let refused = |answer: crate::kit::Answer| (answer.status, answer.code());
    let mib = 1 << 20;
    assert_eq!(refused(announce(&house, &ann, "a", mib + 1).await), (413, "too_large".into()));
    let path = begun(&house, &ann, "a", mib).await;
    begun(&house, &ann, "b", mib).await;
    assert_eq!(refused(announce(&house, &ann, "c", 1).await), (413, "quota".into()));
    let told = ann.gets(&house, "/v1/files").await;
    assert_eq!(told["mine"], json!({"bytes": 2 * mib, "bytes_max": 2 * mib}));
    begun(&house, &owner, "d", mib).await;
    assert_eq!(refused(announce(&house, &owner, "e", 1).await), (413, "quota".into()));
    // What is taken back makes room.
    let gone = ann.shows(tus("DELETE", &path)).of(&house).await;
    assert_eq!(gone.status, 204, "{gone:?}");
    within(async { while announce(&house, &owner, "e", 1).await.status != 201 {} }).await;
}

async fn a_name_is_only_a_name(on: On) {
    let house = House::open(on).await;
    let ann = Asker::guest(&house, "Ann").await;
    let file = whole(&house, &ann, "../a\u{202e}fdp.\"exe", b"MZ").await;
    assert_eq!(file["name"], "afdp.exe");
    let answer = ann.shows(Ask::get(&place(&file))).of(&house).await;
    assert_eq!(answer.header("content-disposition"), Some("attachment; filename*=UTF-8''afdp.exe"));
}

async fn what_nobody_carries_goes(on: On) {
    let house = House::open(on).await;
    let ann = Asker::guest(&house, "Ann").await;
    let file = whole(&house, &ann, "a", b"whole").await;
    let path = begun(&house, &ann, "b", 9).await;
    bring(&house, &ann, &path, 0, b"half").await;
    let day = 24 * 60 * 60 * 1_000;
    let now = teahouse_server::clock::unix_ms();
    house.node.files.collect(now).await.unwrap();
    assert_eq!(house.ground().kept(), 2, "nothing goes early");
    house.node.files.collect(now + day + 60_000).await.unwrap();
    assert_eq!(house.ground().kept(), 0);
    assert_eq!(ann.shows(Ask::get(&place(&file))).of(&house).await.status, 404);
    assert_eq!(bring(&house, &ann, &path, 4, b"more!").await.status, 404);
}

async fn what_is_taken_back_is_gone(on: On) {
    let house = House::open(on).await;
    let ann = Asker::guest(&house, "Ann").await;
    let bob = Asker::guest(&house, "Bob").await;
    let file = whole(&house, &ann, "a", b"whole").await;
    let path = format!("/v1/files/{}", file["id"].as_str().unwrap());
    assert_eq!(bob.shows(tus("DELETE", &path)).of(&house).await.status, 404);
    assert_eq!(ann.shows(tus("DELETE", &path)).of(&house).await.status, 204);
    assert_eq!(ann.shows(Ask::get(&place(&file))).of(&house).await.status, 404);
    until(|| house.ground().kept() == 0).await;
}
