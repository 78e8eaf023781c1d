//! Every address of the server, who may ask it, and what answers: the router is made of these rows, so that there
//! is no address beside them. Whether somebody may is asked where it is answered; a test walks the rows and
//! compares.

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{MethodRouter, any, delete, get, patch, post, put};

use super::{
    admin, admin_house, admin_people, calls, door, exchange, export, files, me, members, messages, nothing,
    oidc, one, people, push, ready, reports, rooms, search, signin, upgrade, uploads,
};
use crate::node::Node;
use crate::people::picture;
use crate::web;

/// Who may ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum May {
    /// Everybody.
    Anybody,
    /// Whoever may look on: in an open house everybody, else who is somebody there.
    LetIn,
    /// Whoever is somebody in the house. What else they need is a matter of the room or the person.
    Somebody,
    /// The house's moderators and its owner.
    Moderator,
    /// The owner.
    Owner,
}

/// An address, and who may ask it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// The method.
    pub method: &'static str,
    /// The address; what stands in braces is another one each time.
    pub path: &'static str,
    /// Who.
    pub may: May,
    /// Most bytes of its body, if that is not what most have.
    pub body_bytes_max: Option<usize>,
}

impl Row {
    /// Whether it changes something: then who shows a cookie shows the header of a page as well.
    #[must_use]
    pub fn changes(&self) -> bool {
        self.method != "GET"
    }
}

/// A row, and what answers.
type Answered = (Row, MethodRouter<Arc<Node>>);

/// Rows of one table: who may, the method, the address, what answers.
macro_rules! rows {
    ($($may:ident $method:ident $path:literal $handler:expr;)*) => {
        vec![$((
            Row { method: method(stringify!($method)), path: $path, may: May::$may, body_bytes_max: None },
            $method($handler),
        )),*]
    };
}

/// Every address and who may ask it.
#[must_use]
pub fn table() -> Vec<Row> {
    all().into_iter().map(|(row, _)| row).collect()
}

/// The router of all rows, whose bodies have so many bytes at most.
pub(super) fn router(body_bytes_max: usize) -> Router<Arc<Node>> {
    let router = all().into_iter().fold(Router::new(), |router, (row, answer)| {
        let most = row.body_bytes_max.unwrap_or_default().max(body_bytes_max);
        router.route(row.path, answer.layer(DefaultBodyLimit::max(most)))
    });
    router.route("/v1/{*rest}", any(nothing)).fallback(web::app)
}

fn method(name: &str) -> &'static str {
    match name {
        "get" => "GET",
        "post" => "POST",
        "put" => "PUT",
        "patch" => "PATCH",
        _ => "DELETE",
    }
}

fn all() -> Vec<Answered> {
    [travel(), coming_in(), oneself(), in_rooms(), of_files(), keeping_order(), owning()]
        .into_iter()
        .flatten()
        .collect()
}

/// Messages, and what is not of people.
fn travel() -> Vec<Answered> {
    rows![
        Anybody get "/healthz" async || "ok";
        Anybody get "/readyz" ready;
        Anybody get "/index" web::plain_page;
        Anybody get "/static/{file}" web::plain_file;
        Anybody get "/v1/ws" upgrade::lines;
        Anybody get "/chat" upgrade::plain;
        Anybody get "/echo" upgrade::echo;
        LetIn post "/v1/stream" exchange::stream;
        LetIn post "/v1/poll" exchange::poll;
        Somebody post "/v1/send" exchange::send;
        Somebody get "/v1/costs" one::costs;
        Somebody get "/v1/search" search::find;
        LetIn get "/v1/rooms/{room}/stream" one::stream;
        LetIn get "/v1/rooms/{room}/poll" one::poll;
        LetIn get "/v1/rooms/{room}/messages" one::messages;
        LetIn post "/v1/rooms/{room}/messages" one::speak;
    ]
}

/// The door.
fn coming_in() -> Vec<Answered> {
    rows![
        Anybody get "/v1/house" signin::house;
        LetIn post "/v1/guests" signin::guest;
        Anybody post "/v1/setup" signin::setup;
        Anybody post "/v1/signin" signin::password;
        Anybody post "/v1/signin/passkey/begin" signin::begin_passkey;
        Anybody post "/v1/signin/passkey" signin::passkey;
        Anybody post "/v1/signin/code" signin::code;
        Anybody post "/v1/signin/reset" signin::reset;
        Anybody get "/v1/signin/oidc" oidc::away;
        Anybody get "/v1/signin/oidc/back" oidc::back;
        Anybody post "/v1/signout" signin::out;
    ]
}

fn oneself() -> Vec<Answered> {
    let mut rows = rows![
        Somebody get "/v1/me" me::me;
        Somebody patch "/v1/me" me::change;
        Somebody delete "/v1/me" me::erase;
        Somebody put "/v1/me/picture" me::put_picture;
        Somebody delete "/v1/me/picture" me::delete_picture;
        Somebody put "/v1/me/password" me::password;
        Somebody post "/v1/me/passkeys/begin" me::begin_passkey;
        Somebody post "/v1/me/passkeys" me::add_passkey;
        Somebody delete "/v1/me/passkeys/{id}" me::remove_passkey;
        Somebody get "/v1/me/signins" me::sign_ins;
        Somebody delete "/v1/me/signins/{id}" me::end_sign_in;
        Somebody post "/v1/me/code" me::code;
        Somebody get "/v1/me/export" me::export;
        Somebody get "/v1/me/hidden" me::hidden;
        Somebody put "/v1/me/hidden/{id}" me::hide;
        Somebody delete "/v1/me/hidden/{id}" me::unhide;
        Somebody get "/v1/me/calls" calls::list;
        Somebody post "/v1/me/calls/read" calls::read;
        Somebody get "/v1/me/notifications" calls::wishes;
        Somebody patch "/v1/me/notifications" calls::change;
        Anybody get "/v1/push" push::key;
        Somebody put "/v1/me/push" push::on;
        Somebody delete "/v1/me/push" push::off;
        Somebody post "/v1/me/push/test" push::test;
        Somebody get "/v1/people/{id}" people::card;
        Anybody get "/v1/people/{id}/picture" me::picture;
    ];
    for (row, _) in rows.iter_mut().filter(|(row, _)| (row.method, row.path) == ("PUT", "/v1/me/picture")) {
        row.body_bytes_max = Some(picture::BYTES_MAX + 1);
    }
    rows
}

