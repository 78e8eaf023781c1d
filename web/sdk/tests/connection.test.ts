import { describe, expect, test } from 'vitest';
import { OWN_REFS_FROM, TeahouseSocket, type TeahouseSocketOptions } from '../src/connection.js';
import type { FrameEvent, SuspendEvent } from '../src/socket-events.js';
import { cidOf, cursorAt, event, subscribed, welcome } from './world/frames.js';
import { ScriptTransport, TestSurroundings } from './world/script.js';
import { TestClock } from './world/time.js';

const URL_ = 'ws://house.test/v1/ws';

/** A socket, the other end of its transport, and everything it told. */
function world(options: TeahouseSocketOptions = {}) {
  const clock = new TestClock();
  const transport = new ScriptTransport();
  const surroundings = new TestSurroundings();
  const socket = new TeahouseSocket(URL_, undefined, {
    transport,
    clock,
    surroundings,
    random: () => 0.5,
    ...options,
  });
  const told: string[] = [];
  const lines: string[] = [];
  for (const type of ['open', 'error', 'close', 'suspend', 'resume'] as const) {
    socket.addEventListener(type, (e) => {
      const close = e as Event & { code?: number; wasClean?: boolean };
      told.push(type === 'close' ? `close ${close.code} ${close.wasClean}` : type);
    });
  }
  socket.addEventListener('message', ({ data }) => lines.push(data));
  const seqs = () =>
    lines.flatMap((line) => {
      const frame = JSON.parse(line) as { type: string; seq?: number };
      return frame.type === 'event' ? [frame.seq] : [];
    });
  return { clock, transport, surroundings, socket, told, lines, seqs };
}

function open(options: TeahouseSocketOptions = {}) {
  const w = world(options);
  w.transport.link.open();
  w.transport.link.say(welcome());
  return w;
}

/** Loses the connection and waits until the next attempt has begun. */
async function cut(w: ReturnType<typeof world>): Promise<void> {
  const before = w.transport.links.length;
  w.transport.link.end();
  await w.clock.pass(1_000);
  expect(w.transport.links).toHaveLength(before + 1);
  w.transport.link.open();
}

function send(ref: number, room = '1024', extra: object = {}): string {
  const cid = cidOf(ref);
  return JSON.stringify({
    type: 'send',
    ref,
    room,
    cid,
    kind: 'message',
    body: { text: '你好' },
    ...extra,
  });
}

function named(name: string): object {
  return expect.objectContaining({ name });
}

describe('the constructor, as the standard has it', () => {
  const make = (url: string, protocols?: string | string[]) => () =>
    new TeahouseSocket(url, protocols, {
      transport: new ScriptTransport(),
      surroundings: new TestSurroundings(),
      clock: new TestClock(),
    });

  test.each([
    'not a url',
    '/v1/ws',
    'ftp://house.test/',
    'mailto:a@b',
    'ws://house.test/#part',
    'ws://house.test/#',
  ])('throws SyntaxError for the address %s', (url) => {
    expect(make(url)).toThrow(named('SyntaxError'));
  });

  test.each([['a', 'a'], [''], ['two words'], ['a,b'], ['汉'], ['a/b']])(
    'throws SyntaxError for the subprotocols %j',
    (...protocols) => {
      expect(make(URL_, protocols)).toThrow(named('SyntaxError'));
    },
  );

  test('takes subprotocols that differ in case', () => {
    expect(make(URL_, ['echo', 'Echo'])().readyState).toBe(0);
  });

  test.each([
    ['http://house.test/v1/ws', 'ws://house.test/v1/ws'],
    ['https://house.test/v1/ws', 'wss://house.test/v1/ws'],
    ['WSS://HOUSE.test', 'wss://house.test/'],
  ])('shows %s as %s', (url, shown) => {
    expect(make(url)().url).toBe(shown);
  });

  test('starts connecting with nothing to show', () => {
    const { socket, transport } = world();
    expect(socket).toMatchObject({
      readyState: 0,
      bufferedAmount: 0,
      protocol: '',
      extensions: '',
      binaryType: 'blob',
      onopen: null,
      onmessage: null,
      onerror: null,
      onclose: null,
    });
    expect([socket.CONNECTING, socket.OPEN, socket.CLOSING, socket.CLOSED]).toEqual([0, 1, 2, 3]);
    expect([TeahouseSocket.CONNECTING, TeahouseSocket.CLOSED]).toEqual([0, 3]);
    expect(transport.opened).toEqual([{ url: URL_, protocols: ['teahouse.v1'] }]);
  });

  test('ignores a binaryType that does not exist', () => {
    const { socket } = world();
    socket.binaryType = 'arraybuffer';
    socket.binaryType = 'text' as BinaryType;
    expect(socket.binaryType).toBe('arraybuffer');
  });
});

