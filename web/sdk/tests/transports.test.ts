/** The same room over four transports, before a server in memory that obeys docs/protocol.md. */
import { describe, expect, test, vi } from 'vitest';
import type { ClientOptions } from '../src/client.js';
import { TeahouseSocket } from '../src/connection.js';
import { TRANSPORTS, type TransportName } from '../src/transport/transport.js';
import type { HttpPath } from './world/exchange.js';
import { town } from './world/house.js';
import { FAIR, Page, type Weather } from './world/network.js';
import { TestSurroundings } from './world/script.js';
import { sendLine } from './world/socket.js';

const SECOND = 1_000;
const HTTP = TRANSPORTS.filter((name) => name !== 'websocket');
const WHOLE_MINUTE = 60 * SECOND;

/** A socket on a page, everything it told, and its server. */
function talk(options: ClientOptions = {}, w = town(['1024', 'tea'])) {
  const { clock, server } = w;
  const page = new Page(clock, server);
  const surroundings = new TestSurroundings();
  const told: string[] = [];
  const lines: string[] = [];
  const socket = new TeahouseSocket('ws://house.test/tea/v1/ws', undefined, {
    clock: page,
    surroundings,
    random: () => 0.5,
    fetch: page.fetch,
    webSocket: page.WebSocket,
    patient: true,
    cursors: { 1024: { tail: 50 } },
    ...options,
  });
  for (const type of ['open', 'suspend', 'resume', 'close', 'transport'] as const) {
    socket.addEventListener(type, (e) => {
      const { code, transport } = e as Event & { code?: number; transport?: string };
      told.push([type, code ?? transport].filter((part) => part !== undefined).join(' '));
    });
  }
  socket.addEventListener('message', ({ data }) => lines.push(data));
  const frames = () => lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  const of = (type: string) => frames().filter((frame) => frame['type'] === type);
  const seqs = () => of('event').map(({ seq }) => seq);
  const weather = (changes: Partial<Weather>) => {
    page.weather = { ...page.weather, ...changes };
  };
  return { clock, server, page, surroundings, socket, told, lines, of, seqs, weather };
}

/** Lets nothing through but these. */
function only(...names: (HttpPath | 'websocket')[]): Partial<Weather> {
  return { blocked: (path) => (names.includes(path) ? undefined : 'refused') };
}

/** A page on which a transport cannot work, from the beginning. */
function behind(changes: Partial<Weather>, options: ClientOptions = {}) {
  const w = talk(options);
  w.weather(changes);
  return w;
}

function count(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}

