import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { watchedFetch } from '../src/lab/asks.ts';
import { burst, lanes } from '../src/lab/bench.ts';
import { pictureOf } from '../src/lab/picture.ts';
import { lab as english } from '../src/lab/words.en.ts';
import { lab as chinese } from '../src/lab/words.zh.ts';
import { FakeHouse, labEvent } from './lab-fakes.ts';

let house: FakeHouse;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  house.bench.close();
  vi.useRealTimers();
});

function begin(token: string | undefined = 'known'): FakeHouse {
  house = new FakeHouse(token);
  house.bench.start();
  return house;
}

/** All connections open, the opening counted. */
async function beginOpen(): Promise<FakeHouse> {
  begin();
  house.bench.automatic.value = 'off';
  for (const socket of house.sockets) socket.open();
  await vi.advanceTimersByTimeAsync(300);
  return house;
}

test('four lanes and a sender share one token, and only the lanes are counted', () => {
  const { sockets } = begin();
  expect(sockets.map(({ options }) => options.transport)).toEqual(['auto', ...lanes]);
  expect(sockets.map(({ options }) => options.token)).toEqual(Array(5).fill('known'));
  expect(sockets.map(({ options }) => options.cost)).toEqual([false, true, true, true, true]);
  expect(house.socket('poll').options.poll_ms).toBe(2_000);
});

test('who has no name yet comes in once, by the sender', () => {
  house = new FakeHouse(undefined);
  house.bench.start();
  expect(house.sockets).toHaveLength(1);
  house.socket('auto').open();
  expect(house.kept).toEqual(['fresh']);
  expect(house.sockets.map(({ options }) => options.token)).toEqual([
    undefined,
    ...Array(4).fill('fresh'),
  ]);
});

test('one message is sent once and arrives in each lane with its own delay', async () => {
  await beginOpen();
  house.bench.sendOne();
  const cid = house.lastCid();
  expect(house.socket('auto').sent).toHaveLength(1);
  vi.advanceTimersByTime(5);
  house.socket('websocket').hear(labEvent(cid));
  vi.advanceTimersByTime(1_000);
  house.socket('poll').hear(labEvent(cid));
  expect(house.lane('websocket').delays.value).toEqual([5]);
  expect(house.lane('poll').delays.value).toEqual([1_005]);
  expect(house.lane('stream').delays.value).toEqual([]);
});

test('what others say in the lab has no delay, but is counted', async () => {
  await beginOpen();
  house.socket('websocket').hear(labEvent('somebody else'));
  expect(house.lane('websocket').delays.value).toEqual([]);
  expect(house.lane('websocket').tally.events).toBe(1);
});

test('a burst is twenty, and a refusal takes its message out of the picture', async () => {
  await beginOpen();
  house.bench.sendBurst();
  const { sent } = house.socket('auto');
  expect(sent).toHaveLength(burst);
  const refused = sent.at(-1);
  house.socket('auto').hear({
    type: 'error',
    ref: Number(refused?.['ref']),
    code: 'rate',
    message: '',
    retry_ms: 900,
  });
  expect(house.bench.note.value).toBe('rate');
  expect(house.bench.sent.value.map(({ cid }) => cid)).not.toContain(refused?.['cid']);
  expect(house.bench.sent.value).toHaveLength(burst - 1);
});

test('sending by itself waits for the lanes, goes on, and pauses with the picture and a hidden page', async () => {
  begin();
  const count = () => house.socket('auto').sent.length;
  for (const socket of house.sockets.slice(0, 4)) socket.open();
  // The last lane does not come: the others go on after a while.
  await vi.advanceTimersByTimeAsync(2_900);
  expect(count()).toBe(0);
  await vi.advanceTimersByTimeAsync(10_000);
  const some = count();
  expect(some).toBeGreaterThanOrEqual(3);
  house.bench.setPaused(true);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(count()).toBe(some);
  house.bench.setPaused(false);
  house.hidden = true;
  await vi.advanceTimersByTimeAsync(10_000);
  expect(count()).toBe(some);
  house.hidden = false;
  await vi.advanceTimersByTimeAsync(10_000);
  expect(count()).toBeGreaterThan(some);
});

test('after two minutes without anybody it stops by itself and says so', async () => {
  begin();
  for (const socket of house.sockets) socket.open();
  await vi.advanceTimersByTimeAsync(119_000);
  house.bench.touch();
  await vi.advanceTimersByTimeAsync(119_000);
  expect(house.bench.automatic.value).toBe('slow');
  await vi.advanceTimersByTimeAsync(3_000);
  expect(house.bench.automatic.value).toBe('off');
  expect(house.bench.note.value).toBe('unattended');
  house.bench.touch();
  expect(house.bench.note.value).toBeUndefined();
});

test('counts come every two seconds while somebody looks, and price the messages', async () => {
  await beginOpen();
  const way = (bytes: number, frame_bytes: number) => ({ bytes, frame_bytes });
  const cost = (sent: number) => ({ requests: 1, received: way(500, 200), sent: way(sent, sent) });
  house.costs = { 'session of websocket': cost(700) };
  await vi.advanceTimersByTimeAsync(2_000);
  house.bench.sendOne();
  house.socket('websocket').hear(labEvent(house.lastCid(), 'x'.repeat(120)));
  const { event_bytes } = house.lane('websocket').tally;
  house.costs = { 'session of websocket': cost(700 + event_bytes) };
  await vi.advanceTimersByTimeAsync(2_000);
  const { price, opening } = house.lane('websocket').figures.value;
  expect(price).toEqual({ messages: 1, text: 120, frame: event_bytes - 120, transport: 0 });
  expect(opening).toEqual({ requests: 1, received: 500, sent: 700 });
  const { asked } = house;
  house.hidden = true;
  await vi.advanceTimersByTimeAsync(10_000);
  expect(house.asked).toBe(asked);
});

