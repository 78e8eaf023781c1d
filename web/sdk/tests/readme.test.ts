/** The examples of README.md run, against a server in memory. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { TeahouseSocket } from '../src/connection.js';
import { House, type HouseOptions } from '../src/house.js';
import { webSocketTransport } from '../src/transport/websocket.js';
import { town } from './world/house.js';
import { Page } from './world/network.js';

const README = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const EXAMPLES = [...README.matchAll(/```js\n([\s\S]*?)```/g)].map(([, code = '']) => code);

/** Runs an example for some seconds and answers what it printed. */
async function run(code: string): Promise<string[]> {
  const { clock, server } = town();
  server.post('1024', '早');
  const page = new Page(clock, server);
  const printed: string[] = [];
  const log = (line: string) => printed.push(line);
  const HouseHere = class extends House {
    constructor(options: HouseOptions) {
      super({ ...options, clock: page, webSocket: page.WebSocket });
    }
  };
  const SocketHere = class extends TeahouseSocket {
    constructor(...[url, protocols, options]: ConstructorParameters<typeof TeahouseSocket>) {
      super(url, protocols, {
        ...options,
        clock: page,
        transports: [webSocketTransport(page.WebSocket)],
      });
    }
  };
  const body = code.replace(/^import .*$/m, '');
  const AsyncFunction = (async () => {}).constructor as new (...args: string[]) => typeof start;
  const start = async (..._: unknown[]): Promise<void> => {};
  const example = new AsyncFunction('House', 'TeahouseSocket', 'console', body);
  const running = example(HouseHere, SocketHere, { log });
  await clock.pass(5_000);
  await running;
  await clock.pass(5_000);
  return printed;
}

test('the first example has ten lines and talks', async () => {
  const [code = ''] = EXAMPLES;
  expect(code.split('\n').filter((line) => line !== '')).toHaveLength(10);
  expect(await run(code)).toEqual(['(connecting)', '(live)', 'Bob: 早', '小满: 你好']);
});

test('the second example prints frames', async () => {
  const printed = await run(EXAMPLES[1] ?? '');
  const types = printed.map((line) => (JSON.parse(line) as { type: string }).type);
  expect(types).toEqual(['subscribed', 'event', 'live']);
});