describe.each(TRANSPORTS)('over %s', (transport) => {
  test('a guest reads and writes, each event once and in order', async () => {
    const w = talk({ transport, name: '小满' });
    w.server.post('1024', 'before');
    await w.clock.pass(SECOND);
    expect(w.told).toEqual(['open', `transport ${transport}`]);
    expect(w.socket.transport).toBe(transport);
    for (const ref of count(1, 5)) w.socket.send(sendLine(ref));
    w.server.post('1024', 'meanwhile');
    await w.clock.pass(40 * SECOND);
    expect(w.seqs()).toEqual(count(1, 7));
    expect(w.of('ack').map(({ ref }) => ref)).toEqual(count(1, 5));
    expect(w.socket.bufferedAmount).toBe(0);
    expect(w.server.people.size).toBe(1);
    expect(w.told).toHaveLength(2);
  });

  test('rooms come and go, under the refs by which they were asked for', async () => {
    const w = talk({ transport });
    await w.clock.pass(SECOND);
    w.server.post('tea', 'one');
    w.socket.send('{"type":"subscribe","ref":7,"room":"tea","from":{"tail":5}}');
    w.socket.send('{"type":"subscribe","ref":8,"room":"none","from":"head"}');
    await w.clock.pass(10 * SECOND);
    expect(w.of('subscribed').at(-1)).toMatchObject({ ref: 7, room: { id: 'tea' } });
    expect(w.of('error')).toMatchObject([{ ref: 8, code: 'no_such_room' }]);
    w.socket.send('{"type":"unsubscribe","ref":9,"room":"tea"}');
    await w.clock.pass(SECOND);
    expect(w.of('unsubscribed')).toMatchObject([{ ref: 9, room: 'tea' }]);
    w.server.post('tea', 'two');
    w.server.post('1024', 'three');
    await w.clock.pass(40 * SECOND);
    expect(w.of('event').map(({ room, seq }) => `${room} ${seq}`)).toEqual(['tea 1', '1024 1']);
    expect(w.socket.bufferedAmount).toBe(0);
    expect(w.told).toHaveLength(2);
  });

  test('lives for an hour without a word to anybody', async () => {
    const w = talk({ transport });
    await w.clock.pass(60 * WHOLE_MINUTE);
    w.server.post('1024', 'late');
    await w.clock.pass(40 * SECOND);
    expect(w.seqs()).toEqual([1]);
    expect(w.told).toEqual(['open', `transport ${transport}`]);
    // A poll is a request; whoever polls sends nothing else.
    expect(w.server.requests['send'] ?? 0).toBeLessThanOrEqual(1);
  });

  test('comes back from a lost connection with its cursors and what was not answered', async () => {
    const w = talk({ transport });
    await w.clock.pass(SECOND);
    w.server.post('1024', 'one');
    await w.clock.pass(4 * SECOND);
    w.weather({ reachable: () => false });
    w.page.cut();
    w.socket.send(sendLine(1));
    w.socket.send(sendLine(2));
    w.server.post('1024', 'two');
    await w.clock.pass(90 * SECOND);
    expect(w.told.slice(2)).toContain('suspend');
    w.weather(FAIR);
    await w.clock.pass(40 * SECOND);
    expect(w.seqs()).toEqual(count(1, 4));
    expect(w.of('ack').map(({ ref }) => ref)).toEqual([1, 2]);
    expect(w.told.at(-1)).toBe('resume');
  });

  test('leaves with a word, and nothing goes on afterwards', async () => {
    const w = talk({ transport });
    await w.clock.pass(SECOND);
    w.socket.send(sendLine(1));
    w.socket.close(3001, 'done');
    await w.clock.pass(SECOND);
    expect(w.told.at(-1)).toBe('close 3001');
    expect(w.server.log('1024')).toHaveLength(1);
    expect([w.page.wires.size, w.server.connections.size]).toEqual([0, 0]);
    const { asked } = w.server;
    if (transport !== 'websocket') expect(asked.at(-1)?.lines.at(-1)).toEqual({ type: 'bye' });
    const before = asked.length;
    await w.clock.pass(WHOLE_MINUTE);
    expect(asked).toHaveLength(before);
    expect(w.surroundings.watchers).toBe(0);
  });

  test('a page that is seen again asks whether it lives, and stays', async () => {
    const w = talk({ transport });
    await w.clock.pass(10 * SECOND);
    w.surroundings.change('seen');
    await w.clock.pass(10 * SECOND);
    w.surroundings.change('online');
    await w.clock.pass(WHOLE_MINUTE);
    expect(w.told).toEqual(['open', `transport ${transport}`]);
    w.weather({ reachable: () => false, notice_ms: () => undefined });
    w.page.cut();
    w.surroundings.change('seen');
    await w.clock.pass(15 * SECOND);
    expect(w.told).toContain('suspend');
  });

  test('a token that nobody has is the end', async () => {
    const w = talk({ transport, token: 'NOBODY' });
    let refusal: unknown;
    w.socket.onerror = (e) => {
      refusal = e.refusal;
    };
    await w.clock.pass(SECOND);
    expect(w.told).toEqual(['close 4401']);
    expect(refusal).toMatchObject({ code: 'bad_token' });
  });

  test('without a network it is suspended, and tries again', async () => {
    const w = behind({ reachable: () => false }, { transport });
    await w.clock.pass(5 * SECOND);
    expect(new Set(w.told)).toEqual(new Set(['suspend']));
    w.weather(FAIR);
    w.socket.retryNow();
    await w.clock.pass(SECOND);
    expect(w.socket.transport).toBe(transport);
  });
});

