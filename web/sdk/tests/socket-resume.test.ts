import { describe, expect, test } from 'vitest';
import { OWN_REFS_FROM } from '../src/client.js';
import type { SuspendEvent } from '../src/socket-events.js';
import { cidOf, cursorAt, event, subscribed, welcome } from './world/frames.js';
import { cut, open, sendLine, world } from './world/socket.js';

describe('send', () => {
  test.each([
    'no json',
    '[]',
    '"text"',
    '{"ref":1}',
    '{"type":\n"ping","ref":1}',
    '{"type":"hello"}',
  ])('throws TypeError for %j', (line) => {
    expect(() => open().socket.send(line)).toThrow(TypeError);
  });

  test.each([-1, 1.5, OWN_REFS_FROM, '1'])('throws TypeError for the ref %j', (ref) => {
    const line = JSON.stringify({ type: 'ping', ref });
    expect(() => open().socket.send(line)).toThrow(TypeError);
  });

  test('bufferedAmount counts bytes until they are answered', () => {
    const w = open();
    const line = sendLine(3);
    w.socket.send(line);
    w.socket.send(JSON.stringify({ type: 'typing', room: '1024', on: true }));
    expect(w.socket.bufferedAmount).toBe(Buffer.byteLength(line));
    expect(w.transport.link.of('send')).toHaveLength(1);
    const ack = { type: 'ack', ref: 3, room: '1024', cid: cidOf(3), seq: 1, at: 1 };
    w.transport.link.say(ack);
    expect(w.socket.bufferedAmount).toBe(0);
    expect(w.lines).toEqual([JSON.stringify(ack)]);
  });

  test('what is unanswered is sent again after a resume, in order, the head with first', async () => {
    const w = open();
    for (const ref of [1, 2, 3]) w.socket.send(sendLine(ref));
    w.socket.send(sendLine(4, 'tea'));
    w.transport.link.say({
      type: 'ack',
      ref: 1,
      room: '1024',
      cid: cidOf(1),
      seq: 1,
      at: 1,
    });
    await cut(w);
    w.socket.send(sendLine(5));
    expect(w.transport.link.of('send')).toEqual([]);
    w.transport.link.say(welcome());
    const again = w.transport.link.of('send');
    expect(again.map(({ ref, first }) => [ref, first])).toEqual([
      [2, true],
      [3, undefined],
      [4, true],
      [5, undefined],
    ]);
  });

  test('a repeat with a new ref takes the place of the old one', async () => {
    const w = open();
    w.socket.send(sendLine(1));
    w.socket.send(sendLine(9, '1024', { cid: cidOf(1) }));
    await cut(w);
    w.transport.link.say(welcome());
    expect(w.transport.link.of('send').map(({ ref }) => ref)).toEqual([9]);
  });

  test('after a refusal nothing overtakes on the next connection', async () => {
    const w = open();
    for (const ref of [1, 2, 3]) w.socket.send(sendLine(ref));
    w.transport.link.say({ type: 'error', ref: 1, code: 'rate', message: 'Slow.', retry_ms: 900 });
    await cut(w);
    w.transport.link.say(welcome());
    expect(w.transport.link.of('send')).toEqual([]);
    expect(w.lines.slice(1).map((line) => JSON.parse(line))).toEqual([
      expect.objectContaining({ type: 'error', ref: 2, code: 'out_of_order' }),
      expect.objectContaining({ type: 'error', ref: 3, code: 'out_of_order' }),
    ]);
    expect(w.socket.bufferedAmount).toBe(0);
  });

  test('closed while it comes back, it tells nothing more', async () => {
    const w = open();
    for (const ref of [1, 2]) w.socket.send(sendLine(ref));
    w.transport.link.say({ type: 'error', ref: 1, code: 'rate', message: 'Slow.', retry_ms: 900 });
    await cut(w);
    w.socket.onresume = () => w.socket.close();
    w.transport.link.say(welcome());
    expect(w.lines).toHaveLength(1);
  });

  test('what was sent before a new head stays behind it', async () => {
    const w = open();
    for (const ref of [1, 2]) w.socket.send(sendLine(ref));
    w.transport.link.say({ type: 'error', ref: 1, code: 'rate', message: 'Slow.', retry_ms: 900 });
    w.socket.send(sendLine(3, '1024', { cid: cidOf(1), first: true }));
    await cut(w);
    w.transport.link.say(welcome());
    expect(w.transport.link.of('send').map(({ ref }) => ref)).toEqual([3]);
    expect(JSON.parse(w.lines.at(-1) ?? '')).toMatchObject({ ref: 2, code: 'out_of_order' });
  });

  test('once a new head was taken, later sends go on', async () => {
    const w = open();
    w.socket.send(sendLine(1));
    w.transport.link.say({ type: 'error', ref: 1, code: 'rate', message: 'Slow.', retry_ms: 900 });
    w.socket.send(sendLine(2, '1024', { cid: cidOf(1), first: true }));
    w.transport.link.say({ type: 'ack', ref: 2, room: '1024', cid: cidOf(1), seq: 1, at: 1 });
    w.socket.send(sendLine(3));
    await cut(w);
    w.transport.link.say(welcome());
    expect(w.transport.link.of('send').map(({ ref }) => ref)).toEqual([3]);
  });

  test('a refusal for good lets the rest go on', async () => {
    const w = open();
    for (const ref of [1, 2]) w.socket.send(sendLine(ref));
    w.transport.link.say({ type: 'error', ref: 1, code: 'muted', message: 'No.' });
    await cut(w);
    w.transport.link.say(welcome());
    expect(w.transport.link.of('send').map(({ ref }) => ref)).toEqual([2]);
  });
});