describe('handlers', () => {
  test('keep their place among the listeners while they are replaced', () => {
    const { socket, transport } = world();
    const order: string[] = [];
    socket.onopen = () => order.push('never');
    socket.addEventListener('open', () => order.push('listener'));
    socket.onopen = () => order.push('handler');
    transport.link.open();
    transport.link.say(welcome());
    expect(order).toEqual(['handler', 'listener']);
  });

  test('go when set to null or to what is no function', () => {
    const { socket, transport } = world();
    const order: string[] = [];
    socket.onopen = () => order.push('handler');
    socket.onopen = 'no function' as unknown as null;
    expect(socket.onopen).toBeNull();
    transport.link.open();
    transport.link.say(welcome());
    expect(order).toEqual([]);
  });

  test('are called with the socket as this', () => {
    const { socket, transport } = world();
    let self: unknown;
    socket.onopen = function (this: unknown) {
      self = this;
    };
    transport.link.open();
    transport.link.say(welcome());
    expect(self).toBe(socket);
  });
});

describe('connecting', () => {
  test('says hello and is open from welcome on', () => {
    const w = world({
      token: 'TOKEN',
      name: 'unused',
      session: '9f86d081884c7d65',
      cursors: { '1024': { tail: 50 } },
      client: 'test/1',
    });
    w.transport.link.open();
    expect(w.transport.link.sent).toEqual([
      {
        type: 'hello',
        v: 1,
        token: 'TOKEN',
        session: '9f86d081884c7d65',
        cursors: { '1024': { tail: 50 } },
        client: 'test/1',
      },
    ]);
    expect(w.socket.readyState).toBe(0);
    w.transport.link.say(welcome());
    expect(w.socket.readyState).toBe(1);
    expect(w.socket.protocol).toBe('teahouse.v1');
    expect(w.told).toEqual(['open']);
  });

  test('a guest says its name', () => {
    const w = world({ name: '小满' });
    w.transport.link.open();
    expect(w.transport.link.sent[0]).toMatchObject({ name: '小满', cursors: {} });
  });

  test('send throws InvalidStateError', () => {
    expect(() => world().socket.send(send(1))).toThrow(named('InvalidStateError'));
  });

  test('a first connection that fails is the end: error, then close', () => {
    const w = world();
    w.transport.link.end();
    expect(w.told).toEqual(['error', 'close 1006 false']);
    expect(w.socket.readyState).toBe(3);
    expect(w.surroundings.watchers).toBe(0);
  });

  test('a patient one goes on trying', async () => {
    const w = world({ patient: true });
    await cut(w);
    expect(w.told).toEqual(['suspend']);
    w.transport.link.say(welcome());
    expect(w.told).toEqual(['suspend', 'open']);
  });

  test('no welcome within 10 s is a failure', async () => {
    const w = world();
    w.transport.link.open();
    await w.clock.pass(9_999);
    expect(w.told).toEqual([]);
    await w.clock.pass(1);
    expect(w.told).toEqual(['error', 'close 1006 false']);
  });

  test.each([
    ['name_taken', 4400],
    ['bad_token', 4401],
    ['version', 4426],
  ])('a hello refused with %s ends with %i and says why', (code, closes) => {
    const w = world({ patient: true });
    let refusal: unknown;
    w.socket.onerror = (e) => {
      refusal = e.refusal;
    };
    w.transport.link.open();
    w.transport.link.say({ type: 'error', code, message: 'No.', field: 'name' });
    expect(w.told).toEqual(['error', `close ${closes} true`]);
    expect(refusal).toMatchObject({ code, message: 'No.', field: 'name' });
  });

  test('a hello refused for now is tried again', async () => {
    const w = world({ patient: true });
    w.transport.link.open();
    w.transport.link.say({ type: 'error', code: 'store_busy', message: 'Later.', retry_ms: 7_000 });
    await w.clock.pass(6_999);
    expect(w.transport.links).toHaveLength(1);
    await w.clock.pass(1);
    expect(w.transport.links).toHaveLength(2);
  });
});

