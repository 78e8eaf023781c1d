//! Follows a room and says one thing: `cargo run -p teahouse-client --example follow -- URL [TEXT]`.

use std::io::Write;

use teahouse_client::{Client, Notice, Options};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let url = arguments.next().unwrap_or_else(|| "http://127.0.0.1:8888/r/1024".into());
    let (client, mut notices) = Client::connect(Options::new(&url)?);
    if let Some(text) = arguments.next() {
        let ack = client.say(text).await?.await?;
        writeln!(std::io::stdout(), "-- it is number {}", ack.seq)?;
    }
    while let Some(notice) = notices.next().await {
        let mut out = std::io::stdout().lock();
        match notice {
            Notice::Event(event) => writeln!(out, "{} {}: {}", event.seq, event.by.name, event.body.text)?,
            Notice::Suspended { cause, retry } => {
                writeln!(out, "-- {cause}; again in {} ms", retry.as_millis())?;
            }
            Notice::Resumed(_) => writeln!(out, "-- back")?,
            Notice::Ended(end) => writeln!(out, "-- over: {end:?}")?,
            _ => {}
        }
    }
    Ok(())
}
