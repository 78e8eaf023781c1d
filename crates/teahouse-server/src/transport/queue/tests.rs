use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Wake, Waker};

use proptest::prelude::*;
use teahouse_core::room::ConnectionId;

use super::*;
use crate::session::Transport;
use crate::transport::encode::Dialect;
use crate::transport::wire::{Wire, Wrote};

/// Counts how often it is woken.
#[derive(Default)]
struct Woken(AtomicUsize);

impl Woken {
    fn take(&self) -> usize {
        self.0.swap(0, Ordering::Relaxed)
    }
}

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

fn waker() -> (Arc<Woken>, Waker) {
    let woken = Arc::new(Woken::default());
    (woken.clone(), woken.into())
}

fn answer(bytes_max: usize) -> (Arc<Connection>, Reader, Arc<Queue>) {
    let queue = Arc::new(Queue::of(bytes_max));
    let wire = Wire::answer(queue.clone());
    let here = [127, 0, 0, 1].into();
    let connection =
        Connection::answer(ConnectionId(1), Transport::Stream, Dialect::Ndjson, wire, here, true, 0);
    let connection = Arc::new(connection);
    (connection.clone(), Reader::new(queue.clone(), &connection), queue)
}

fn read(reader: &mut Reader, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
    let frame = Pin::new(reader).poll_frame(cx);
    frame.map(|frame| frame.map(|frame| frame.unwrap().into_data().unwrap()))
}

const NOW: teahouse_core::Moment = teahouse_core::Moment(0);

#[test]
fn a_reader_is_woken_by_what_comes_and_by_the_end() {
    let (_connection, mut reader, queue) = answer(100);
    let (woken, waker) = waker();
    let mut cx = Context::from_waker(&waker);
    assert_eq!(read(&mut reader, &mut cx), Poll::Pending);
    queue.push([Bytes::from_static(b"one"), Bytes::new(), Bytes::from_static(b"two")]).unwrap();
    assert_eq!((woken.take(), queue.bytes()), (1, 6));
    assert_eq!(read(&mut reader, &mut cx), Poll::Ready(Some("one".into())));
    assert_eq!(read(&mut reader, &mut cx), Poll::Ready(Some("two".into())));
    assert_eq!(read(&mut reader, &mut cx), Poll::Pending);
    queue.end();
    assert_eq!(woken.take(), 1);
    assert_eq!(read(&mut reader, &mut cx), Poll::Ready(None));
    assert_eq!(queue.push([Bytes::from_static(b"late")]).unwrap_err().kind(), ErrorKind::BrokenPipe);
}

#[test]
fn what_waited_at_the_end_is_read() {
    let (_connection, mut reader, queue) = answer(100);
    queue.begin("prelude".into());
    queue.push([Bytes::from_static(b"last")]).unwrap();
    queue.end();
    let mut cx = Context::from_waker(Waker::noop());
    assert_eq!(read(&mut reader, &mut cx), Poll::Ready(Some("prelude".into())));
    assert_eq!(read(&mut reader, &mut cx), Poll::Ready(Some("last".into())));
    assert_eq!(read(&mut reader, &mut cx), Poll::Ready(None));
}

/// A full queue is a full socket: what has no place is read from the log later, and the task is woken.
#[test]
fn a_full_queue_takes_nothing_until_it_is_read() {
    let (connection, mut reader, queue) = answer(10);
    let (woken, waker) = waker();
    connection.wire.task.register(&waker);
    let frames = Bytes::from_static(b"123456");
    assert_eq!(connection.wire.try_write(&frames, NOW), Wrote::All);
    assert_eq!(connection.wire.try_write(&frames, NOW), Wrote::All, "it may become a little too full");
    assert_eq!(connection.wire.try_write(&frames, NOW), Wrote::Nothing);
    assert!(!connection.wire.try_signal(&frames, NOW));
    assert_eq!((connection.wire.full_since(), queue.bytes()), (Some(NOW), 12));
    connection.wire.reply(b"reply");
    let mut cx = Context::from_waker(&waker);
    assert!(connection.wire.poll_flush(&mut cx, NOW).is_pending());
    woken.take();
    connection.wire.task.register(&waker);
    assert!(read(&mut reader, &mut cx).is_ready());
    assert_eq!(woken.take(), 1, "there is room again");
    assert!(connection.wire.poll_flush(&mut cx, NOW).is_ready());
    assert_eq!(read(&mut reader, &mut cx), Poll::Ready(Some(frames)));
    assert_eq!(read(&mut reader, &mut cx), Poll::Ready(Some("reply".into())));
    assert_eq!(connection.wire.full_since(), None);
}

#[test]
fn whoever_reads_no_more_is_noticed() {
    let (connection, reader, queue) = answer(10);
    let (woken, waker) = waker();
    connection.wire.task.register(&waker);
    drop(reader);
    assert_eq!((woken.take(), queue.is_gone()), (1, true));
    assert_eq!(connection.wire.try_write(&Bytes::from_static(b"x"), NOW), Wrote::Nothing);
    let mut cx = Context::from_waker(&waker);
    assert!(matches!(connection.wire.poll_flush(&mut cx, NOW), Poll::Ready(Err(_))));
    assert!(matches!(connection.wire.poll_read(&mut cx, &mut [0]), Poll::Ready(Ok(0))));
}

proptest! {
    /// However writes and reads follow one another: what was taken comes out once and in order, what was
    /// said to be whole is, and a writer that was refused is woken when there is room.
    #[test]
    fn nothing_is_lost_and_nobody_sleeps_for_ever(
        steps in prop::collection::vec((0usize..40, any::<bool>(), any::<bool>()), 1..200),
    ) {
        let (connection, mut reader, queue) = answer(64);
        let (woken, waker) = waker();
        let (mut taken, mut heard) = (Vec::new(), Vec::new());
        let mut cx = Context::from_waker(&waker);
        for (number, (bytes, is_reply, reads)) in steps.into_iter().enumerate() {
            let frame = vec![number as u8; bytes];
            if is_reply {
                connection.wire.reply(&frame);
                taken.extend_from_slice(&frame);
            } else if connection.wire.try_write(&frame.clone().into(), NOW) == Wrote::All {
                taken.extend_from_slice(&frame);
            }
            woken.take();
            connection.wire.task.register(&waker);
            let was_full = connection.wire.poll_flush(&mut cx, NOW).is_pending();
            if reads {
                while let Poll::Ready(Some(chunk)) = read(&mut reader, &mut cx) {
                    heard.extend_from_slice(&chunk);
                }
                if was_full {
                    prop_assert!(woken.take() > 0, "the writer was refused, and there is room");
                    prop_assert!(connection.wire.poll_flush(&mut cx, NOW).is_ready());
                }
            }
            prop_assert!(queue.bytes() < 64 + 40 * 200);
        }
        let _ = connection.wire.poll_flush(&mut cx, NOW);
        loop {
            while let Poll::Ready(Some(chunk)) = read(&mut reader, &mut cx) {
                heard.extend_from_slice(&chunk);
            }
            if connection.wire.poll_flush(&mut cx, NOW).is_ready() && queue.bytes() == 0 {
                break;
            }
        }
        prop_assert_eq!(heard, taken);
    }
}
