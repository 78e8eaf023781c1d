//! The text of a message as elements of a page, from its tree.
//!
//! Every word of it is escaped, elements and attributes are named here and nowhere else, and a link leads to http,
//! https or mailto, or is none.

use teahouse_protocol::Person;
use teahouse_protocol::text::{Block, Inline, parse};

use super::html::escape;

/// What an address may begin with.
const SCHEMES: [&str; 3] = ["https://", "http://", "mailto:"];

/// What a text says, as elements; `people` are those whom it names.
pub(super) fn text(source: &str, people: &[Person]) -> String {
    let mut shown = Shown { people, html: String::with_capacity(source.len() + 64) };
    shown.blocks(&parse(source));
    shown.html
}

struct Shown<'a> {
    people: &'a [Person],
    html: String,
}

impl Shown<'_> {
    fn blocks(&mut self, blocks: &[Block]) {
        for block in blocks {
            self.block(block);
        }
    }

    fn block(&mut self, block: &Block) {
        match block {
            Block::Paragraph(inside) => self.inside("<p dir=\"auto\">", inside, "</p>"),
            Block::Heading(inside) => self.inside("<p dir=\"auto\"><strong>", inside, "</strong></p>"),
            Block::Code { text, .. } => {
                self.html += "<pre><code>";
                self.html += &escape(text);
                self.html += "</code></pre>";
            }
            Block::Quote(inside) => {
                self.html += "<blockquote>";
                self.blocks(inside);
                self.html += "</blockquote>";
            }
            Block::Bullets(items) => self.items("<ul>", items, "</ul>"),
            Block::Numbers { first, items } => self.items(&format!("<ol start=\"{first}\">"), items, "</ol>"),
        }
    }

    fn items(&mut self, begin: &str, items: &[Vec<Block>], end: &str) {
        self.html += begin;
        for item in items {
            self.html += "<li>";
            self.blocks(item);
            self.html += "</li>";
        }
        self.html += end;
    }

    fn inside(&mut self, begin: &str, inside: &[Inline], end: &str) {
        self.html += begin;
        for inline in inside {
            self.inline(inline);
        }
        self.html += end;
    }

    fn inline(&mut self, inline: &Inline) {
        match inline {
            Inline::Text(text) => self.html += &escape(text),
            Inline::Bold(inside) => self.inside("<strong>", inside, "</strong>"),
            Inline::Italic(inside) => self.inside("<em>", inside, "</em>"),
            Inline::Struck(inside) => self.inside("<s>", inside, "</s>"),
            // Uncovered by whoever points at it or goes there by keys: there is no script.
            Inline::Hidden(inside) => {
                self.inside("<span class=\"spoiler\" tabindex=\"0\">", inside, "</span>");
            }
            Inline::Code(text) => self.html += &format!("<code>{}</code>", escape(text)),
            Inline::Link { href, inside } => self.link(href, inside),
            Inline::Person(id) => {
                let name = self.people.iter().find(|person| person.id == *id);
                self.mention('@', name.map_or("?", |person| &person.name));
            }
            Inline::Everybody(whom) => self.mention('@', whom.as_str()),
            Inline::Room(id) => self.mention('#', id.as_str()),
            Inline::Emoji(name) => self.html += &format!(":{}:", escape(name)),
        }
    }

    fn link(&mut self, href: &str, inside: &[Inline]) {
        if !SCHEMES.iter().any(|scheme| href.starts_with(scheme)) {
            return self.inside("", inside, "");
        }
        let href = escape(href);
        let begin = format!("<a href=\"{href}\" title=\"{href}\" rel=\"noopener noreferrer nofollow\">");
        self.inside(&begin, inside, "</a>");
    }

    fn mention(&mut self, sign: char, name: &str) {
        self.html += &format!("<bdi class=\"mention\">{sign}{}</bdi>", escape(name));
    }
}

#[cfg(test)]
mod tests {
    use rand::rngs::StdRng;
    use rand::seq::IndexedRandom;
    use rand::{Rng, SeedableRng};
    use teahouse_protocol::UserId;

    use super::*;

    /// All that a text may become; what varies in it is checked by itself.
    const TAGS: [&str; 15] = [
        "p dir=\"auto\"",
        "p",
        "strong",
        "em",
        "s",
        "pre",
        "code",
        "blockquote",
        "ul",
        "li",
        "ol",
        "span class=\"spoiler\" tabindex=\"0\"",
        "span",
        "bdi class=\"mention\"",
        "bdi",
    ];

