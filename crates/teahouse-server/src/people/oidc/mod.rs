//! Signing in with a provider (OpenID Connect Core 1.0, code flow with PKCE, state and nonce). What has to be
//! remembered until the browser comes back is a ticket, so that any node can take it; `openidconnect` checks.

use std::sync::Arc;
use std::time::{Duration, Instant};

use openidconnect::core::{
    CoreAuthenticationFlow, CoreClient, CoreClientAuthMethod, CoreIdToken, CoreIdTokenClaims,
    CoreJwsSigningAlgorithm as Alg, CoreProviderMetadata,
};
use openidconnect::{
    AuthType, AuthorizationCode, ClientId, ClientSecret, CsrfToken, IssuerUrl, Nonce, PkceCodeChallenge,
    PkceCodeVerifier, RedirectUrl, Scope, TokenResponse,
};
use serde::{Deserialize, Serialize};
use teahouse_protocol::frame::Error;
use teahouse_protocol::{ErrorCode, Person};

use super::guests::{checked, made_up};
use super::{People, Someone, Whence, hash, new_token};
use crate::clock::unix_ms;
use crate::config::Oidc;
use crate::outward::{self, Reach, Unanswered};
use crate::store::accounts;

/// How long somebody may take at the provider, in milliseconds.
const AWAY_MS: u64 = 10 * 60 * 1_000;
/// How long what the provider says of itself is believed.
const BELIEVED: Duration = Duration::from_secs(3_600);
/// The ways of signing that count: with a key that only the provider has.
const SIGNED: [Alg; 8] = [
    Alg::RsaSsaPkcs1V15Sha256,
    Alg::RsaSsaPkcs1V15Sha384,
    Alg::RsaSsaPkcs1V15Sha512,
    Alg::RsaSsaPssSha256,
    Alg::RsaSsaPssSha384,
    Alg::RsaSsaPssSha512,
    Alg::EcdsaP256Sha256,
    Alg::EcdsaP384Sha384,
];
/// Numbers that are tried behind a name that is taken.
const NUMBERS: std::ops::RangeInclusive<u32> = 2..=9;

const AWAY: &str = "oidc";

/// The provider of a house, and what it said of itself lately.
pub(super) struct Provider {
    config: Oidc,
    said: tokio::sync::Mutex<Option<(Instant, Arc<CoreProviderMetadata>)>>,
}

/// Asks the provider, which whoever runs the house named.
async fn ask(request: openidconnect::HttpRequest) -> Result<openidconnect::HttpResponse, Unanswered> {
    outward::ask(request, Reach::Anywhere).await
}

/// Where a browser goes.
#[derive(Debug)]
pub struct Away {
    /// The provider's page.
    pub url: String,
    /// What the browser has to show when it comes back.
    pub browser: String,
}

/// Somebody who came back.
#[derive(Debug)]
pub struct Back {
    /// Who they are here.
    pub person: Person,
    /// By what they are signed in.
    pub token: String,
    /// Where they wanted to go.
    pub to: String,
}

/// What has to be remembered of somebody who is at the provider.
#[derive(Serialize, Deserialize)]
struct Remembered {
    nonce: String,
    verifier: String,
    redirect: String,
    to: String,
    browser: [u8; 32],
}

impl Provider {
    pub(super) fn new(config: Oidc) -> Self {
        Self { config, said: tokio::sync::Mutex::default() }
    }

    /// What the provider says of itself; anew if it is said so.
    async fn metadata(&self, anew: bool) -> Result<Arc<CoreProviderMetadata>, Error> {
        let mut said = self.said.lock().await;
        if let Some((when, metadata)) = &*said
            && !anew
            && when.elapsed() < BELIEVED
        {
            return Ok(metadata.clone());
        }
        let issuer = IssuerUrl::new(self.config.issuer.clone()).map_err(unreachable)?;
        let metadata = CoreProviderMetadata::discover_async(issuer, &ask).await.map_err(unreachable)?;
        let metadata = Arc::new(metadata);
        *said = Some((Instant::now(), metadata.clone()));
        Ok(metadata)
    }

