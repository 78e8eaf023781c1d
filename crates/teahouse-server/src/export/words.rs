//! The words of an exported page, in the two languages of the house. Nothing else is said there but what people wrote.

use teahouse_protocol::{Act, Event, Kind};

/// The words of one language.
pub(super) struct Words {
    /// The language, for `lang`.
    pub(super) tag: &'static str,
    pub(super) deleted: &'static str,
    pub(super) edited: &'static str,
    pub(super) pinned: &'static str,
    /// Of what a message replies to.
    pub(super) gone: &'static str,
    pub(super) exported: fn(who: &str, when: &str) -> String,
    said: fn(&Event) -> String,
}

impl Words {
    pub(super) fn of(chinese: bool) -> &'static Self {
        if chinese { &ZH } else { &EN }
    }

    /// The line of an event that is no message.
    pub(super) fn line(&self, event: &Event) -> String {
        (self.said)(event)
    }
}

const EN: Words = Words {
    tag: "en",
    deleted: "Message deleted",
    edited: "(edited)",
    pinned: "pinned",
    gone: "The message is gone",
    exported: |who, when| format!("As {who} could read it on {when}."),
    said: english,
};

const ZH: Words = Words {
    tag: "zh-CN",
    deleted: "消息已删除",
    edited: "（已编辑）",
    pinned: "置顶",
    gone: "原消息已不在",
    exported: |who, when| format!("{who} 在 {when} 能读到的内容。"),
    said: chinese,
};

fn english(event: &Event) -> String {
    let by = &*event.by.name;
    match event.kind {
        Kind::Join => format!("{by} came in"),
        Kind::Leave if event.body.removed => format!("{by} was removed"),
        Kind::Leave => format!("{by} left"),
        Kind::Room => format!("{by} changed the room"),
        Kind::Pin if event.body.on == Some(false) => format!("{by} took down a pinned message"),
        Kind::Pin => format!("{by} pinned a message"),
        Kind::Moderation => {
            let Some(deed) = &event.body.deed else { return String::new() };
            let whom = &*deed.person.name;
            match deed.act {
                Act::Ban => format!("{by} sent {whom} out"),
                Act::Unban => format!("{by} let {whom} in again"),
                Act::Mute => format!("{by} muted {whom}"),
                Act::Unmute => format!("{by} let {whom} speak again"),
                Act::Moderator => format!("{by} made {whom} a moderator"),
                Act::Member => format!("{by} made {whom} a member"),
            }
        }
        _ => String::new(),
    }
}

fn chinese(event: &Event) -> String {
    let by = &*event.by.name;
    match event.kind {
        Kind::Join => format!("{by} 进来了"),
        Kind::Leave if event.body.removed => format!("{by} 被移出了房间"),
        Kind::Leave => format!("{by} 离开了"),
        Kind::Room => format!("{by} 修改了房间"),
        Kind::Pin if event.body.on == Some(false) => format!("{by} 取消了一条置顶"),
        Kind::Pin => format!("{by} 置顶了一条消息"),
        Kind::Moderation => {
            let Some(deed) = &event.body.deed else { return String::new() };
            let whom = &*deed.person.name;
            match deed.act {
                Act::Ban => format!("{by} 请 {whom} 出去了"),
                Act::Unban => format!("{by} 让 {whom} 可以再进来"),
                Act::Mute => format!("{by} 禁言了 {whom}"),
                Act::Unmute => format!("{by} 解除了 {whom} 的禁言"),
                Act::Moderator => format!("{by} 让 {whom} 当了管理员"),
                Act::Member => format!("{by} 让 {whom} 当回了成员"),
            }
        }
        _ => String::new(),
    }
}
