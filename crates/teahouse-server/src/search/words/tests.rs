//! What is found where, by the words alone.

use proptest::prelude::*;

use super::*;

fn check_words(text: &str, ordered: &[&str], single: &str) {
    let words = Words::of(text);
    assert_eq!(words.ordered, ordered, "{text}");
    assert_eq!(words.single.iter().map(String::as_str).collect::<String>(), single, "{text}");
}

#[test]
fn words_are_folded_and_characters_paired() {
    check_words("", &[], "");
    check_words("Hello, WORLD!", &["hello", "world"], "");
    check_words("茶", &["茶"], "茶");
    check_words("我们在茶馆见面", &["我们", "们在", "在茶", "茶馆", "馆见", "见面"], "们在我茶见面馆");
    check_words("在。茶馆", &["在", "茶馆"], "在茶馆");
    check_words("用iPhone手机", &["用", "iphone", "手机"], "手机用");
    check_words("Ｆｕｌｌ ﾊﾝｶｸ", &["full", "ハン", "ンカ", "カク"], "カクハン");
    check_words("Café naïve ÀÉÎ Ёлка", &["cafe", "naive", "aei", "елка"], "");
    check_words("cafe\u{301} x", &["cafe", "x"], "");
    check_words("snake_case_name fn(x)", &["snake", "case", "name", "fn", "x"], "");
    check_words("がか 한국어", &["がか", "한국", "국어"], "かが국어한");
    check_words("茶🍵", &["茶🍵"], "茶🍵");
    check_words("हिन्दी", &["हिन्दी"], "");
    check_words("\u{e000}r1 \u{e001}", &["r1"], "");
}

/// Whether the index of a text has every term of a question, as both stores look for it.
fn finds(typed: &str, text: &str) -> bool {
    let words = Words::of(text);
    let has = |term: &Term| {
        let [one] = &term.words[..] else {
            return words.ordered.windows(term.words.len()).any(|found| is_phrase(term, found));
        };
        words.single.contains(one)
            || words.ordered.iter().any(|word| is_phrase(term, std::slice::from_ref(word)))
    };
    let question = Question::of(typed);
    !question.is_empty() && question.terms().iter().all(has)
}

fn is_phrase(term: &Term, found: &[String]) -> bool {
    let last = found.len() - 1;
    let mut pairs = found.iter().zip(&term.words).enumerate();
    pairs.all(|(at, (word, wanted))| {
        word == wanted || at == last && term.is_prefix && word.starts_with(wanted)
    })
}

#[test]
fn characters_are_found_where_they_follow_each_other() {
    let text = "我们在茶馆见面";
    for typed in ["茶馆", "茶", "面", "我", "在茶馆见", "我们在茶馆见面", "茶馆 我们", "“茶馆”"]
    {
        assert!(finds(typed, text), "{typed}");
    }
    for typed in ["茶见", "馆茶", "我在", "茶 水", "茶馆们"] {
        assert!(!finds(typed, text), "{typed}");
    }
    assert!(!finds("茶馆", "茶很好，馆子也好"));
    assert!(!finds("茶馆", "茶，馆"));
}

#[test]
fn words_are_found_whole_unless_a_star_says_otherwise() {
    let text = "The teahouse serves Café au lait; v2.1 of iPhone手机";
    for typed in
        ["teahouse", "TEAHOUSE the", "cafe", "CAFÉ", "tea*", "\"cafe au lait\"", "v2.1", "iphone手机", "手机"]
    {
        assert!(finds(typed, text), "{typed}");
    }
    for typed in ["tea", "house", "\"au cafe\"", "serve", "\"tea*\"", "", "  ", "…"] {
        assert!(!finds(typed, text), "{typed}");
    }
    assert!(finds("snake_case", "a snake_case_name"));
}

#[test]
fn what_finds_nothing_is_tried_as_a_beginning() {
    let wider = Question::of("the tea").widened().unwrap();
    assert_eq!(wider, Question::of("the tea*"));
    assert_eq!(wider.widened(), None);
    assert_eq!(Question::of("茶").widened(), None);
    assert_eq!(Question::of("a").widened(), None);
}

/// Found by chance: compatibility makes four words, or a word with a sign in it, of one character.
#[test]
fn one_character_may_be_several_words() {
    assert_eq!(Words::of("ﷺ").ordered, ["صلى", "الله", "عليه", "وسلم"]);
    assert_eq!(Words::of("9㎧").ordered, ["9m", "s"]);
    assert_eq!(Question::of("الله").marks("xﷺ"), [(1, 2)]);
}

#[test]
fn marks_are_where_it_is_said() {
    let marks = |typed: &str, text: &str| Question::of(typed).marks(text);
    assert_eq!(marks("茶馆", "我们在茶馆见面，茶馆！"), [(3, 5), (8, 10)]);
    assert_eq!(marks("茶", "🍵茶茶"), [(2, 4)]);
    assert_eq!(marks("cafe", "Café CAFE cafes"), [(0, 4), (5, 9)]);
    assert_eq!(marks("cafe*", "Café cafes"), [(0, 4), (5, 10)]);
    assert_eq!(marks("\"au lait\" cafe", "Café au lait"), [(0, 4), (5, 12)]);
    assert_eq!(marks("茶馆", "茶，馆"), []);
    assert_eq!(marks("ｆｕｌｌ", "a FULL b"), [(2, 6)]);
    assert_eq!(marks("", "a"), []);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_piece_of_a_text_is_found_in_it(
        text in "[我们在茶馆见面ab ，é]{1,30}", from in 0_usize..30, length in 1_usize..8
    ) {
        let piece: String = text.chars().skip(from).take(length).collect();
        // A word that was cut is no word.
        let is_cut = |c: Option<char>| c.is_some_and(|c| matches!(c, 'a' | 'b' | 'é'));
        let before = from.checked_sub(1).and_then(|at| text.chars().nth(at));
        prop_assume!(!is_cut(before) && !is_cut(text.chars().nth(from + length)));
        let question = Question::of(&piece);
        prop_assert!(question.is_empty() || finds(&piece, &text), "{piece:?} in {text:?}");
        prop_assert!(question.is_empty() || !question.marks(&text).is_empty());
    }

    #[test]
    fn any_text_is_cut_and_marked(typed in "\\PC{0,20}", text in "\\PC{0,60}") {
        let words = Words::of(&text);
        let clean = |word: &String| !word.contains([' ', '\'', '"', '\\', '\u{e000}', '\u{e001}']);
        prop_assert!(words.ordered.iter().chain(&words.single).all(clean), "{words:?}");
        let units = text.encode_utf16().count();
        prop_assert!(Question::of(&typed).marks(&text).iter().all(|(start, end)| start < end && *end <= units));
    }
}