    /// The provider's page for somebody, and what has to be remembered of them.
    fn leave(
        &self,
        metadata: &CoreProviderMetadata,
        redirect: &str,
    ) -> Result<(String, CsrfToken, Nonce, PkceCodeVerifier), Error> {
        let redirect = RedirectUrl::new(redirect.to_owned()).map_err(unreachable)?;
        let client = CoreClient::from_provider_metadata(
            metadata.clone(),
            ClientId::new(self.config.client_id.clone()),
            None,
        );
        let client = client.set_redirect_uri(redirect);
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let flow = CoreAuthenticationFlow::AuthorizationCode;
        let asked = client.authorize_url(flow, CsrfToken::new_random, Nonce::new_random);
        let asked = asked.add_scope(Scope::new("profile".into())).set_pkce_challenge(challenge);
        let (url, state, nonce) = asked.url();
        Ok((url.into(), state, nonce, verifier))
    }

    /// What the provider says of who brings this code.
    async fn claims(&self, code: &str, remembered: &Remembered) -> Result<CoreIdTokenClaims, Error> {
        let metadata = self.metadata(false).await?;
        let token = self.exchange(&metadata, code, remembered).await?;
        match self.checked(&metadata, &token, remembered) {
            Ok(claims) => Ok(claims),
            // It may sign with a newer key than the ones that are known.
            Err(_) => self.checked(&*self.metadata(true).await?, &token, remembered).map_err(unconfirmed),
        }
    }

    async fn exchange(
        &self,
        metadata: &CoreProviderMetadata,
        code: &str,
        remembered: &Remembered,
    ) -> Result<CoreIdToken, Error> {
        let Oidc { client_id, client_secret, .. } = &self.config;
        let secret = client_secret.as_ref().map(|secret| ClientSecret::new(secret.0.clone()));
        let methods = metadata.token_endpoint_auth_methods_supported();
        let has = |method| methods.is_none_or(|all| all.contains(&method));
        let redirect = RedirectUrl::new(remembered.redirect.clone()).map_err(unconfirmed)?;
        let client =
            CoreClient::from_provider_metadata(metadata.clone(), ClientId::new(client_id.clone()), secret);
        let in_header = has(CoreClientAuthMethod::ClientSecretBasic);
        let how = if in_header { AuthType::BasicAuth } else { AuthType::RequestBody };
        let client = client.set_redirect_uri(redirect).set_auth_type(how);
        let asked = client.exchange_code(AuthorizationCode::new(code.to_owned())).map_err(unconfirmed)?;
        let asked = asked.set_pkce_verifier(PkceCodeVerifier::new(remembered.verifier.clone()));
        let answer = asked.request_async(&ask).await.map_err(unconfirmed)?;
        answer.id_token().cloned().ok_or_else(|| unconfirmed("there is no ID token in its answer"))
    }

    /// Whether the provider signed this, now, for this house and for this very sign-in.
    fn checked(
        &self,
        metadata: &CoreProviderMetadata,
        token: &CoreIdToken,
        remembered: &Remembered,
    ) -> Result<CoreIdTokenClaims, openidconnect::ClaimsVerificationError> {
        let id = ClientId::new(self.config.client_id.clone());
        let client = CoreClient::from_provider_metadata(metadata.clone(), id, None);
        let verifier = client.id_token_verifier().set_allowed_algs(SIGNED);
        token.claims(&verifier, &Nonce::new(remembered.nonce.clone())).cloned()
    }
}

impl People {
    /// What the house's provider is called, if it has one.
    #[must_use]
    pub fn provider(&self) -> Option<&str> {
        self.provider.as_ref().map(|provider| provider.config.name.as_str())
    }

    /// Sends a browser to the provider, which comes back to `redirect` and then goes to `to`.
    ///
    /// # Errors
    /// `not_found` if the house has no provider, `internal` if it does not answer, or the store's code.
    pub async fn leave_to_provider(&self, redirect: String, to: &str) -> Result<Away, Error> {
        let provider = self.provider.as_ref().ok_or_else(no_provider)?;
        let metadata = provider.metadata(false).await?;
        let (url, state, nonce, verifier) = provider.leave(&metadata, &redirect)?;
        let browser = new_token();
        let remembered = Remembered {
            nonce: nonce.secret().clone(),
            verifier: verifier.into_secret(),
            redirect,
            to: inside(to).to_owned(),
            browser: hash(&browser),
        };
        let data = serde_json::to_string(&remembered).expect("texts can be written");
        self.put_as(AWAY, state.secret(), data, AWAY_MS).await?;
        Ok(Away { url, browser })
    }