    /// What a text could try to get out with.
    const PIECES: [&str; 40] = [
        "<",
        ">",
        "\"",
        "'",
        "&",
        "&lt;",
        "/",
        "=",
        " ",
        "\n",
        "\n\n",
        "<script>",
        "</p>",
        "<img src=x onerror=",
        "<!--",
        "]]>",
        "\" onclick=\"",
        "[",
        "](",
        ")",
        "](javascript:alert(1))",
        "https://a.test/",
        "http://b.test/\"x",
        "mailto:a@b.test",
        "javascript:",
        "data:text/html,",
        "**",
        "*",
        "~~",
        "||",
        "`",
        "```\n",
        "> ",
        "- ",
        "1. ",
        "# ",
        "<@here>",
        "<@00000000-0000-4000-8000-000000000007>",
        "<#a\">",
        "茶",
    ];

    fn shown(source: &str) -> String {
        let id = UserId::from_bytes([7; 16]);
        text(source, &[Person::new(id, "<b> \"Bo\"".into(), None)])
    }

    /// Says what is wrong with it, if anything is.
    fn check(html: &str) -> Result<(), String> {
        let mut open: Vec<&str> = Vec::new();
        let mut rest = html;
        while let Some(at) = rest.find(['<', '>']) {
            let tag = rest[at..].strip_prefix('<').ok_or("a > outside of a tag")?;
            let (tag, after) = tag.split_once('>').ok_or("a tag without an end")?;
            rest = after;
            if let Some(name) = tag.strip_prefix('/') {
                if open.pop() != Some(name) {
                    return Err(format!("</{name}> ends nothing"));
                }
                continue;
            }
            open.push(tag.split(' ').next().unwrap_or_default());
            if !TAGS.contains(&tag) && !is_link(tag) && !is_start(tag) {
                return Err(format!("<{tag}>"));
            }
        }
        if open.is_empty() { Ok(()) } else { Err(format!("{open:?} have no end")) }
    }

    fn is_link(tag: &str) -> bool {
        let quoted: Vec<&str> = tag.split('"').collect();
        let ["a href=", href, " title=", title, " rel=", "noopener noreferrer nofollow", ""] = quoted[..]
        else {
            return false;
        };
        href == title && SCHEMES.iter().any(|scheme| href.starts_with(scheme))
    }

    fn is_start(tag: &str) -> bool {
        let number = tag.strip_prefix("ol start=\"").and_then(|tag| tag.strip_suffix('"'));
        number.is_some_and(|number| number.parse::<u32>().is_ok())
    }

    #[test]
    fn every_element_is_shown() {
        let id = UserId::from_bytes([7; 16]);
        for (source, html) in [
            ("**b** *i* ~~s~~ `c`", "<strong>b</strong> <em>i</em> <s>s</s> <code>c</code>"),
            ("||who||", "<span class=\"spoiler\" tabindex=\"0\">who</span>"),
            (&format!("<@{id}>"), "<bdi class=\"mention\">@&lt;b&gt; &quot;Bo&quot;</bdi>"),
            ("<@room> <#a-room>", "<bdi class=\"mention\">@room</bdi> <bdi class=\"mention\">#a-room</bdi>"),
            (
                "[tea](https://t.test/?a&b)",
                "title=\"https://t.test/?a&amp;b\" rel=\"noopener noreferrer nofollow\">tea</a>",
            ),
            ("> q", "<blockquote><p dir=\"auto\">q</p></blockquote>"),
            ("- one\n- two", "<ul><li><p dir=\"auto\">one</p></li><li><p dir=\"auto\">two</p></li></ul>"),
            ("7. one", "<ol start=\"7\"><li>"),
            ("```rust\n<T> & \"x\"\n```", "<pre><code>&lt;T&gt; &amp; &quot;x&quot;</code></pre>"),
            ("a :tea: b", "a :tea: b"),
        ] {
            let made = shown(source);
            assert!(made.contains(html), "{source}: {made}");
            check(&made).unwrap_or_else(|wrong| panic!("{source}: {wrong} in {made}"));
        }
    }

    #[test]
    fn no_address_leads_elsewhere_than_the_web_and_mail() {
        for href in [
            "javascript:alert(1)",
            "JAVASCRIPT:x",
            "data:text/html,x",
            "//x.test",
            "file:///etc",
            " https://x",
        ] {
            let mut made = Shown { people: &[], html: String::new() };
            made.link(href, &[Inline::Text("press".into())]);
            assert_eq!(made.html, "press", "{href}");
        }
    }

    #[test]
    fn no_text_puts_an_element_or_an_attribute_into_the_page() {
        let mut random = StdRng::seed_from_u64(20);
        for round in 0..20_000 {
            let count = random.random_range(1..14);
            let source: String = (0..count).map(|_| *PIECES.choose(&mut random).unwrap()).collect();
            let made = shown(&source);
            check(&made).unwrap_or_else(|wrong| panic!("round {round}, {source:?}: {wrong} in {made}"));
        }
        // The check itself finds what it is for.
        for wrong in [
            "<script>",
            "<p onclick=\"x\">",
            "</p>",
            "<p dir=\"auto\">",
            "a > b",
            "<a href=\"javascript:x\">",
        ] {
            assert!(check(wrong).is_err(), "{wrong}");
        }
    }
}
