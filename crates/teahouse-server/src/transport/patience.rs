//! How long the other side of an HTTP connection may stand still: while it sends a request's body, and
//! while an answer is written that it does not read.

use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use tokio::time::{Sleep, sleep};

/// How long a client may take for the body of a request, and how long it may read nothing of an answer.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// The body of a request, which comes in time or not at all.
#[derive(Debug)]
pub struct InTime<B> {
    body: B,
    until: Pin<Box<Sleep>>,
}

impl<B> InTime<B> {
    /// `body`, whose time begins now.
    #[must_use]
    pub fn new(body: B) -> Self {
        Self { body, until: Box::pin(sleep(PATIENCE)) }
    }
}

impl<B> Body for InTime<B>
where
    B: Body<Data = Bytes, Error: std::error::Error + Send + Sync + 'static> + Unpin,
{
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if self.until.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Some(Err(ErrorKind::TimedOut.into())));
        }
        let frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
        Poll::Ready(frame.map(|frame| frame.map_err(io::Error::other)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// Since when a socket has taken nothing.
#[derive(Debug, Default)]
pub struct Unread(Option<Pin<Box<Sleep>>>);

impl Unread {
    /// What came of a write; an error when nothing came of any for too long.
    pub fn wrote<T>(&mut self, cx: &mut Context<'_>, wrote: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if wrote.is_ready() {
            self.0 = None;
            return wrote;
        }
        let until = self.0.get_or_insert_with(|| Box::pin(sleep(PATIENCE)));
        ready!(until.as_mut().poll(cx));
        Poll::Ready(Err(ErrorKind::TimedOut.into()))
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::sync::Arc;

    use http_body_util::{BodyExt, Full};
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    use super::*;
    use crate::cost::{Meter, Metered};

    /// A body that never comes.
    struct Never;

    impl Body for Never {
        type Data = Bytes;
        type Error = Infallible;

        fn poll_frame(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
            Poll::Pending
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_comes_in_time() {
        let whole = InTime::new(Full::new(Bytes::from_static(b"hello")));
        assert_eq!(whole.collect().await.unwrap().to_bytes(), "hello");
        let began = tokio::time::Instant::now();
        let error = InTime::new(Never).collect().await.unwrap_err();
        assert_eq!((error.kind(), began.elapsed().as_secs()), (ErrorKind::TimedOut, PATIENCE.as_secs()));
    }

    /// A socket is given up that takes nothing for so long, not one that takes little.
    #[tokio::test(start_paused = true)]
    async fn an_answer_is_read_in_time() {
        let (near, mut far) = duplex(100);
        let mut near = Metered::new(near, Arc::new(Meter::default()));
        let writing = tokio::spawn(async move { near.write_all(&[7; 1_000]).await });
        for _ in 0..3 {
            sleep(PATIENCE / 2).await;
            far.read_exact(&mut [0; 100]).await.unwrap();
        }
        let began = tokio::time::Instant::now();
        assert_eq!(writing.await.unwrap().unwrap_err().kind(), ErrorKind::TimedOut);
        assert_eq!(began.elapsed().as_secs(), PATIENCE.as_secs());
    }
}
