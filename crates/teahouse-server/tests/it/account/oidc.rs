//! Signing in with a provider, and everything that is refused on the way.

use serde_json::{Value, json};
use teahouse_server::config::{Given, Secret};

use super::provider::{CLIENT, Lie, Provider, SECRET, Signs, Them};
use super::{Page, check, told_anew};
use crate::kit::{Answer, Ask, House, On, on_every_store};

on_every_store!(who_is_new_becomes_a_member_and_comes_again, a_guest_claims_their_name_with_a_provider);

const ADA: Them = Them { subject: "248289761001", name: Some("Ada Lovelace"), username: "ada" };
const BO: Them = Them { subject: "2", name: None, username: "bo" };

async fn open(on: On, signs: Signs) -> (House, Provider) {
    let provider = Provider::start(signs).await;
    let given = Given {
        oidc_issuer: Some(provider.issuer()),
        oidc_client_id: Some(CLIENT.into()),
        oidc_client_secret: Some(Secret(SECRET.into())),
        oidc_name: Some("Tea Guild".into()),
        ..Given::default()
    };
    let house = House::open_with(on, given).await;
    provider.register(&format!("http://{}/v1/signin/oidc/back", house.address));
    (house, provider)
}

/// Goes to the provider: its page, and the cookie that the browser carries meanwhile.
async fn leaves(house: &House, page: &Page<'_>, to: &str) -> (String, String) {
    let away = page.request("GET", &format!("/v1/signin/oidc?to={to}")).of(house).await;
    assert_eq!((away.status, away.header("cache-control")), (303, Some("no-store")), "{away:?}");
    let (browser, said) = away.cookie("teahouse-oidc").unwrap();
    assert!(said.contains("HttpOnly; SameSite=Lax") && said.contains("Path=/v1/signin/oidc"), "{said}");
    (away.header("location").unwrap().to_owned(), format!("teahouse-oidc={browser}"))
}

/// Comes back by that address.
async fn returns(house: &House, page: &Page<'_>, back: &url::Url, browser: &str) -> Answer {
    let path = format!("{}?{}", back.path(), back.query().unwrap());
    let cookies = [browser, &page.cookie].join("; ");
    Ask::get(&path).with("cookie", &cookies).of(house).await
}

/// All of it.
async fn signs_in(house: &House, provider: &Provider, page: &Page<'_>, them: Them) -> Answer {
    let (away, browser) = leaves(house, page, "/r/garden").await;
    returns(house, page, &provider.authorize(&away, them), &browser).await
}

async fn who_is_new_becomes_a_member_and_comes_again(on: On) {
    for signs in [Signs::Rs256, Signs::Es256] {
        let (house, provider) = open(on, signs).await;
        let door = Ask::get("/v1/house").of(&house).await.json();
        assert_eq!(door["oidc"], json!({"name": "Tea Guild"}));
        let mut people = Vec::new();
        for _ in 0..2 {
            let mut page = Page::new(&house);
            let back = signs_in(&house, &provider, &page, ADA).await;
            assert_eq!((back.status, back.header("location")), (303, Some("/r/garden")), "{back:?}");
            assert_eq!(back.cookie("teahouse-oidc").unwrap().0, "");
            page.took(&back);
            people.push(page.get("/v1/me").await);
        }
        assert_eq!(people[0]["you"], people[1]["you"]);
        let you = &people[0]["you"];
        assert_eq!((&you["name"], &you["role"]), (&json!("Ada Lovelace"), &json!("member")));
        assert_eq!((&people[0]["oidc"], &people[0]["has_password"]), (&json!(true), &json!(false)));
        // Somebody else of the same name is called otherwise.
        let mut page = Page::new(&house);
        page.took(&signs_in(&house, &provider, &page, Them { subject: "3", ..ADA }).await);
        let other = page.get("/v1/me").await["you"].clone();
        assert_eq!(other["name"], "ada");
        page = Page::new(&house);
        page.took(&signs_in(&house, &provider, &page, Them { subject: "4", ..ADA }).await);
        assert_eq!(page.get("/v1/me").await["you"]["name"], "Ada Lovelace 2");
    }
}

async fn a_guest_claims_their_name_with_a_provider(on: On) {
    let (house, provider) = open(on, Signs::Es256).await;
    let mut guest = Page::guest(&house, "Lin").await;
    let mut socket = guest.enters().await;
    guest.took(&signs_in(&house, &provider, &guest, BO).await);
    let me = guest.get("/v1/me").await;
    assert_eq!((&me["you"]["id"], &me["you"]["name"]), (&guest.you["id"], &json!("Lin")));
    assert_eq!(me["you"]["role"], "member");
    assert_eq!(told_anew(&mut socket).await, me["you"]);
    // Another person at the same browser is not linked to the member who is signed in there.
    let mut other = Page { cookie: guest.cookie.clone(), ..Page::new(&house) };
    other.took(&signs_in(&house, &provider, &other, ADA).await);
    let other = other.get("/v1/me").await["you"].clone();
    assert!(other["id"] != guest.you["id"] && other["name"] == "Ada Lovelace", "{other}");
    // Nor does a guest become somebody who is known already.
    let mut again = Page::guest(&house, "Passing").await;
    again.took(&signs_in(&house, &provider, &again, BO).await);
    assert_eq!(again.get("/v1/me").await["you"]["id"], guest.you["id"]);
}

