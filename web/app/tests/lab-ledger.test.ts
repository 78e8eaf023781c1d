import { expect, test } from 'vitest';
import { type Count, Ledger, type Tally } from '../src/lab/ledger.ts';
import { keptMax, spreadOf, withDelay } from '../src/lab/spread.ts';
import { messageOf } from '../src/lab/text.ts';

function count(requests: number, bytes: number, frames: number): Count {
  return {
    requests,
    received: { bytes, frame_bytes: frames },
    sent: { bytes: 0, frame_bytes: 0 },
  };
}

/** So many messages of 120 B in lines of 300 B, in so many answers. */
function seen(events: number, asksWithNews = events): Tally {
  return { events, event_bytes: events * 300, text_bytes: events * 120, asksWithNews };
}

test('a lane that stays open pays by the frame, and heartbeats are idleness', () => {
  const ledger = new Ledger(false);
  ledger.read(count(1, 1000, 400), seen(0), 0);
  expect(ledger.price()).toBeUndefined();
  expect(ledger.idleOpen(25_000)).toBeUndefined();
  // Ten messages of 300 + 4 bytes; 3000 bytes of heartbeats, framed in the same proportion.
  ledger.read(count(1, 1000 + 6080, 400 + 6000), seen(10), 30_000);
  expect(ledger.price()).toEqual({ messages: 10, text: 120, frame: 180, transport: 4 });
  expect(ledger.idleOpen(25_000)).toEqual({ bytes: 3040 * 2, requests: 0 });
  expect(ledger.opening).toEqual({ requests: 1, received: 1000, sent: 0 });
});

test('a stream that is opened anew costs no message anything', () => {
  const ledger = new Ledger(false);
  ledger.read(count(1, 0, 0), seen(0), 0);
  ledger.read(count(1, 3040, 3000), seen(10), 30_000);
  ledger.read(count(2, 3040 + 3304, 3000 + 800), seen(11), 60_000);
  expect(ledger.price()).toEqual({ messages: 10, text: 120, frame: 180, transport: 4 });
  expect(ledger.idleOpen(25_000)?.bytes).toBe(3304 - 300);
});

test('a lane that asks pays by the request: those with news are the messages’, empty ones are idleness', () => {
  const ledger = new Ledger(true);
  ledger.read(count(2, 2000, 800), seen(0), 0);
  // Ten requests of 1000 B, 250 B of it frames; four of them brought the four messages.
  ledger.read(count(12, 2000 + 10_000 + 1200, 800 + 2500 + 1200), seen(4), 20_000);
  expect(ledger.price()).toEqual({ messages: 4, text: 120, frame: 180 + 250, transport: 750 });
  expect(ledger.idleAsking(30)).toEqual({ bytes: 30_000, requests: 30 });
});

test('several messages in one answer share its cost', () => {
  const ledger = new Ledger(true);
  ledger.read(count(0, 0, 0), seen(0), 0);
  ledger.read(count(1, 1000 + 1200, 250 + 1200), seen(4, 1), 2_000);
  expect(ledger.price()).toEqual({ messages: 4, text: 120, frame: 180 + 62.5, transport: 187.5 });
});

test('another size begins anew, idleness goes on', () => {
  const ledger = new Ledger(true);
  ledger.read(count(0, 0, 0), seen(0), 0);
  ledger.read(count(1, 1300, 550), seen(1), 2_000);
  ledger.reset();
  expect(ledger.price()).toBeUndefined();
  expect(ledger.idleAsking(2)).toEqual({ bytes: 2_000, requests: 2 });
  ledger.read(count(2, 2600, 1100), seen(2), 4_000);
  expect(ledger.price()?.messages).toBe(1);
});

test('a server that counts from nothing again, and a connection that is another one', () => {
  const ledger = new Ledger(false);
  ledger.read(count(1, 5000, 4000), seen(0), 0);
  ledger.read(count(1, 900, 400), seen(3), 2_000);
  expect(ledger.price()).toBeUndefined();
  ledger.rebase();
  ledger.read(count(2, 9000, 4000), seen(5), 4_000);
  expect(ledger.price()).toBeUndefined();
});

test('median and 95th percentile of the last hundred', () => {
  expect(spreadOf([])).toBeUndefined();
  expect(spreadOf([7])).toEqual({ median_ms: 7, p95_ms: 7, count: 1 });
  const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);
  expect(spreadOf(hundred)).toEqual({ median_ms: 50, p95_ms: 95, count: 100 });
  const more = withDelay(hundred, 1000);
  expect(more).toHaveLength(keptMax);
  expect(more).not.toContain(100);
});

test('a message has exactly the bytes that were asked for', () => {
  for (const size of [120, 1024, 8192] as const) {
    for (const number of [1, 9, 10, 12_345]) {
      const text = messageOf(size, number);
      expect(new TextEncoder().encode(text)).toHaveLength(size);
      expect(text).toBe(text.trim());
    }
  }
});
