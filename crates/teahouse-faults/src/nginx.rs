//! Debian's nginx in front of a house, with the little configuration that people give it.
//!
//! It is a child in a folder of its own that inherits a socket which listens already: there is no port to
//! guess, and nothing to wait for.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::os::fd::AsRawFd as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::Context as _;
use tempfile::TempDir;

/// How nginx was told to pass requests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Passing {
    /// `proxy_pass` and nothing else: HTTP/1.0, answers are buffered, no WebSocket.
    Default,
    /// With the three lines that a WebSocket needs.
    Upgrade,
}

/// An nginx. Dropping it ends it.
#[derive(Debug)]
pub struct Nginx {
    address: SocketAddr,
    folder: TempDir,
    child: Child,
}

impl Nginx {
    /// Starts one in front of `house`.
    ///
    /// # Errors
    /// When there is no nginx, or it cannot be started.
    pub fn start(house: SocketAddr, passing: Passing) -> anyhow::Result<Self> {
        let folder = TempDir::new()?;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let file = folder.path().join("nginx.conf");
        std::fs::write(&file, configuration(folder.path(), address, house, passing))?;
        // The child gets the socket under the same number.
        rustix::io::fcntl_setfd(&listener, rustix::io::FdFlags::empty())?;
        // Debian puts it where only root's search path looks.
        let debians = Path::new("/usr/sbin/nginx");
        let mut command = Command::new(if debians.is_file() { debians } else { Path::new("nginx") });
        command.arg("-p").arg(folder.path()).arg("-c").arg(&file);
        command.arg("-e").arg(folder.path().join("error.log"));
        // What one nginx hands to the next when it is replaced; see ngx_add_inherited_sockets.
        command.env("NGINX", format!("{};", listener.as_raw_fd()));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn().context("there is no nginx (Debian: apt-get install nginx)")?;
        Ok(Self { address, folder, child })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What it complained about, and whether it still lives.
    pub fn last_words(&mut self) -> String {
        let log = std::fs::read_to_string(self.folder.path().join("error.log")).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        let last = lines[lines.len().saturating_sub(10)..].join("\n");
        format!("nginx ended: {:?}\n{last}", self.child.try_wait())
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let id = i32::try_from(self.child.id()).ok().and_then(rustix::process::Pid::from_raw);
        // Killed, it would leave its workers behind; asked, it ends them first and at once.
        if let (Some(id), Ok(None)) = (id, self.child.try_wait()) {
            let asked = rustix::process::kill_process(id, rustix::process::Signal::TERM);
            debug_assert!(asked.is_ok(), "it is our own child");
            drop(self.child.wait());
        }
    }
}

fn configuration(folder: &Path, address: SocketAddr, house: SocketAddr, passing: Passing) -> String {
    let upgrade = match passing {
        Passing::Default => "",
        Passing::Upgrade => {
            "proxy_http_version 1.1;
            proxy_set_header upgrade $http_upgrade;
            proxy_set_header connection \"upgrade\";"
        }
    };
    let folder = folder.display();
    // In the foreground, all its files in its folder; the rest is as nginx has it.
    format!(
        "daemon off; pid {folder}/pid;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    server {{
        listen {address};
        location / {{
            proxy_pass http://{house};
            {upgrade}
        }}
    }}
}}
"
    )
}