    /// Signs in who came back from the provider. Who is new there is new here, or claims the guest that they are.
    ///
    /// # Errors
    /// `forbidden` whatever is wrong, `internal` if the provider does not answer, or the store's code.
    pub async fn come_from_provider(
        &self,
        state: &str,
        code: &str,
        browser: Option<&str>,
        guest: Option<Arc<Someone>>,
        whence: &Whence,
    ) -> Result<Back, Error> {
        let provider = self.provider.as_ref().ok_or_else(no_provider)?;
        let (_, data) = self.take(AWAY, state).await?.ok_or_else(late)?;
        let remembered: Remembered = serde_json::from_str(&data).map_err(|_| late())?;
        if browser.map(hash) != Some(remembered.browser) {
            return Err(late());
        }
        let claims = provider.claims(code, &remembered).await?;
        let (issuer, subject) = (claims.issuer().as_str(), claims.subject().as_str());
        let known = accounts::by_identity(&*self.store, issuer, subject).await?;
        let person = match known {
            Some(person) => person,
            None => self.newly_known(&claims, guest, whence).await?,
        };
        let (person, token) = self.signed_in(person.id, whence).await?.ok_or_else(late)?;
        Ok(Back { person, token, to: remembered.to })
    }

    /// A person for somebody whom the provider knows and this house does not.
    async fn newly_known(
        &self,
        claims: &CoreIdTokenClaims,
        guest: Option<Arc<Someone>>,
        whence: &Whence,
    ) -> Result<Person, Error> {
        let (issuer, subject) = (claims.issuer().as_str(), claims.subject().as_str());
        let claimed =
            guest.filter(|guest| guest.person().role.is_none() && self.may_be_claimed(guest).is_ok());
        let (id, is_claimed) = match claimed {
            Some(guest) => (guest.id, true),
            None => (self.named_like(claims, whence).await?.id, false),
        };
        let made = accounts::add_identity(&*self.store, id, issuer, subject, unix_ms()).await;
        if !made? {
            // The same person was quicker in another window.
            let known = accounts::by_identity(&*self.store, issuer, subject).await?;
            return known.ok_or_else(late);
        }
        if is_claimed {
            self.order_person(id).await?;
            self.order_rights(id).await?;
        }
        let now = accounts::person(&*self.store, id).await?;
        now.ok_or_else(late)
    }

    /// A new person, called as the provider says if nobody here is.
    async fn named_like(&self, claims: &CoreIdTokenClaims, whence: &Whence) -> Result<Person, Error> {
        let full = claims.name().and_then(|name| name.get(None)).map(|name| name.as_str());
        let short = claims.preferred_username().map(|name| name.as_str());
        let given: Vec<&str> = [full, short].into_iter().flatten().collect();
        let numbered = given.iter().flat_map(|name| NUMBERS.map(move |number| format!("{name} {number}")));
        let names =
            given.iter().map(|name| (*name).to_owned()).chain(numbered).chain((0..8).map(|_| made_up()));
        for name in names {
            let Ok(name) = checked(&name) else { continue };
            if let Some(person) = self.add(name, None, None, &new_token(), whence).await? {
                return Ok(person);
            }
        }
        Err(Error::new(None, ErrorCode::NameTaken, "Every name that was tried is taken. Try again."))
    }
}

/// A path of this house; anything else is its beginning.
fn inside(to: &str) -> &str {
    let is_path = to.starts_with('/') && !to[1..].starts_with(['/', '\\']) && !to.contains(char::is_control);
    if is_path { to } else { "/" }
}

fn no_provider() -> Error {
    Error::new(None, ErrorCode::NotFound, "This house has no provider to sign in with.")
}

fn late() -> Error {
    let said = "This sign-in took too long, or began in another browser. Try again.";
    Error::new(None, ErrorCode::Forbidden, said)
}

fn unreachable(error: impl std::fmt::Debug) -> Error {
    tracing::warn!("the provider cannot be asked: {error:?}");
    Error::new(
        None,
        ErrorCode::Internal,
        "The provider cannot be reached now. Try again, or sign in otherwise.",
    )
}

fn unconfirmed(error: impl std::fmt::Debug) -> Error {
    tracing::warn!("the provider did not confirm a sign-in: {error:?}");
    Error::new(None, ErrorCode::Forbidden, "The provider did not confirm who you are. Try again.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_sent_elsewhere() {
        for path in ["/", "/r/garden", "/r/garden?at=4#5"] {
            assert_eq!(inside(path), path);
        }
        for path in ["", "r", "//evil.example", "/\\evil.example", "https://evil.example", "/\r\nx"] {
            assert_eq!(inside(path), "/", "{path:?}");
        }
    }
}