describe('cursors', () => {
  const rooms = { cursors: { '1024': { tail: 0 } } };

  test('each event is told once, in order, and hello carries the cursor', async () => {
    const w = open(rooms);
    w.transport.link.say(subscribed(), event(1), event(2), event(2), event(1));
    await cut(w);
    expect(w.transport.link.of('hello')[0]).toMatchObject({
      session: '9f86d081884c7d65',
      cursors: { '1024': cursorAt(2) },
    });
    w.transport.link.say(welcome(), subscribed({ from: cursorAt(2) }), event(2), event(3));
    expect(w.seqs()).toEqual([1, 2, 3]);
    expect(w.socket.cursor('1024')).toBe(cursorAt(3));
  });

  test('a jump subscribes again, once, from the cursor', () => {
    const w = open(rooms);
    w.transport.link.say(subscribed(), event(1), event(3), event(4));
    const again = w.transport.link.of('subscribe');
    expect(again).toEqual([
      { type: 'subscribe', ref: expect.any(Number), room: '1024', from: cursorAt(1) },
    ]);
    const ref = again[0]?.['ref'] as number;
    expect(ref).toBeGreaterThanOrEqual(OWN_REFS_FROM);
    w.transport.link.say(subscribed({ ref, from: cursorAt(1) }), event(2), event(3), event(4));
    expect(w.seqs()).toEqual([1, 2, 3, 4]);
  });

  test('a lost tail is noticed by the heads of a ping', () => {
    const w = open(rooms);
    w.transport.link.say(subscribed(), event(1), { type: 'live', room: '1024', seq: 1 });
    w.transport.link.say({ type: 'ping', heads: { '1024': 2, other: 9 } });
    expect(w.transport.link.of('subscribe')).toMatchObject([{ room: '1024', from: cursorAt(1) }]);
    expect(w.transport.link.of('pong')).toEqual([
      { type: 'pong', cursors: { '1024': cursorAt(1) } },
    ]);
  });

  test('events that were only late are not told twice', () => {
    const w = open(rooms);
    w.transport.link.say(subscribed(), event(1), { type: 'live', room: '1024', seq: 1 });
    w.transport.link.say({ type: 'ping', heads: { '1024': 2 } });
    const ref = w.transport.link.of('subscribe')[0]?.['ref'] as number;
    w.transport.link.say(event(2), subscribed({ ref, from: cursorAt(1) }), event(2), event(3));
    expect(w.seqs()).toEqual([1, 2, 3]);
  });

  test('behind and reset move the cursor', () => {
    const w = open(rooms);
    w.transport.link.say(subscribed(), event(1));
    w.transport.link.say({ type: 'behind', room: '1024', from: cursorAt(8), head: 9 });
    w.transport.link.say(event(9));
    const from = cursorAt(3, '4b227777');
    const reset = { type: 'reset', room: '1024', epoch: '4b227777', from, oldest: 1, head: 4 };
    w.transport.link.say(reset, event(4));
    expect(w.seqs()).toEqual([1, 9, 4]);
    expect(w.socket.cursor('1024')).toBe(cursorAt(4, '4b227777'));
  });

  test('a subscription asked for from outside may go back', () => {
    const w = open(rooms);
    w.transport.link.say(subscribed({ from: cursorAt(5) }), event(6));
    w.socket.send(JSON.stringify({ type: 'subscribe', ref: 1, room: '1024', from: { tail: 2 } }));
    w.transport.link.say(subscribed({ ref: 1, from: cursorAt(4) }), event(5), event(6));
    expect(w.seqs()).toEqual([6, 5, 6]);
  });

  test('events of a room that nobody follows are dropped', () => {
    const w = open(rooms);
    w.transport.link.say(event(1, { room: 'other' }), event(1));
    expect(w.seqs()).toEqual([]);
  });

  test('a refused catch-up comes back with the cursors', async () => {
    const w = open(rooms);
    w.transport.link.say(subscribed(), event(1), event(3));
    const ref = w.transport.link.of('subscribe')[0]?.['ref'] as number;
    w.transport.link.say({ type: 'error', ref, code: 'store_busy', message: 'x', retry_ms: 5_000 });
    expect(w.told).toEqual(['open', 'suspend']);
    await w.clock.pass(5_000);
    w.transport.link.open();
    expect(w.transport.link.of('hello')).toMatchObject([{ cursors: { '1024': cursorAt(1) } }]);
  });

  test('cursors that the server cannot read are dropped', async () => {
    const w = open(rooms);
    w.transport.link.say(subscribed(), event(1));
    w.transport.link.say({ type: 'close', code: 4300, reason: 'unreadable_cursors' });
    await w.clock.pass(1_000);
    w.transport.link.open();
    expect(w.transport.link.of('hello')).toMatchObject([{ cursors: { '1024': { tail: 50 } } }]);
  });
});

