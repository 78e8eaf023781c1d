/** A socket whose server is the test, and everything it tells. */
import { expect } from 'vitest';
import type { ClientOptions } from '../../src/client.js';
import { TeahouseSocket } from '../../src/connection.js';
import { cidOf, welcome } from './frames.js';
import { ScriptTransport, TestSurroundings } from './script.js';
import { TestClock } from './time.js';

export const URL_ = 'ws://house.test/v1/ws';

/** A socket, the other end of its transport, and everything it told. */
export function world(options: ClientOptions = {}) {
  const clock = new TestClock();
  const transport = new ScriptTransport();
  const surroundings = new TestSurroundings();
  const socket = new TeahouseSocket(URL_, undefined, {
    transports: [transport],
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

export function open(options: ClientOptions = {}) {
  const w = world(options);
  w.transport.link.open();
  w.transport.link.say(welcome());
  return w;
}

/** Loses the connection and waits until the next attempt has begun. */
export async function cut(w: ReturnType<typeof world>): Promise<void> {
  const before = w.transport.links.length;
  w.transport.link.end();
  await w.clock.pass(1_000);
  expect(w.transport.links).toHaveLength(before + 1);
  w.transport.link.open();
}

/** A `send` whose cid belongs to its ref. */
export function sendLine(ref: number, room = '1024', extra: object = {}): string {
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
