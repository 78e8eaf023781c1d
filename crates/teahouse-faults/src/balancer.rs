//! HAProxy or nginx in front of several nodes, as Debian has them: plain round robin, no stickiness, each
//! request may go to another node.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::Path;

use anyhow::Context as _;
use teahouse_services::{Keeper, Program};

use crate::hosts::Host;

/// Where it listens, on its own host.
pub(crate) const PORT: u16 = 80;

/// Which program stands in front of the nodes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Balancer {
    /// HAProxy, which asks each node's `/readyz`.
    #[default]
    Haproxy,
    /// nginx, which notices only who does not answer.
    Nginx,
}

impl Balancer {
    /// Starts it in front of these nodes.
    pub(crate) fn start(self, host: &Host, nodes: &[SocketAddr]) -> anyhow::Result<Keeper> {
        let folder = host.folder().join("balancer");
        std::fs::create_dir(&folder)?;
        let file = folder.join("conf");
        let (text, words, ready, package) = match self {
            Self::Haproxy => {
                let words = vec!["haproxy".to_owned(), "-W".into(), "-db".into(), "-f".into()];
                (haproxy(nodes), words, "Loading success", "haproxy")
            }
            Self::Nginx => {
                let words = ["nginx", "-e", "stderr", "-p", "/", "-c"].map(String::from).into();
                (nginx(&folder, nodes), words, "start worker processes", "nginx")
            }
        };
        std::fs::write(&file, text)?;
        let mut all = host.enter();
        // Debian puts both where only root's search path looks.
        all.extend(["env", "PATH=/usr/sbin:/usr/bin:/sbin:/bin"].map(String::from));
        all.extend(words);
        all.push(file.display().to_string());
        let program = Program { words: &all, signal: "TERM", folder: &folder, ready };
        Keeper::start(&program).with_context(|| format!("Debian: apt-get install {package}"))
    }
}

fn haproxy(nodes: &[SocketAddr]) -> String {
    let mut text = format!(
        "defaults
    mode http
    timeout connect 1s
    timeout client 60s
    timeout server 60s
    timeout tunnel 1h
    retries 3
    option redispatch

frontend people
    bind 0.0.0.0:{PORT}
    default_backend nodes

backend nodes
    balance roundrobin
    option httpchk GET /readyz
    default-server check inter 500ms fall 1 rise 1
"
    );
    for (node, number) in nodes.iter().zip(1..) {
        writeln!(text, "    server node-{number} {node}").expect("a string takes everything");
    }
    text
}

fn nginx(folder: &Path, nodes: &[SocketAddr]) -> String {
    let servers: String =
        nodes.iter().map(|node| format!("        server {node} max_fails=1 fail_timeout=1s;\n")).collect();
    let folder = folder.display();
    format!(
        "daemon off; pid {folder}/pid; error_log stderr notice;
events {{ worker_connections 4096; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    upstream nodes {{
{servers}    }}
    server {{
        listen 0.0.0.0:{PORT};
        location / {{
            proxy_pass http://nodes;
            proxy_connect_timeout 1s;
            proxy_http_version 1.1;
            proxy_set_header upgrade $http_upgrade;
            proxy_set_header connection \"upgrade\";
        }}
    }}
}}
"
    )
}