describe.each(HTTP)('sending beside %s', (transport) => {
  const sends = (w: ReturnType<typeof talk>) =>
    w.server.asked.filter(({ path, lines }) => path === 'send' && lines[1]?.type === 'send');

  test('one request is under way, and what is given meanwhile goes together', async () => {
    const w = talk({ transport });
    await w.clock.pass(SECOND);
    w.socket.send(sendLine(1));
    await w.clock.pass(5);
    for (const ref of [2, 3, 4]) w.socket.send(sendLine(ref));
    await w.clock.pass(SECOND);
    expect(sends(w).map(({ lines }) => lines.slice(1).map(({ ref }) => ref))).toEqual([
      [1],
      [2, 3, 4],
    ]);
    const [hello] = sends(w)[0]?.lines ?? [];
    const { session } = w.socket.welcome ?? {};
    expect(hello).toEqual({
      type: 'hello',
      v: 1,
      token: 'TOKEN-1',
      session,
      cursors: {},
      brief: true,
    });
  });

  test('a body has at most 64 KiB, and nothing overtakes', async () => {
    const w = talk({ transport });
    await w.clock.pass(SECOND);
    const text = '茶'.repeat(5_000);
    for (const ref of count(1, 12)) w.socket.send(sendLine(ref, '1024', { body: { text } }));
    await w.clock.pass(5 * SECOND);
    expect(sends(w).length).toBeGreaterThan(2);
    for (const { bytes } of sends(w)) expect(bytes).toBeLessThanOrEqual(65_536);
    expect(w.of('ack').map(({ ref }) => ref)).toEqual(count(1, 12));
    expect(w.of('ack').map(({ seq }) => seq)).toEqual(count(1, 12));
  });

  test('a request that failed repeats what was not answered, the head of each room with first', async () => {
    const w = talk({ transport, cursors: { 1024: 'head', tea: 'head' } });
    await w.clock.pass(SECOND);
    let failures = 1;
    w.weather({
      blocked: (path) => (path === 'send' && failures-- > 0 ? 'refused' : undefined),
    });
    for (const [ref, room] of [
      [1, '1024'],
      [2, 'tea'],
      [3, '1024'],
    ] as const) {
      w.socket.send(sendLine(ref, room));
    }
    await w.clock.pass(5 * SECOND);
    const [again] = sends(w);
    expect(again?.lines.slice(1).map(({ ref, first }) => [ref, first])).toEqual([
      [1, true],
      [2, true],
      [3, undefined],
    ]);
    expect(w.told).toHaveLength(2);
  });

  test('what was given after a refusal does not overtake in the next request', async () => {
    const w = talk({ transport });
    await w.clock.pass(SECOND);
    w.server.faults = {
      refuse: ({ type, ref }) => (type === 'send' && ref === 1 ? { code: 'rate' } : undefined),
    };
    w.socket.send(sendLine(1));
    await w.clock.pass(5);
    w.socket.send(sendLine(2));
    await w.clock.pass(5 * SECOND);
    expect(w.of('error').map(({ ref, code }) => [ref, code])).toEqual([
      [1, 'rate'],
      [2, 'out_of_order'],
    ]);
    expect(w.server.log('1024')).toEqual([]);
  });

  test('when sending fails and fails again, the connection is lost', async () => {
    const w = talk({ transport });
    await w.clock.pass(SECOND);
    w.weather(only(transport, 'poll'));
    w.socket.send(sendLine(1));
    await w.clock.pass(5 * SECOND);
    expect(w.told).toContain('suspend');
    w.weather({ blocked: () => undefined });
    await w.clock.pass(30 * SECOND);
    expect(w.of('ack')).toHaveLength(1);
  });

  test('typing is told over a stream, and not while polling', async () => {
    const w = talk({ transport });
    await w.clock.pass(SECOND);
    w.socket.send('{"type":"typing","room":"1024","on":true}');
    await w.clock.pass(SECOND);
    const told = w.server.asked.some(({ lines }) => lines.some(({ type }) => type === 'typing'));
    expect(told).toBe(transport === 'stream');
  });
});

