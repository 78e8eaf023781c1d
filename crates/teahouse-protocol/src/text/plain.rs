//! What a text says without its marks: for notifications, search, terminals, and whoever listens.

use super::block::parse;
use super::tree::{Block, Calls, Inline, Mention};

/// What stands for hidden text, as long as nobody asked for it.
const COVER: &str = "▒▒▒";

/// What a text says without its marks; hidden parts stay covered. `name` knows what is mentioned; who is
/// unknown is `@?`, a room is its id.
#[must_use]
pub fn plain(text: &str, name: &dyn Fn(Mention<'_>) -> Option<String>) -> String {
    Plain { name, covers: true, said: String::new() }.of(text)
}

/// As [`plain`], with the hidden parts: for what nobody is shown, like an index.
#[must_use]
pub fn uncovered(text: &str, name: &dyn Fn(Mention<'_>) -> Option<String>) -> String {
    Plain { name, covers: false, said: String::new() }.of(text)
}

/// Whom a text calls, and which rooms it names.
#[must_use]
pub fn calls(text: &str) -> Calls {
    let mut calls = Calls::default();
    // Most texts call nobody, and need no tree to say so.
    if text.contains("<@") || text.contains("<#") {
        gather(&parse(text), &mut calls);
    }
    calls
}

fn gather(blocks: &[Block], calls: &mut Calls) {
    for block in blocks {
        match block {
            Block::Paragraph(inside) | Block::Heading(inside) => gather_inline(inside, calls),
            Block::Code { .. } => {}
            Block::Quote(inside) => gather(inside, calls),
            Block::Bullets(items) | Block::Numbers { items, .. } => {
                items.iter().for_each(|item| gather(item, calls));
            }
        }
    }
}

fn gather_inline(inlines: &[Inline], calls: &mut Calls) {
    for inline in inlines {
        match inline {
            Inline::Text(_) | Inline::Code(_) | Inline::Emoji(_) => {}
            Inline::Bold(inside)
            | Inline::Italic(inside)
            | Inline::Struck(inside)
            | Inline::Hidden(inside) => {
                gather_inline(inside, calls);
            }
            Inline::Link { inside, .. } => gather_inline(inside, calls),
            Inline::Person(id) if !calls.people.contains(id) => calls.people.push(*id),
            Inline::Room(id) if !calls.rooms.contains(id) => calls.rooms.push(id.clone()),
            Inline::Person(_) | Inline::Room(_) => {}
            Inline::Everybody(super::Whom::Here) => calls.here = true,
            Inline::Everybody(super::Whom::Room) => calls.room = true,
        }
    }
}

struct Plain<'a> {
    name: &'a dyn Fn(Mention<'_>) -> Option<String>,
    covers: bool,
    said: String,
}

impl Plain<'_> {
    fn of(mut self, text: &str) -> String {
        // Without a sign that means something the text is what it says, with every blank line.
        if !text.contains(['\\', '`', '*', '_', '~', '|', '<', '[', '#']) {
            return text.into();
        }
        self.blocks(&parse(text), "");
        self.said
    }

    /// Blocks below one another; each further line begins with `margin`.
    fn blocks(&mut self, blocks: &[Block], margin: &str) {
        for (at, block) in blocks.iter().enumerate() {
            if at > 0 {
                self.line(margin);
            }
            // What made them two was a blank line.
            if let (Some(Block::Paragraph(_)), Block::Paragraph(_)) =
                (at.checked_sub(1).map(|before| &blocks[before]), block)
            {
                self.line(margin);
            }
            self.block(block, margin);
        }
    }

    fn line(&mut self, margin: &str) {
        self.said.push('\n');
        self.said.push_str(margin);
    }

    fn block(&mut self, block: &Block, margin: &str) {
        match block {
            Block::Paragraph(inside) | Block::Heading(inside) => self.inlines(inside, margin),
            Block::Code { text, .. } => self.text(text, margin),
            Block::Quote(inside) => {
                self.said.push_str("> ");
                self.blocks(inside, &format!("{margin}> "));
            }
            Block::Bullets(items) => self.items(items.iter().map(|item| ("- ".to_owned(), item)), margin),
            Block::Numbers { first, items } => {
                self.items((*first..).map(|number| format!("{number}. ")).zip(items), margin);
            }
        }
    }

    fn items<'b>(&mut self, items: impl Iterator<Item = (String, &'b Vec<Block>)>, margin: &str) {
        for (at, (sign, item)) in items.enumerate() {
            if at > 0 {
                self.line(margin);
            }
            self.said.push_str(&sign);
            self.blocks(item, &format!("{margin}{}", " ".repeat(sign.len())));
        }
    }

    fn text(&mut self, text: &str, margin: &str) {
        for (at, line) in text.split('\n').enumerate() {
            if at > 0 {
                self.line(margin);
            }
            self.said.push_str(line);
        }
    }

    fn inlines(&mut self, inlines: &[Inline], margin: &str) {
        inlines.iter().for_each(|inline| self.inline(inline, margin));
    }

    fn inline(&mut self, inline: &Inline, margin: &str) {
        match inline {
            Inline::Text(text) => self.text(text, margin),
            Inline::Hidden(_) if self.covers => self.said.push_str(COVER),
            Inline::Bold(inside)
            | Inline::Italic(inside)
            | Inline::Struck(inside)
            | Inline::Hidden(inside) => {
                self.inlines(inside, margin);
            }
            Inline::Code(code) => self.said.push_str(code),
            Inline::Link { href, inside } => self.link(href, inside, margin),
            Inline::Person(id) => {
                self.mention('@', (self.name)(Mention::Person(*id)).as_deref().unwrap_or("?"))
            }
            Inline::Everybody(whom) => self.mention('@', whom.as_str()),
            Inline::Room(id) => {
                self.mention('#', (self.name)(Mention::Room(id)).as_deref().unwrap_or(id.as_str()));
            }
            Inline::Emoji(name) => {
                self.mention(':', name);
                self.said.push(':');
            }
        }
    }

    fn mention(&mut self, sign: char, name: &str) {
        self.said.push(sign);
        self.said.push_str(name);
    }

    /// The address is said where the text is another.
    fn link(&mut self, href: &str, inside: &[Inline], margin: &str) {
        let from = self.said.len();
        self.inlines(inside, margin);
        if self.said.get(from..) != Some(href) {
            self.said.push_str(" (");
            self.said.push_str(href);
            self.said.push(')');
        }
    }
}