test('a lane that does not open is blocked after five seconds, and lives when it opens after all', () => {
  begin();
  const lane = house.lane('stream');
  house.socket('stream').events.lost();
  expect(lane.state.value).toBe('connecting');
  vi.advanceTimersByTime(5_000);
  expect(lane.state.value).toBe('blocked');
  expect(lane.why.value).toEqual({ kind: 'silence' });
  house.socket('stream').open();
  expect(lane.state.value).toBe('live');
  expect(lane.why.value).toBeUndefined();
  house.socket('stream').events.lost();
  expect(lane.state.value).toBe('lost');
  house.socket('stream').events.ended(4401, 'bad_token');
  expect([lane.state.value, lane.why.value]).toEqual(['ended', { kind: 'closed', code: 4401 }]);
});

test('another pause between polls is another connection of that lane alone', async () => {
  await beginOpen();
  const before = house.socket('poll');
  house.bench.setPollPause('server');
  expect(before.isClosed).toBe(true);
  expect(house.sockets).toHaveLength(6);
  expect(house.socket('poll').options.poll_ms).toBeUndefined();
  // The old one is not heard any more.
  before.events.lost();
  before.hear(labEvent('late'));
  expect(house.lane('poll').state.value).toBe('connecting');
  expect(house.lane('poll').tally.events).toBe(0);
});

test('requests are seen from their beginning to their end, with what they brought', async () => {
  await beginOpen();
  const lane = house.lane('long_poll');
  const bodies: ReadableStreamDefaultController<Uint8Array>[] = [];
  const real = async () => {
    const body = new ReadableStream<Uint8Array>({ start: (part) => void bodies.push(part) });
    return new Response(body, { status: 200 });
  };
  const told: (number | undefined)[] = [];
  const began = vi.fn(() => (status: number | undefined) => void told.push(status));
  const watched = watchedFetch({ began }, real);
  const response = await watched('http://house.example/v1/poll?wait=25', { method: 'POST' });
  expect(began).toHaveBeenCalledWith({ kind: 'poll', wait_s: 25 });
  bodies[0]?.enqueue(new TextEncoder().encode('{"type":"close"}\n'));
  bodies[0]?.close();
  expect(await response.text()).toBe('{"type":"close"}\n');
  expect(told).toEqual([200]);
  await watched('http://house.example/v1/send', { method: 'POST' });
  expect(began).toHaveBeenCalledTimes(1);
  expect(lane.spans.value).toEqual([]);
});

test('a request that is given up ends once', async () => {
  begin();
  const told: (number | undefined)[] = [];
  const watched = watchedFetch(
    { began: () => (status) => void told.push(status) },
    (_, init) =>
      new Promise((_resolve, reject) => {
        init?.signal?.addEventListener('abort', () => reject(new Error('aborted')));
      }),
  );
  const end = new AbortController();
  const asked = watched(new URL('http://house.example/v1/stream'), { signal: end.signal });
  end.abort();
  await expect(asked).rejects.toThrow('aborted');
  expect(told).toEqual([undefined]);
});

test('the picture: what came late waited, what did not come waits', () => {
  begin();
  const sent = ['a', 'b', 'c'].map((cid, index) => ({ cid, at: index * 1_000 }));
  const spans = [
    { from: 500, to: 510, news: false },
    { from: 1_500, to: 1_520, news: true },
  ];
  const arrivals = [
    { cid: 'a', sent_at: 0, at: 5 },
    { cid: 'b', sent_at: 1_000, at: 1_520 },
  ];
  const poll = pictureOf({ name: 'poll', spans, arrivals }, sent, true);
  expect(poll.dots.map(({ at, late }) => [at, late])).toEqual([
    [5, false],
    [1_520, true],
  ]);
  expect(poll.waits).toEqual([{ key: 'b', from: 1_000, to: 1_520 }]);
  expect(poll.pending).toEqual([{ key: 'c', from: 2_000, to: undefined }]);
  expect(poll.ticks.map(({ at, news }) => [at, news])).toEqual([
    [510, false],
    [1_520, true],
  ]);
  expect(poll.open).toEqual([]);
  const dead = pictureOf({ name: 'websocket', spans, arrivals }, sent, false);
  expect(dead.pending).toEqual([]);
  expect(dead.open).toHaveLength(2);
});

test('both languages of the lab say the same things', () => {
  begin();
  expect(Object.keys(chinese)).toEqual(Object.keys(english));
  for (const [key, entry] of Object.entries(english)) {
    const other = chinese[key as keyof typeof chinese];
    expect(typeof other, key).toBe(typeof entry);
    if (Array.isArray(entry)) expect(other).toHaveLength(entry.length);
    if (typeof entry === 'string')
      expect(`${entry}${String(other)}`, key).not.toMatch(/[!！您「」]/u);
  }
  expect([english.bytes(999), english.bytes(1_250), english.ms(0.2), english.ms(1_840)]).toEqual([
    '999 B',
    '1.3 KB',
    '1 ms',
    '1.8 s',
  ]);
});
