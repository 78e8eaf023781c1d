//! Messages made from a seed, stores filled with them, and what is asked of their index. Chinese, English, Japanese and
//! code, in many rooms, one of which has half of them. It measures nothing.

use std::ops::Range;
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use futures_util::future::try_join_all;
use teahouse_core::room::Draft;
use teahouse_protocol::{Body, Cid, Kind, RoomId, UserId};
use teahouse_server::search::{Asked, Has, Question};
use teahouse_server::store::{NewRoom, Store};
use tokio::sync::mpsc;

const CHINESE: &str = "我们 你们 大家 今天 明天 昨天 晚上 早上 茶馆 见面 喝茶 聊天 消息 房间 网络 连接 断开 重连 服务器 浏览器 \
    手机 电脑 代码 测试 问题 修复 发布 版本 更新 文件 图片 视频 音乐 电影 天气 很好 不错 可以 没有 什么 怎么 为什么 因为 所以 \
    但是 如果 已经 正在 马上 一起 吃饭 公司 学校 老师 同学 朋友 家里 路上 火车 地铁 机场 上海 北京 广州 深圳 杭州 普洱 龙井 乌龙 \
    的 了 是 在 有 和 就 不 都 也 很 到 说 要 去 会 着 看 好 这";
const ENGLISH: &str = "the a to of and in is it that for on with as this be are not have you we they from at by or an \
    but what when where how why who message room server client network online offline reconnect resume cursor log event \
    teahouse tea coffee train station meeting tomorrow today yesterday release version fixed broken test passed failed \
    deploy database search index file picture video music great thanks please maybe later now soon never always";
const JAPANESE: &str = "今日 は 明日 お茶 を 飲む 会議 です ます ました ありがとう ございます サーバー クライアント メッセージ \
    テスト 修正 確認 お願いします 東京 大阪 電車 駅 写真 音楽 ネットワーク 接続";
const CODE: &str =
    "`cargo test` `npm ci` fn_main let_x SELECT_1 https://a.example/issues/42 `git push` v1.2.3";
static LISTS: LazyLock<[Vec<&str>; 4]> =
    LazyLock::new(|| [CHINESE, ENGLISH, JAPANESE, CODE].map(|list| list.split_whitespace().collect()));

/// Messages that are made, and stored, together.
const PART: u64 = 20_000;
/// Messages of one append.
const APPEND: usize = 1_000;

/// Numbers that are the same in every run.
pub(crate) struct Chance(pub(crate) u64);

impl Chance {
    /// The next one.
    pub(crate) fn next(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % below
    }

    /// The first words of a list come far more often than the last.
    fn word<'a>(&mut self, words: &[&'a str]) -> &'a str {
        let most = self.next(words.len() as u64) + 1;
        words[self.next(most) as usize]
    }
}

/// What the message of this number says, in which room, and by whom.
fn made(number: u64, rooms: u64) -> (u64, u64, String) {
    let mut chance = Chance(number);
    let kind = match chance.next(100) {
        0..50 => 0,
        50..82 => 1,
        _ => 2,
    };
    let space = if kind == 1 { " " } else { "" };
    let count = 3 + chance.next(14);
    let mut text: Vec<&str> = (0..count).map(|_| chance.word(&LISTS[kind])).collect();
    if kind == 0 {
        text.insert(text.len() / 2, "，");
    }
    let mut text = text.join(space);
    if chance.next(10) == 0 {
        text = format!("{text} {}", chance.word(&LISTS[3]));
    }
    match number % 10_000 {
        77 => text.push_str(" zebrafinch"),
        78 => text.push_str("，鸳鸯锅"),
        _ => {}
    }
    let room = if rooms > 1 && chance.next(2) == 0 { 1 + chance.next(rooms - 1) } else { 0 };
    (room, chance.next(1_000), text)
}

/// The room of that number; the first has half of all messages.
pub(crate) fn room_id(room: u64) -> RoomId {
    format!("bench-{room}").parse().unwrap()
}

/// One of a thousand people.
pub(crate) fn person(number: u64) -> UserId {
    UserId::from_bytes(u128::from(number).to_be_bytes())
}

