//! The ceremonies of passkeys (W3C Web Authentication, level 3), as far as they need no store: what the
//! browser is asked, and whether its answer is right. `webauthn_rp` does the checking.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use teahouse_protocol::{Person, UserId};
use webauthn_rp::bin::{Decode, Encode};
use webauthn_rp::request::auth::AuthenticationVerificationOptions;
use webauthn_rp::request::register::{
    PublicKeyCredentialUserEntity, RegistrationVerificationOptions, UserHandle16, Username,
};
use webauthn_rp::request::{AsciiDomain, PublicKeyCredentialDescriptor, RpId};
use webauthn_rp::response::register::{CompressedPubKey, DynamicState, StaticState};
use webauthn_rp::response::{AuthTransports, CredentialId};
use webauthn_rp::{
    AuthenticatedCredential, DiscoverableAuthentication16, DiscoverableAuthenticationServerState,
    DiscoverableCredentialRequestOptions, PublicKeyCredentialCreationOptions, Registration,
    RegistrationServerState,
};

/// Where a ceremony takes place: the origin of the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Site(String);

/// What the browser is asked, and what has to be remembered until it answers.
pub(super) struct Asked {
    /// In the JSON form of Web Authentication.
    pub(super) options: Value,
    /// Who answers must have been asked this.
    pub(super) state: String,
}

/// A passkey that was made.
pub(super) struct Made {
    /// What tells it from others.
    pub(super) id: Vec<u8>,
    /// What its next use is checked with.
    pub(super) credential: String,
}

/// The answer of somebody who signs in.
pub(super) struct Assertion(DiscoverableAuthentication16);

impl Site {
    /// The place of that origin, if passkeys can be bound to it.
    pub(super) fn of(origin: &str) -> Option<Self> {
        let site = Self(origin.to_ascii_lowercase());
        site.relying_party().map(|_| site)
    }

    /// The origin.
    pub(super) fn origin(&self) -> &str {
        &self.0
    }

    /// The host alone: passkeys of one port are good on another.
    fn relying_party(&self) -> Option<RpId> {
        let url = url::Url::parse(&self.0).ok()?;
        let domain = AsciiDomain::try_from(url.domain()?.to_owned()).ok()?;
        Some(RpId::Domain(domain))
    }
}

/// Asks for a new passkey of that person, who has these already.
pub(super) fn ask_new(site: &Site, person: &Person, known: Vec<Vec<u8>>) -> Option<Asked> {
    let (rp, user) = (site.relying_party()?, handle(person.id)?);
    let entity = PublicKeyCredentialUserEntity {
        // A name that the library's profile (RFC 8265) does not take is replaced by the id.
        name: Username::try_from(&*person.name)
            .or_else(|_| Username::try_from(person.id.to_string()))
            .ok()?,
        id: &user,
        display_name: None,
    };
    let known = known.into_iter().filter_map(|id| {
        let id = CredentialId::<Vec<u8>>::decode(id).ok()?;
        Some(PublicKeyCredentialDescriptor { id, transports: AuthTransports::decode(0).ok()? })
    });
    let options = PublicKeyCredentialCreationOptions::passkey(&rp, entity, known.collect());
    let (server, client) = options.start_ceremony().ok()?;
    let state = URL_SAFE_NO_PAD.encode(server.encode().ok()?);
    Some(Asked { options: options_in(serde_json::to_value(client).ok()?), state })
}

/// The new passkey, if the answer is to what was asked.
pub(super) fn made(site: &Site, state: &str, answer: &[u8]) -> Option<Made> {
    let state = URL_SAFE_NO_PAD.decode(state).ok()?;
    let state = RegistrationServerState::<16>::decode(state.as_slice()).ok()?;
    let answer = Registration::from_json_relaxed(answer).ok()?;
    let options = RegistrationVerificationOptions::<&str, &str> {
        allowed_origins: &[site.origin()],
        // Authenticators say more than they were asked.
        error_on_unsolicited_extensions: false,
        ..Default::default()
    };
    let made = state.verify(&site.relying_party()?, &answer, &options);
    let made = made.inspect_err(|error| tracing::debug!("a passkey was not made: {error}")).ok()?;
    let kept = made.static_state().encode().ok()?;
    let credential = credential(&kept, made.dynamic_state())?;
    Some(Made { id: made.id().as_ref().to_vec(), credential })
}