describe('coming back', () => {
  test('stays open, tells suspend and resume', async () => {
    const w = open();
    let suspend: SuspendEvent | undefined;
    w.socket.onsuspend = (e) => {
      suspend = e;
    };
    w.transport.link.end();
    expect(w.socket.readyState).toBe(1);
    expect(suspend).toMatchObject({ lost_at: w.clock.now(), retry_at: w.clock.now() + 750 });
    expect(w.socket.retry_at).toBe(suspend?.retry_at);
    let away = 0;
    w.socket.onresume = ({ away_ms }) => {
      away = away_ms;
    };
    await w.clock.pass(750);
    w.transport.link.open();
    w.transport.link.say(welcome());
    expect(w.told).toEqual(['open', 'suspend', 'resume']);
    expect(away).toBe(750);
    expect(w.socket.lost_at).toBeUndefined();
  });

  test('waits longer from failure to failure, up to 20 s', async () => {
    const w = open({ random: () => 0.999_999 });
    const waits: number[] = [];
    for (let i = 0; i < 8; i += 1) {
      w.transport.link.end();
      const wait = (w.socket.retry_at ?? 0) - w.clock.now();
      waits.push(wait);
      await w.clock.pass(wait);
    }
    expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 20_000, 20_000, 20_000]);
  });

  test('a connection that lived 10 s begins anew', async () => {
    const w = open({ random: () => 0.999_999 });
    await cut(w);
    w.transport.link.say(welcome());
    await w.clock.pass(10_000);
    w.transport.link.end();
    expect(w.socket.retry_at).toBe(w.clock.now() + 1_000);
  });

  test('a hidden page tries at most once in 60 s', async () => {
    const w = open();
    w.surroundings.isHidden = true;
    await w.clock.pass(20_000);
    w.transport.link.say({ type: 'ping' });
    w.transport.link.end();
    expect(w.socket.retry_at).toBe(w.clock.now() + 40_000);
    await w.clock.pass(40_000);
    w.transport.link.end();
    expect(w.socket.retry_at).toBe(w.clock.now() + 60_000);
    w.surroundings.change('seen');
    expect(w.transport.links).toHaveLength(3);
  });

  test.each([
    [4001, 'drain'],
    [4002, 'rotate'],
    [4010, 'no_pong'],
    [4099, 'a later one'],
  ])('%i resumes after retry_ms', async (code, reason) => {
    const w = open();
    w.transport.link.say({ type: 'close', code, reason, retry_ms: 1_240 });
    expect(w.socket.retry_at).toBe(w.clock.now() + 1_240);
    await w.clock.pass(1_240);
    expect(w.transport.links).toHaveLength(2);
  });

  test.each([4100, 4101, 4102, 4199, 1006, 1011])('%i backs off', (code) => {
    const w = open();
    w.transport.link.end(code);
    expect(w.socket.retry_at).toBe(w.clock.now() + 750);
  });

  test.each([4003, 4200, 4400, 4401, 4403, 4410, 4426, 4499])('%i is the end', (code) => {
    const w = open();
    w.transport.link.end(code, 'why');
    expect(w.told).toEqual(['open', `close ${code} true`]);
  });

  test('4003 is no end for whoever has just given a connection of that session up', async () => {
    const w = open();
    await w.clock.pass(35_000);
    await w.clock.pass(1_000);
    w.transport.link.open();
    w.transport.link.say(welcome());
    w.transport.link.end(4003);
    expect(w.told).toEqual(['open', 'suspend', 'resume', 'suspend']);
    await w.clock.pass(5_000);
    w.transport.link.open();
    w.transport.link.say(welcome());
    for (let i = 0; i < 4; i += 1) {
      await w.clock.pass(20_000);
      w.transport.link.say({ type: 'ping' });
    }
    w.transport.link.end(4003);
    expect(w.told.at(-1)).toBe('close 4003 true');
  });

  test('an expired token is renewed', async () => {
    const w = open({ token: 'OLD', freshToken: async () => 'NEW' });
    w.transport.link.end(4200);
    await w.clock.pass(1_000);
    w.transport.link.open();
    expect(w.transport.link.of('hello')).toMatchObject([{ token: 'NEW' }]);
  });

  test('a token changed by auth is used from then on', async () => {
    const w = open({ token: 'OLD' });
    w.socket.send(JSON.stringify({ type: 'auth', ref: 7, token: 'NEW' }));
    w.transport.link.say({ type: 'authed', ref: 7 });
    await cut(w);
    expect(w.transport.link.of('hello')).toMatchObject([{ token: 'NEW' }]);
  });

  test('a new guest comes back as the same person', async () => {
    const w = world({ name: '小满' });
    w.transport.link.open();
    w.transport.link.say(welcome({ token: 'GIVEN' }));
    await cut(w);
    const [hello] = w.transport.link.of('hello');
    expect(hello).toMatchObject({ token: 'GIVEN', session: '9f86d081884c7d65' });
    expect(hello).not.toHaveProperty('name');
  });

  test('a link that was given up is not heard any more', async () => {
    const w = open();
    const old = w.transport.link;
    await cut(w);
    old.say(welcome());
    old.end();
    expect(w.told).toEqual(['open', 'suspend']);
  });

  test('what is no frame ends the link, not the socket', () => {
    const w = open();
    w.transport.link.raw('<html>a portal</html>');
    expect(w.told).toEqual(['open', 'suspend']);
    expect(w.transport.link.closed).toBeDefined();
  });
});

