//! Ctrl-C and SIGTERM become a flag that every loop looks at, so that a run which is broken off
//! ends its processes and removes its folders as one that succeeds.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Result};
use tokio::signal::unix::{SignalKind, signal};

/// Starts to listen for the two signals; the flag is set at the first.
pub fn flag() -> Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&stop);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    let (mut interrupt, mut terminate) = {
        let _inside = runtime.enter();
        let interrupt = signal(SignalKind::interrupt()).context("cannot listen for SIGINT")?;
        (interrupt, signal(SignalKind::terminate()).context("cannot listen for SIGTERM")?)
    };
    std::thread::Builder::new().name("signals".into()).spawn(move || {
        runtime.block_on(async {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
        });
        seen.store(true, Ordering::Relaxed);
    })?;
    Ok(stop)
}