describe('polling', () => {
  test('the first hello is full, the later ones brief with the cursors', async () => {
    const w = talk({ transport: 'long_poll', client: 'test/1', cost: true });
    w.server.post('1024', 'one');
    await w.clock.pass(SECOND);
    const [first, second] = w.server.asked;
    expect([first?.wait_s, second?.wait_s]).toEqual([0, 25]);
    expect(first?.lines).toEqual([
      { type: 'hello', v: 1, cursors: { 1024: { tail: 50 } }, client: 'test/1', cost: true },
    ]);
    expect(second?.lines).toEqual([
      {
        type: 'hello',
        v: 1,
        token: 'TOKEN-1',
        session: w.socket.welcome?.session,
        cursors: { 1024: w.server.cursor('1024', 1) },
        brief: true,
        cost: true,
      },
    ]);
  });

  test('the server names the pause, or poll_ms does', async () => {
    const polls = async (options: ClientOptions) => {
      const w = talk({ transport: 'poll', ...options });
      await w.clock.pass(WHOLE_MINUTE);
      return w.server.requests['poll'];
    };
    expect(await polls({})).toBeCloseTo(20, -1);
    expect(await polls({ poll_ms: 10_000 })).toBe(6);
  });

  test('whoever has spoken polls at once, unless the pause is fixed', async () => {
    const polls = async (options: ClientOptions) => {
      const w = talk({ transport: 'poll', ...options });
      await w.clock.pass(1_500);
      const before = w.server.requests['poll'] ?? 0;
      w.socket.send(sendLine(1));
      await w.clock.pass(100);
      return (w.server.requests['poll'] ?? 0) - before;
    };
    expect(await polls({})).toBe(1);
    expect(await polls({ poll_ms: 60_000 })).toBe(0);
  });

  test('somebody on the way who cuts long answers gets shorter ones', async () => {
    const w = talk({ transport: 'long_poll' });
    await w.clock.pass(SECOND);
    for (let i = 0; i < 40; i += 1) {
      await w.clock.pass(5 * SECOND);
      w.page.cut();
    }
    expect(w.told).toEqual(['open', 'transport long_poll']);
    expect(w.server.asked.at(-1)?.wait_s).toBeLessThanOrEqual(7);
  });

  test('after an answer that was cut everything is told again: who is here, too', async () => {
    const w = talk({ transport: 'long_poll' });
    await w.clock.pass(5 * SECOND);
    const before = w.server.asked.length;
    w.page.cut();
    await w.clock.pass(SECOND);
    const [full, next] = w.server.asked.slice(before).map(({ lines }) => lines[0]);
    expect(full).not.toHaveProperty('brief');
    expect(next).toHaveProperty('brief', true);
    expect(w.told).toEqual(['open', 'transport long_poll']);
  });
});

test.each([
  { transport: 'pigeon' as 'poll' },
  { transport: 'websocket', webSocket: undefined },
] as const)('a transport that is not there is told at once: %j', (options) => {
  vi.stubGlobal('WebSocket', undefined);
  const make = () =>
    new TeahouseSocket('ws://house.test/v1/ws', undefined, options as ClientOptions);
  expect(make).toThrow(TypeError);
  vi.unstubAllGlobals();
});

test('storage that refuses to keep anything stops nobody', async () => {
  const w = talk();
  w.surroundings.memory.setItem = () => {
    throw new DOMException('full', 'QuotaExceededError');
  };
  await w.clock.pass(SECOND);
  expect(w.told).toEqual(['open', 'transport websocket']);
});