describe('liveness', () => {
  test('measures the round trip and keeps its own pongs to itself', async () => {
    const w = open();
    const ref = w.transport.link.of('ping')[0]?.['ref'] as number;
    await w.clock.pass(11);
    w.transport.link.say({ type: 'pong', ref, now: 0 });
    expect(w.socket.delay_ms).toBe(11);
    expect(w.lines).toEqual([]);
  });

  test('passes on the pong to a ping from outside', () => {
    const w = open();
    w.socket.send('{"type":"ping","ref":6}');
    w.transport.link.say({ type: 'pong', ref: 6, now: 0 });
    expect(w.lines).toHaveLength(1);
  });

  test('gives up after heartbeat and 10 s of silence', async () => {
    const w = open();
    await w.clock.pass(20_000);
    w.transport.link.say({ type: 'ping' });
    await w.clock.pass(34_999);
    expect(w.told).toEqual(['open']);
    await w.clock.pass(1);
    expect(w.told).toEqual(['open', 'suspend']);
    expect(w.transport.links[0]?.closed).toBeDefined();
  });

  test.each(['seen', 'online', 'offline'] as const)(
    '%s asks, and 4 s without an answer is a loss',
    async (change) => {
      const w = open();
      await w.clock.pass(1_000);
      w.surroundings.change(change);
      expect(w.transport.link.of('ping')).toHaveLength(2);
      await w.clock.pass(3_999);
      expect(w.told).toEqual(['open']);
      await w.clock.pass(1);
      expect(w.told).toEqual(['open', 'suspend']);
    },
  );

  test('becoming hidden asks nothing, coming online while hidden does', () => {
    const w = open();
    w.surroundings.isHidden = true;
    w.transport.link.end();
    w.surroundings.tell('seen');
    expect(w.transport.links).toHaveLength(1);
    w.surroundings.tell('online');
    expect(w.transport.links).toHaveLength(2);
  });

  test('anything heard answers the question', async () => {
    const w = open();
    w.surroundings.change('seen');
    await w.clock.pass(3_000);
    w.transport.link.say({ type: 'ping' });
    await w.clock.pass(10_000);
    expect(w.told).toEqual(['open']);
  });

  test('online ends the pause before the next attempt', () => {
    const w = open();
    w.transport.link.end();
    w.surroundings.change('online');
    expect(w.transport.links).toHaveLength(2);
  });
});