/// Asks for any passkey of this house.
pub(super) fn ask_known(site: &Site) -> Option<Asked> {
    let rp = site.relying_party()?;
    let (server, client) = DiscoverableCredentialRequestOptions::passkey(&rp).start_ceremony().ok()?;
    let state = URL_SAFE_NO_PAD.encode(server.encode().ok()?);
    Some(Asked { options: options_in(serde_json::to_value(client).ok()?), state })
}

impl Assertion {
    /// The answer, if it can be read.
    pub(super) fn read(answer: &[u8]) -> Option<Self> {
        DiscoverableAuthentication16::from_json_relaxed(answer).ok().map(Self)
    }

    /// Which passkey it is of.
    pub(super) fn passkey(&self) -> Vec<u8> {
        self.0.raw_id().as_ref().to_vec()
    }

    /// Whether it is right for what was asked and what is known of the passkey; then what is to be known of
    /// it from now on.
    pub(super) fn check(&self, site: &Site, state: &str, owner: UserId, kept: &str) -> Option<String> {
        let state = URL_SAFE_NO_PAD.decode(state).ok()?;
        let state = DiscoverableAuthenticationServerState::decode(state.as_slice()).ok()?;
        let (fixed, changing) = kept.split_once('.')?;
        let fixed = URL_SAFE_NO_PAD.decode(fixed).ok()?;
        let changing: [u8; 7] = URL_SAFE_NO_PAD.decode(changing).ok()?.try_into().ok()?;
        let key =
            StaticState::<CompressedPubKey<[u8; 32], [u8; 32], [u8; 48], Vec<u8>>>::decode(&fixed).ok()?;
        let changing = DynamicState::decode(changing).ok()?;
        let user = handle(owner)?;
        let mut known = AuthenticatedCredential::new(self.0.raw_id(), &user, key, changing).ok()?;
        let options = AuthenticationVerificationOptions::<&str, &str> {
            allowed_origins: &[site.origin()],
            error_on_unsolicited_extensions: false,
            ..Default::default()
        };
        let checked = state.verify(&site.relying_party()?, &self.0, &mut known, &options);
        checked.inspect_err(|error| tracing::debug!("a passkey was refused: {error}")).ok()?;
        credential(&fixed, known.dynamic_state())
    }
}

/// A passkey as it is kept: what never changes, and what does.
fn credential(fixed: &[u8], changing: DynamicState) -> Option<String> {
    let changing = changing.encode().ok()?;
    Some(format!("{}.{}", URL_SAFE_NO_PAD.encode(fixed), URL_SAFE_NO_PAD.encode(changing)))
}

fn handle(person: UserId) -> Option<UserHandle16> {
    UserHandle16::decode(*person.as_bytes()).ok()
}

/// The options alone: how they are asked for is the page's.
fn options_in(mut asked: Value) -> Value {
    match asked.get_mut("publicKey") {
        Some(options) => options.take(),
        None => asked,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_passkey_is_bound_to_a_host_name() {
        for origin in ["https://chat.example", "http://localhost:8888", "https://Chat.Example:444"] {
            assert!(Site::of(origin).is_some(), "{origin}");
        }
        for origin in ["http://127.0.0.1:8888", "https://[::1]", "null", "", "chat.example"] {
            assert_eq!(Site::of(origin), None, "{origin}");
        }
        assert_eq!(Site::of("https://Chat.Example:444").unwrap().origin(), "https://chat.example:444");
    }

    #[test]
    fn every_name_can_have_a_passkey() {
        let site = Site::of("https://chat.example").unwrap();
        for name in ["Ada", "林晓", "Grüße 🍵", "A  b"] {
            let person = Person::new(UserId::from_bytes([7; 16]), name.into(), None);
            let asked = ask_new(&site, &person, vec![vec![1; 32]]).unwrap();
            assert_eq!(asked.options["rp"]["id"], "chat.example", "{}", asked.options);
            assert_eq!(asked.options["authenticatorSelection"]["residentKey"], "required");
            assert_eq!(asked.options["excludeCredentials"].as_array().unwrap().len(), 1);
        }
        assert_eq!(ask_known(&site).unwrap().options["rpId"], "chat.example");
    }
}