describe('close', () => {
  test.each([0, 999, 1001, 1005, 2999, 5000])('throws InvalidAccessError for %i', (code) => {
    expect(() => open().socket.close(code)).toThrow(named('InvalidAccessError'));
  });

  test('takes 123 bytes of reason and no more', () => {
    const { socket } = open();
    expect(() => socket.close(1000, `${'茶'.repeat(41)}x`)).toThrow(named('SyntaxError'));
    expect(socket.readyState).toBe(1);
    socket.close(1000, '茶'.repeat(41));
    expect(socket.readyState).toBe(2);
  });

  test('takes leave, waits for the answer, and tells its code', () => {
    const w = open();
    w.socket.close(3001, 'done');
    expect(w.socket.readyState).toBe(2);
    expect(w.transport.link.of('bye')).toHaveLength(1);
    expect(w.transport.link.closed).toEqual({ code: 3001, reason: 'done' });
    expect(w.told).toEqual(['open']);
    w.transport.link.end(3001, 'done');
    expect(w.told).toEqual(['open', 'close 3001 true']);
    expect(w.socket.readyState).toBe(3);
  });

  test('twice is once', () => {
    const w = open();
    w.socket.close(1000);
    w.socket.close(3000);
    w.transport.link.end(1000);
    w.socket.close();
    expect(w.told).toEqual(['open', 'close 1000 true']);
    expect(w.transport.link.of('bye')).toHaveLength(1);
  });

  test('before open fails the connection: error, then close 1006, both later', async () => {
    const w = world();
    w.socket.close();
    expect(w.socket.readyState).toBe(2);
    expect(w.told).toEqual([]);
    await w.clock.pass(0);
    expect(w.told).toEqual(['error', 'close 1006 false']);
    w.transport.link.open();
    w.transport.link.say(welcome());
    await w.clock.pass(60_000);
    expect(w.told).toHaveLength(2);
    expect(w.transport.links).toHaveLength(1);
  });

  test('while suspended ends without a way back', async () => {
    const w = open();
    w.transport.link.end();
    w.socket.close(1000);
    await w.clock.pass(60_000);
    expect(w.told).toEqual(['open', 'suspend', 'close 1006 false']);
    expect(w.transport.links).toHaveLength(1);
  });

  test('does not wait for ever for the answer', async () => {
    const w = open();
    w.socket.close(1000);
    await w.clock.pass(3_000);
    expect(w.told).toEqual(['open', 'close 1006 false']);
  });

  test('frames that come afterwards are not told', () => {
    const w = open({ cursors: { '1024': { tail: 0 } } });
    w.socket.close();
    w.transport.link.say(subscribed());
    expect(w.lines).toEqual([]);
  });

  test('by a listener ends the message it came in', () => {
    const w = open({ cursors: { '1024': { tail: 0 } } });
    w.socket.onmessage = () => w.socket.close();
    w.transport.link.say(subscribed(), event(1));
    expect(w.lines).toHaveLength(1);
  });

  test('send afterwards is counted and goes nowhere', () => {
    const w = open();
    w.socket.close();
    const line = send(1);
    w.socket.send(line);
    expect(w.socket.bufferedAmount).toBe(Buffer.byteLength(line));
    expect(w.transport.link.of('send')).toEqual([]);
  });
});

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
    const line = send(3);
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
    for (const ref of [1, 2, 3]) w.socket.send(send(ref));
    w.socket.send(send(4, 'tea'));
    w.transport.link.say({
      type: 'ack',
      ref: 1,
      room: '1024',
      cid: cidOf(1),
      seq: 1,
      at: 1,
    } as never);
    await cut(w);
    w.socket.send(send(5));
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
    w.socket.send(send(1));
    w.socket.send(send(9, '1024', { cid: cidOf(1) }));
    await cut(w);
    w.transport.link.say(welcome());
    expect(w.transport.link.of('send').map(({ ref }) => ref)).toEqual([9]);
  });

  test('after a refusal nothing overtakes on the next connection', async () => {
    const w = open();
    for (const ref of [1, 2, 3]) w.socket.send(send(ref));
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

  test('what was sent before a new head stays behind it', async () => {
    const w = open();
    for (const ref of [1, 2]) w.socket.send(send(ref));
    w.transport.link.say({ type: 'error', ref: 1, code: 'rate', message: 'Slow.', retry_ms: 900 });
    w.socket.send(send(3, '1024', { cid: cidOf(1), first: true }));
    await cut(w);
    w.transport.link.say(welcome());
    expect(w.transport.link.of('send').map(({ ref }) => ref)).toEqual([3]);
    expect(JSON.parse(w.lines.at(-1) ?? '')).toMatchObject({ ref: 2, code: 'out_of_order' });
  });

  test('a refusal for good lets the rest go on', async () => {
    const w = open();
    for (const ref of [1, 2]) w.socket.send(send(ref));
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
    w.transport.link.say(subscribed(), event(1), { type: 'live', room: '1024', seq: 1 } as never);
    w.transport.link.say({ type: 'ping', heads: { '1024': 2, other: 9 } } as never);
    expect(w.transport.link.of('subscribe')).toMatchObject([{ room: '1024', from: cursorAt(1) }]);
    expect(w.transport.link.of('pong')).toEqual([
      { type: 'pong', cursors: { '1024': cursorAt(1) } },
    ]);
  });

  test('events that were only late are not told twice', () => {
    const w = open(rooms);
    w.transport.link.say(subscribed(), event(1), { type: 'live', room: '1024', seq: 1 } as never);
    w.transport.link.say({ type: 'ping', heads: { '1024': 2 } } as never);
    const ref = w.transport.link.of('subscribe')[0]?.['ref'] as number;
    w.transport.link.say(event(2), subscribed({ ref, from: cursorAt(1) }), event(2), event(3));
    expect(w.seqs()).toEqual([1, 2, 3]);
  });

  test('behind and reset move the cursor', () => {
    const w = open(rooms);
    w.transport.link.say(subscribed(), event(1));
    w.transport.link.say({ type: 'behind', room: '1024', from: cursorAt(8), head: 9 } as never);
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
    w.transport.link.say({ type: 'close', code: 4300, reason: 'unreadable_cursors' } as never);
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
    w.transport.link.say({ type: 'close', code, reason, retry_ms: 1_240 } as never);
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
    w.transport.link.say({ type: 'authed', ref: 7 } as never);
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
    w.transport.link.say({ type: 'pong', ref, now: 0 } as never);
    expect(w.socket.delay_ms).toBe(11);
    expect(w.lines).toEqual([]);
  });

  test('passes on the pong to a ping from outside', () => {
    const w = open();
    w.socket.send('{"type":"ping","ref":6}');
    w.transport.link.say({ type: 'pong', ref: 6, now: 0 } as never);
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

test('message events carry the frame as an object too', () => {
  const w = open();
  let told: FrameEvent | undefined;
  w.socket.onmessage = (e) => {
    told = e;
  };
  w.transport.link.say({ type: 'drain', retry_ms: 5 } as never);
  expect(told).toMatchObject({ origin: 'ws://house.test', frame: { type: 'drain', retry_ms: 5 } });
});