/// A message of that number.
pub(crate) fn draft(number: u64, by: u64, text: String) -> Draft {
    let at = 1_700_000_000_000 + number * 1_000;
    let mixed = number.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes();
    let cid = Cid::new(at, std::array::from_fn(|index| if index < 8 { mixed[index] } else { 0 }));
    Draft { cid, kind: Kind::Message, by: person(by), at, body: Body::of(text) }
}

/// Makes so many rooms.
pub(crate) async fn add_rooms(store: &Arc<dyn Store>, rooms: u64) {
    for room in (0..rooms).map(room_id) {
        store.add_room(NewRoom::open(room, "Bench".into(), "".into())).await.unwrap();
    }
}

/// Stores the messages of these numbers through the store's own append, and says how far it is.
pub(crate) async fn fill(name: &str, store: &Arc<dyn Store>, rooms: u64, numbers: Range<u64>) {
    let begin = Instant::now();
    // Made while the ones before are stored.
    let (ready, mut parts) = mpsc::channel(2);
    let all = numbers.clone();
    tokio::task::spawn_blocking(move || {
        for first in all.clone().step_by(PART as usize) {
            let mut drafts: Vec<Vec<Draft>> = vec![Vec::new(); rooms as usize];
            for number in first..all.end.min(first + PART) {
                let (room, by, text) = made(number, rooms);
                drafts[room as usize].push(draft(number, by, text));
            }
            // Whoever stores them may have failed.
            if ready.blocking_send((first, drafts)).is_err() {
                return;
            }
        }
    });
    while let Some((first, drafts)) = parts.recv().await {
        let appends = drafts.iter().enumerate().flat_map(|(room, drafts)| {
            let room = room_id(room as u64);
            drafts.chunks(APPEND).map(move |some| store.append(&room, some.to_vec()))
        });
        try_join_all(appends).await.unwrap();
        let done = first - numbers.start;
        if done.is_multiple_of(500_000) {
            println!("{name}: {done} messages written after {:.0} s", begin.elapsed().as_secs_f64());
        }
    }
    let count = numbers.end - numbers.start;
    let rate = count as f64 / begin.elapsed().as_secs_f64();
    println!("{name}: {count} messages written, {rate:.0} a second");
}

/// Questions of each kind.
pub(crate) fn kinds(rooms: u64) -> Vec<(&'static str, Vec<Asked>)> {
    let asked = |words: &[&str]| -> Vec<Asked> {
        words.iter().map(|q| Asked { question: Question::of(q), limit: 20, ..Asked::default() }).collect()
    };
    let narrowed = |change: &dyn Fn(&mut Asked)| {
        let mut all = asked(&["茶馆", "server", "的", "the"]);
        all.iter_mut().for_each(change);
        all
    };
    let room = room_id(rooms.min(7) - 1);
    vec![
        ("one character, common", asked(&["的", "我", "天", "不"])),
        ("one character, rare", asked(&["鸳", "鸯", "锅"])),
        ("two characters, common", asked(&["茶馆", "我们", "今天", "お茶"])),
        ("two characters, rare", asked(&["鸳鸯", "鸯锅"])),
        ("longer, characters", asked(&["鸳鸯锅", "服务器", "ありがとう"])),
        ("a word, common", asked(&["the", "server", "of"])),
        ("a word, rare", asked(&["zebrafinch"])),
        ("the beginning of a word", asked(&["zebraf", "teahou", "yesterd"])),
        ("two words, common", asked(&["server message", "我们 今天", "the cursor"])),
        ("mixed scripts", asked(&["手机 v1.2.3", "茶馆 test", "cargo 我们"])),
        ("a phrase", asked(&["\"cargo test\"", "\"server room\"", "\"of the\""])),
        ("in one room", narrowed(&|asked| asked.room = Some(room.clone()))),
        ("of one person", narrowed(&|asked| asked.by = Some(person(5)))),
        ("with code", narrowed(&|asked| asked.has = vec![Has::Code])),
        ("before a date", narrowed(&|asked| asked.before_ms = Some(1_700_100_000_000))),
        ("no hits", asked(&["鸳我", "nobodysaysthis", "zebrafinch 鸳鸯"])),
        ("no hits of common words", asked(&["the 的", "server お茶"])),
    ]
}

/// What that share of some sorted times does not exceed, in milliseconds.
pub(crate) fn share_ms(sorted: &[Duration], share: f64) -> f64 {
    sorted[((sorted.len() - 1) as f64 * share) as usize].as_secs_f64() * 1_000.0
}
