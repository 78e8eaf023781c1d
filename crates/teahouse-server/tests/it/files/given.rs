//! Who gets a file, and how: whole, in part, or not again.

use super::{place, whole};
use crate::kit::{Ask, Asker, House, On, on_every_store};

on_every_store!(nobody_else_has_what_was_not_sent, a_part_is_enough,);

async fn nobody_else_has_what_was_not_sent(on: On) {
    let house = House::open(on).await;
    let ann = Asker::guest(&house, "Ann").await;
    let owner = Asker::owner(&house).await;
    let file = whole(&house, &ann, "a.txt", b"mine").await;
    assert_eq!(ann.shows(Ask::get(&place(&file))).of(&house).await.status, 200);
    assert_eq!(owner.shows(Ask::get(&place(&file))).of(&house).await.status, 404);
    assert_eq!(Ask::get(&place(&file)).of(&house).await.status, 404);
    for path in ["/v1/files/1/name", "/v1/files/00000000000000000000000000000000/name"] {
        assert_eq!(ann.shows(Ask::get(path)).of(&house).await.status, 404);
    }
}

async fn a_part_is_enough(on: On) {
    let house = House::open(on).await;
    let ann = Asker::guest(&house, "Ann").await;
    let file = whole(&house, &ann, "a.txt", b"0123456789").await;
    let ask = || ann.shows(Ask::get(&place(&file)));
    let all = ask().of(&house).await;
    let tag = all.header("etag").unwrap().to_owned();
    assert_eq!(all.header("cache-control"), Some("private, max-age=31536000, immutable"));
    let part = ask().with("range", "bytes=2-4").of(&house).await;
    assert_eq!((part.status, part.header("content-range"), &*part.body), (206, Some("bytes 2-4/10"), "234"));
    let end = ask().with("range", "bytes=-3").with("if-range", &tag).of(&house).await;
    assert_eq!((end.status, &*end.body), (206, "789"));
    let other = ask().with("range", "bytes=-3").with("if-range", "\"another\"").of(&house).await;
    assert_eq!((other.status, &*other.body), (200, "0123456789"));
    let beyond = ask().with("range", "bytes=10-").of(&house).await;
    assert_eq!((beyond.status, beyond.header("content-range")), (416, Some("bytes */10")));
    let known = ask().with("if-none-match", &tag).of(&house).await;
    assert_eq!((known.status, &*known.body), (304, ""));
    let head = ann.shows(Ask::new("HEAD", &place(&file))).of(&house).await;
    assert_eq!((head.status, head.header("content-length")), (200, Some("10")));
}
