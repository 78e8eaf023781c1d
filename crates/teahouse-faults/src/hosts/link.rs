//! A cable between two hosts: a pair of virtual Ethernet devices. It may be cut in several ways, as real
//! ones are, and mended.

use std::net::Ipv4Addr;
use std::process::Command;

use serde::{Deserialize, Serialize};

use super::{Host, finish};

/// How a link is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cut {
    /// The device is shut down at the first host: it is told at once that nothing can be reached.
    Near,
    /// The same at the second host.
    Far,
    /// Both devices are up, and what is sent never arrives.
    Silent,
    /// What the first host sends never arrives; what the second sends does.
    OneWay,
}

/// A cable between two hosts.
#[derive(Debug)]
pub struct Link {
    ends: [End; 2],
}

#[derive(Debug)]
struct End {
    /// The command that enters its host.
    enter: Vec<String>,
    device: String,
    address: Ipv4Addr,
}

impl Cut {
    /// Every way.
    pub const ALL: [Self; 4] = [Self::Near, Self::Far, Self::Silent, Self::OneWay];
}

impl Link {
    /// Lays a cable; `number` is its own, and so are its two addresses.
    ///
    /// # Errors
    /// When there is one between these two already.
    pub fn new(first: &Host, second: &Host, number: u8) -> anyhow::Result<Self> {
        let end = |here: &Host, there: &Host, last| End {
            enter: here.enter(),
            device: format!("to-{}", there.name()),
            address: Ipv4Addr::new(10, 0, number, last),
        };
        let ends = [end(first, second, 1), end(second, first, 2)];
        let mut lay = Command::new("ip");
        lay.args(["link", "add", "name", &ends[0].device, "netns", &first.id.to_string()]);
        lay.args(["type", "veth", "peer", "name", &ends[1].device, "netns", &second.id.to_string()]);
        finish(&mut lay)?;
        for end in &ends {
            let address = format!("{}/30", end.address);
            end.ip(&["address", "add", &address, "dev", &end.device])?;
            end.ip(&["link", "set", "dev", &end.device, "up"])?;
        }
        Ok(Self { ends })
    }

    /// The address of the first host on it.
    #[must_use]
    pub fn first(&self) -> Ipv4Addr {
        self.ends[0].address
    }

    /// The address of the second host on it.
    #[must_use]
    pub fn second(&self) -> Ipv4Addr {
        self.ends[1].address
    }

    /// Cuts it. Nobody is told who does not ask the device.
    ///
    /// # Errors
    /// When a host is gone.
    pub fn cut(&self, how: Cut) -> anyhow::Result<()> {
        let [first, second] = &self.ends;
        match how {
            Cut::Near => first.set("down"),
            Cut::Far => second.set("down"),
            Cut::Silent => first.mislead(second).and_then(|()| second.mislead(first)),
            Cut::OneWay => first.mislead(second),
        }
    }

    /// Mends it, however it was cut.
    ///
    /// # Errors
    /// When a host is gone.
    pub fn mend(&self) -> anyhow::Result<()> {
        let [first, second] = &self.ends;
        for (end, other) in [(first, second), (second, first)] {
            end.set("up")?;
            // Whose hardware address is asked for again; nothing to forget is no fault.
            let _ = end.ip(&["neighbour", "delete", &other.address.to_string(), "dev", &end.device]);
        }
        Ok(())
    }
}

impl End {
    fn set(&self, state: &str) -> anyhow::Result<()> {
        self.ip(&["link", "set", "dev", &self.device, state])
    }

    /// What it sends to the other is for a hardware address that nobody has.
    fn mislead(&self, other: &Self) -> anyhow::Result<()> {
        let address = other.address.to_string();
        let nobody = "02:00:00:00:00:01";
        self.ip(&[
            "neighbour",
            "replace",
            &address,
            "lladdr",
            nobody,
            "dev",
            &self.device,
            "nud",
            "permanent",
        ])
    }

    fn ip(&self, words: &[&str]) -> anyhow::Result<()> {
        let mut command = Command::new(&self.enter[0]);
        finish(command.args(&self.enter[1..]).arg("ip").args(words)).map(drop)
    }
}