#[tokio::test]
async fn what_the_provider_did_not_say_is_refused() {
    for signs in [Signs::Rs256, Signs::Es256] {
        let (house, provider) = open(On::Sqlite, signs).await;
        let lies = [
            Lie::Nonce,
            Lie::Audience,
            Lie::Issuer,
            Lie::Expired,
            Lie::Signature,
            Lie::Unsigned,
            Lie::Secret,
            Lie::NoToken,
        ];
        for lie in lies {
            provider.lies(lie);
            let back = signs_in(&house, &provider, &Page::new(&house), ADA).await;
            assert_eq!((back.status, &*back.code()), (403, "forbidden"), "{lie:?}: {back:?}");
            assert!(back.cookie("teahouse").is_none(), "{lie:?}");
        }
        provider.lies(Lie::None);
        assert_eq!(signs_in(&house, &provider, &Page::new(&house), ADA).await.status, 303);
    }
}

#[tokio::test]
async fn nobody_comes_back_twice_or_in_anothers_place() {
    let (house, provider) = open(On::Sqlite, Signs::Es256).await;
    let (ada, eve) = (Page::new(&house), Page::new(&house));
    let (away, browser) = leaves(&house, &ada, "/").await;
    let (_, other) = leaves(&house, &eve, "/").await;
    let back = provider.authorize(&away, ADA);
    // Another browser, and one without a cookie: the state is used up by either.
    check(&returns(&house, &eve, &back, &other).await, 403, "forbidden", None);
    check(&returns(&house, &ada, &back, &browser).await, 403, "forbidden", None);
    let (away, browser) = leaves(&house, &ada, "/").await;
    check(&returns(&house, &ada, &provider.authorize(&away, ADA), "").await, 403, "forbidden", None);
    let (away, browser_) = leaves(&house, &ada, "/").await;
    let back = provider.authorize(&away, ADA);
    assert_eq!(returns(&house, &ada, &back, &browser_).await.status, 303);
    check(&returns(&house, &ada, &back, &browser_).await, 403, "forbidden", None);
    // A state or a code that nobody gave, and a provider that says no.
    let (away, _) = leaves(&house, &ada, "/").await;
    let mut made_up = provider.authorize(&away, ADA);
    made_up.set_query(Some("code=x&state=made-up"));
    check(&returns(&house, &ada, &made_up, &browser).await, 403, "forbidden", None);
    let (away, browser) = leaves(&house, &ada, "/").await;
    let state = provider.authorize(&away, ADA);
    let state = state.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
    made_up.set_query(Some(&format!("code=x&state={state}")));
    check(&returns(&house, &ada, &made_up, &browser).await, 403, "forbidden", None);
    made_up.set_query(Some("error=access_denied&state=x"));
    check(&returns(&house, &ada, &made_up, &browser).await, 403, "forbidden", None);
}

#[tokio::test]
async fn nobody_is_sent_to_another_site() {
    let (house, provider) = open(On::Sqlite, Signs::Es256).await;
    for to in ["https://evil.example", "//evil.example", "/%5Cevil.example"] {
        let (away, browser) = leaves(&house, &Page::new(&house), to).await;
        let back = returns(&house, &Page::new(&house), &provider.authorize(&away, ADA), &browser).await;
        assert_eq!((back.status, back.header("location")), (303, Some("/")), "{to}");
    }
}

#[tokio::test]
async fn a_new_key_of_the_provider_is_asked_for() {
    let (house, provider) = open(On::Sqlite, Signs::Es256).await;
    assert_eq!(signs_in(&house, &provider, &Page::new(&house), ADA).await.status, 303);
    let asked = provider.keys_asked();
    assert_eq!(signs_in(&house, &provider, &Page::new(&house), ADA).await.status, 303);
    assert_eq!(provider.keys_asked(), asked, "what it says of itself is remembered");
    provider.renew_key();
    assert_eq!(signs_in(&house, &provider, &Page::new(&house), ADA).await.status, 303);
}

#[tokio::test]
async fn without_a_provider_there_is_none() {
    let house = House::open(On::Sqlite).await;
    for path in ["/v1/signin/oidc", "/v1/signin/oidc/back?state=a&code=b"] {
        check(&Ask::get(path).of(&house).await, 404, "not_found", None);
    }
    assert_eq!(Ask::get("/v1/house").of(&house).await.json()["oidc"], Value::Null);
    // One that does not answer is told, and stops nobody else.
    let given = Given {
        oidc_issuer: Some("http://127.0.0.1:9".into()),
        oidc_client_id: Some(CLIENT.into()),
        ..Given::default()
    };
    let house = House::open_with(On::Sqlite, given).await;
    assert_eq!(Ask::get("/v1/signin/oidc").of(&house).await.status, 500);
    Page::guest(&house, "Ada").await;
}
