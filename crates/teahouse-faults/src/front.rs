//! What stands between the house and the network: nothing, nginx, or TLS. It follows the house to each
//! new address.

use std::ffi::OsString;
use std::net::SocketAddr;

use anyhow::Context as _;

use crate::chance::Chance;
use crate::crowd::Door;
use crate::fault::Rates;
use crate::history::Journal;
use crate::house::House;
use crate::nginx::{Nginx, Passing};
use crate::proxy::Proxy;

/// What stands in front of the house.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Front {
    /// Nothing.
    #[default]
    Plain,
    /// An nginx.
    Nginx(Passing),
    /// The house speaks TLS, with a certificate of its own making.
    Tls,
}

/// A front that stands.
#[derive(Debug)]
pub(crate) struct Standing {
    /// Where the network ends.
    pub(crate) address: SocketAddr,
    /// The scheme of the house's address.
    pub(crate) scheme: &'static str,
    /// The certificate to trust, in PEM; empty for the system's alone.
    pub(crate) roots_pem: Vec<u8>,
    nginx: Option<(Nginx, Proxy)>,
}

impl Front {
    /// Prepares a house that was not started yet. Gives the certificate to trust, in PEM.
    pub(crate) fn prepare(self, house: &mut House) -> anyhow::Result<Vec<u8>> {
        if self != Self::Tls {
            return Ok(Vec::new());
        }
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned(), "127.0.0.1".to_owned()])?;
        let (cert, key) = (house.folder().join("cert.pem"), house.folder().join("key.pem"));
        std::fs::write(&cert, made.cert.pem()).context("the certificate cannot be written")?;
        std::fs::write(&key, made.signing_key.serialize_pem()).context("the key cannot be written")?;
        let flags = [OsString::from("--tls-cert"), cert.into(), OsString::from("--tls-key"), key.into()];
        house.add_flags(flags);
        Ok(made.cert.pem().into_bytes())
    }

    /// Stands in front of a house that listens.
    pub(crate) async fn stand(self, house: SocketAddr, roots_pem: Vec<u8>) -> anyhow::Result<Standing> {
        let scheme = if self == Self::Tls { "https" } else { "http" };
        let Self::Nginx(passing) = self else {
            return Ok(Standing { address: house, scheme, roots_pem, nginx: None });
        };
        // nginx knows one address for good; the house has a new one after each start.
        let (rates, journal) = (Rates::none(), Journal::default());
        let behind = Proxy::open("behind".into(), house, rates, Chance::new(0), journal).await?;
        let nginx = Nginx::start(behind.address(), passing)?;
        Ok(Standing { address: nginx.address(), scheme, roots_pem, nginx: Some((nginx, behind)) })
    }
}

impl Standing {
    /// How clients reach it.
    pub(crate) fn door(&self) -> Door {
        Door { target: self.address.into(), scheme: self.scheme, roots_pem: self.roots_pem.clone() }
    }

    /// The house has another address now.
    pub(crate) fn lead_to(&mut self, house: SocketAddr) {
        match &self.nginx {
            Some((_, behind)) => behind.lead_to(house),
            None => self.address = house,
        }
    }

    /// What it complained about.
    pub(crate) fn last_words(&mut self) -> String {
        self.nginx.as_mut().map_or_else(String::new, |(nginx, _)| nginx.last_words())
    }
}