fn in_rooms() -> Vec<Answered> {
    rows![
        LetIn get "/v1/rooms" rooms::list;
        Somebody post "/v1/rooms" rooms::make;
        LetIn get "/v1/rooms/{room}" door::look;
        Somebody patch "/v1/rooms/{room}" rooms::change;
        Somebody post "/v1/rooms/{room}/join" rooms::join;
        Somebody post "/v1/rooms/{room}/leave" rooms::leave;
        Somebody put "/v1/rooms/{room}/level" rooms::level;
        Somebody get "/v1/rooms/{room}/export" export::room;
        Somebody get "/v1/rooms/{room}/people" members::people;
        Somebody put "/v1/rooms/{room}/people/{person}" members::add;
        Somebody delete "/v1/rooms/{room}/people/{person}" members::remove;
        Somebody put "/v1/rooms/{room}/bans/{person}" members::ban;
        Somebody delete "/v1/rooms/{room}/bans/{person}" members::unban;
        Somebody put "/v1/rooms/{room}/mutes/{person}" members::mute;
        Somebody delete "/v1/rooms/{room}/mutes/{person}" members::unmute;
        Somebody get "/v1/rooms/{room}/invites" members::invites;
        Somebody post "/v1/rooms/{room}/invites" members::invite;
        LetIn get "/v1/rooms/{room}/at" messages::at;
        LetIn get "/v1/rooms/{room}/pins" messages::pins;
        Somebody put "/v1/rooms/{room}/pins/{seq}" messages::pin;
        Somebody delete "/v1/rooms/{room}/pins/{seq}" messages::unpin;
        Somebody patch "/v1/rooms/{room}/messages/{seq}" messages::edit;
        Somebody delete "/v1/rooms/{room}/messages/{seq}" messages::delete;
        LetIn get "/v1/rooms/{room}/messages/{seq}/replies" messages::replies;
        Somebody get "/v1/rooms/{room}/messages/{seq}/versions" messages::versions;
        Somebody put "/v1/rooms/{room}/messages/{seq}/reactions/{emoji}" messages::react;
        Somebody delete "/v1/rooms/{room}/messages/{seq}/reactions/{emoji}" messages::take_back;
        Somebody post "/v1/rooms/{room}/messages/{seq}/report" reports::report;
        Anybody get "/v1/invites/{invite}" members::look_at_invite;
        Somebody post "/v1/invites/{invite}" members::use_invite;
        Somebody delete "/v1/invites/{invite}" members::end_invite;
    ]
}

/// Files: on their way in by tus 1.0.0, and out. Who asks with HEAD is answered as with GET.
fn of_files() -> Vec<Answered> {
    rows![
        Somebody get "/v1/files" uploads::limits;
        Somebody post "/v1/files" uploads::begin;
        Somebody get "/v1/files/{id}" uploads::state;
        Somebody patch "/v1/files/{id}" uploads::receive;
        Somebody delete "/v1/files/{id}" uploads::take_back;
        Somebody get "/v1/files/{id}/about" uploads::about;
        Somebody patch "/v1/files/{id}/about" uploads::describe;
        LetIn get "/v1/files/{id}/thumb" files::thumb;
        LetIn get "/v1/files/{id}/{name}" files::whole;
    ]
}

fn keeping_order() -> Vec<Answered> {
    rows![
        Moderator get "/v1/admin/now" admin_house::now;
        Moderator get "/v1/admin/people" admin_people::list;
        Moderator post "/v1/admin/people/{id}/reset" admin_people::reset;
        Moderator post "/v1/admin/people/{id}/signout" admin_people::sign_out;
        Moderator delete "/v1/admin/people/{id}/messages" admin_people::remove_all;
        Moderator get "/v1/admin/bans" admin::bans;
        Moderator post "/v1/admin/bans" admin::ban;
        Moderator delete "/v1/admin/bans/{id}" admin::lift;
        Moderator get "/v1/admin/reports" reports::list;
        Moderator post "/v1/admin/reports/{id}" reports::decide;
        Moderator get "/v1/admin/audit" admin::audit;
        Moderator get "/v1/admin/rooms" admin_house::rooms;
        Moderator get "/v1/admin/invites" admin_house::invites;
        Moderator get "/v1/admin/settings" admin_house::settings;
    ]
}

fn owning() -> Vec<Answered> {
    rows![
        Owner post "/v1/admin/people" admin_people::make;
        Owner patch "/v1/admin/people/{id}" admin_people::give_role;
        Owner delete "/v1/admin/people/{id}" admin_people::erase;
        Owner patch "/v1/admin/settings" admin_house::change_settings;
    ]
}