describe('choosing', () => {
  test.each<[string, Partial<Weather>, TransportName]>([
    ['everything works', {}, 'websocket'],
    ['WebSocket is refused', only('stream', 'long_poll', 'poll', 'send'), 'stream'],
    [
      'WebSocket hangs',
      { blocked: (path) => (path === 'websocket' ? 'hung' : undefined) },
      'stream',
    ],
    [
      'streams are held back as well',
      { ...only('stream', 'long_poll', 'poll', 'send'), buffers: () => true },
      'long_poll',
    ],
    ['only polling is let through', only('poll', 'send'), 'poll'],
  ])('a new guest, and %s', async (_, weather, expected) => {
    const w = behind(weather, { name: '小满' });
    await w.clock.pass(5 * WHOLE_MINUTE);
    expect(w.socket.transport).toBe(expected);
    expect(w.server.people.size).toBe(1);
    for (const ref of [1, 2, 3]) w.socket.send(sendLine(ref));
    await w.clock.pass(10 * SECOND);
    expect(w.seqs()).toEqual([1, 2, 3]);
    w.weather(FAIR);
    w.weather({ blocked: () => undefined, buffers: () => false });
    await w.clock.pass(10 * WHOLE_MINUTE);
    expect(w.socket.transport).toBe('websocket');
    expect(w.server.people.size).toBe(1);
    w.socket.send(sendLine(4));
    await w.clock.pass(10 * SECOND);
    expect(w.seqs()).toEqual([1, 2, 3, 4]);
    expect(w.socket.bufferedAmount).toBe(0);
  });

  test('who is known races, and the first welcome wins', async () => {
    const w = town();
    const { token } = w.server.guest('Ada');
    const t = talk({ token }, w);
    t.weather({ blocked: (path) => (path === 'websocket' ? 'hung' : undefined) });
    await t.clock.pass(2_499);
    expect(t.told).toEqual([]);
    await t.clock.pass(50);
    expect(t.told).toEqual(['open', 'transport stream']);
  });

  test('a server that restarts demotes nobody', async () => {
    const w = talk();
    await w.clock.pass(WHOLE_MINUTE);
    for (let i = 0; i < 5; i += 1) {
      w.server.stop();
      w.page.cut();
      w.server.isUp = false;
      await w.clock.pass(7 * SECOND);
      w.server.isUp = true;
      await w.clock.pass(WHOLE_MINUTE);
      expect(w.socket.transport).toBe('websocket');
    }
    expect(new Set(w.told)).toEqual(new Set(['open', 'transport websocket', 'suspend', 'resume']));
    expect([...w.surroundings.memory.values.values()].join()).toContain('websocket');
  });

  test('a server that is gone for an hour demotes nobody', async () => {
    const w = talk();
    await w.clock.pass(WHOLE_MINUTE);
    w.server.stop();
    w.page.cut();
    await w.clock.pass(60 * WHOLE_MINUTE);
    w.server.isUp = true;
    await w.clock.pass(WHOLE_MINUTE);
    expect(w.socket.transport).toBe('websocket');
    expect(w.server.people.size).toBe(1);
  });

  test('a page that is opened again begins with what worked', async () => {
    const first = behind(only('stream', 'send', 'poll', 'long_poll'));
    await first.clock.pass(WHOLE_MINUTE);
    expect([...first.surroundings.memory.values]).toEqual([
      ['teahouse:ws://house.test/tea/v1/ws', expect.stringMatching(/^stream \d+$/)],
    ]);
  });

  test('WebSockets that break again and again are left for a stream', async () => {
    const w = talk();
    for (let i = 0; i < 3; i += 1) {
      await w.clock.pass(3 * SECOND);
      w.page.cut();
    }
    await w.clock.pass(3 * SECOND);
    expect(w.socket.transport).toBe('stream');
  });
});

describe('going up', () => {
  /** Somebody on a stream, and a WebSocket that works from now on. */
  async function below(options: ClientOptions = {}) {
    const w = behind(only('stream', 'long_poll', 'poll', 'send'), options);
    await w.clock.pass(20 * SECOND);
    expect(w.socket.transport).toBe('stream');
    w.weather({ blocked: () => undefined });
    return w;
  }

  test('happens without a gap, and without a suspension', async () => {
    const w = await below();
    let ref = 0;
    for (let i = 0; i < 600; i += 1) {
      w.socket.send(sendLine(++ref));
      w.server.post('1024', `other ${i}`);
      await w.clock.pass(100);
    }
    await w.clock.pass(SECOND);
    expect(w.socket.transport).toBe('websocket');
    expect(w.told).not.toContain('suspend');
    expect(w.seqs()).toEqual(count(1, 1_200));
    expect(w.of('ack').map(({ ref }) => ref)).toEqual(count(1, 600));
    expect(w.server.requests['websocket']).toBe(1);
    expect([...w.page.wires]).toHaveLength(1);
  });

  test('is tried at once when the network changes', async () => {
    const w = await below();
    await w.clock.pass(20 * SECOND);
    w.surroundings.change('online');
    await w.clock.pass(SECOND);
    expect(w.socket.transport).toBe('websocket');
  });

  test('waits while nobody looks', async () => {
    const w = await below();
    w.surroundings.isHidden = true;
    await w.clock.pass(10 * WHOLE_MINUTE);
    expect(w.socket.transport).toBe('stream');
    w.surroundings.change('seen');
    await w.clock.pass(SECOND);
    expect(w.socket.transport).toBe('websocket');
  });

  test('what is under way is answered first, and what was given meanwhile follows', async () => {
    const w = await below();
    w.weather({ latency_ms: () => 400 });
    w.surroundings.change('online');
    await w.clock.pass(20 * SECOND);
    w.surroundings.change('online');
    for (const ref of count(1, 30)) {
      w.socket.send(sendLine(ref));
      await w.clock.pass(100);
    }
    await w.clock.pass(5 * SECOND);
    expect(w.socket.transport).toBe('websocket');
    expect(w.seqs()).toEqual(count(1, 30));
    expect(w.of('ack').map(({ ref }) => ref)).toEqual(count(1, 30));
    expect(w.of('ack').filter(({ repeat }) => repeat)).toEqual([]);
  });

  test('is given up for a room that is opened meanwhile, and tried again at once', async () => {
    const w = await below();
    w.weather({ latency_ms: () => 1_000 });
    w.surroundings.change('online');
    await w.clock.pass(20 * SECOND);
    w.surroundings.change('online');
    await w.clock.pass(SECOND);
    w.socket.send('{"type":"subscribe","ref":7,"room":"tea","from":"head"}');
    await w.clock.pass(15 * SECOND);
    expect(w.socket.transport).toBe('websocket');
    w.server.post('tea', 'one');
    await w.clock.pass(5 * SECOND);
    expect(w.of('event')).toHaveLength(1);
  });

  test('the new one carries on when the old one breaks meanwhile', async () => {
    const w = behind(only('stream', 'long_poll', 'poll', 'send'));
    await w.clock.pass(WHOLE_MINUTE);
    w.weather({ blocked: () => undefined, latency_ms: () => SECOND });
    await w.clock.pass(10 * SECOND);
    w.surroundings.change('online');
    await w.clock.pass(2_500);
    w.socket.send(sendLine(1));
    await w.clock.pass(SECOND);
    // The WebSocket is live, and the answer to what was sent is not here yet.
    expect(w.socket.transport).toBe('stream');
    for (const wire of [...w.page.wires]) if (wire.path !== 'websocket') wire.cut();
    await w.clock.pass(100);
    expect(w.socket.transport).toBe('websocket');
    await w.clock.pass(10 * SECOND);
    expect(w.seqs()).toEqual([1]);
    expect(w.of('ack')).toHaveLength(1);
    expect(w.told).not.toContain('suspend');
    expect(w.socket.transport).toBe('websocket');
  });
});
