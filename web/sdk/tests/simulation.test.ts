/**
 * A person who writes in two rooms over a network that breaks anywhere and blocks one transport or
 * another, with a server that refuses, repeats, loses, drains and restarts, and with tabs that are
 * closed without a word. Whatever happens: each event is told once and in order, nothing written is
 * lost, own messages keep their order, and whoever chooses ends on the best transport.
 *
 * Each seed is a different life. `TEAHOUSE_SEED=n` runs that one; `TEAHOUSE_SEEDS=n` the first n.
 */
import { expect, test } from 'vitest';
import type { EventBody } from '../src/frame.js';
import { type Keep, memoryKeep, type OutboxItem } from '../src/keep.js';
import { TRANSPORTS } from '../src/transport/transport.js';
import type { HttpPath } from './world/exchange.js';
import { visit } from './world/house.js';
import { FAIR, Page, type Weather } from './world/network.js';
import { testMemory } from './world/script.js';
import { TestServer } from './world/server.js';
import { seeded, settle, TestClock } from './world/time.js';

const ROOMS = ['1024', 'tea'];
const ACTIONS = 60;
const SEEDS = Number(process.env['TEAHOUSE_SEEDS'] ?? 150);

class Life {
  readonly random: () => number;
  readonly clock = new TestClock();
  readonly server = new TestServer(this.clock, ROOMS);
  readonly keep: Keep;
  /** What was written and durably kept, by room. */
  readonly written = new Map<string, string[]>(ROOMS.map((room) => [room, []]));
  /** What each visit was told, by room: the seqs. */
  readonly told: { room: string; seqs: number[] }[] = [];
  /** Holes that were told; there are none in these lives. */
  readonly holes: object[] = [];
  /** What went wrong, so that a life without trouble is noticed. */
  readonly trouble = { resumes: 0, refusals: 0, repeats: 0, reloads: 0, blocks: 0, restarts: 0 };
  /** What carried the frames, and how often it became another one. */
  readonly carried: Record<string, number> = {};
  readonly transport: 'auto' | (typeof TRANSPORTS)[number];
  readonly #memory = testMemory();
  #blocks: Partial<Record<HttpPath | 'websocket', 'refused' | 'hung'>> = {};
  #isBuffered = false;
  visit!: ReturnType<typeof visit>;
  isFair = false;
  #refusing_until = 0;
  #count = 0;

  constructor(seed: number) {
    this.random = seeded(seed);
    this.transport = this.chance(0.6) ? 'auto' : (TRANSPORTS[this.below(4)] ?? 'auto');
    const keep = memoryKeep();
    const addOutbox = (item: OutboxItem) => {
      this.written.get(item.room)?.push(labelOf(item.kind, item));
      return keep.addOutbox(item);
    };
    this.keep = slowly({ ...keep, addOutbox }, this.clock, this.random);
    this.server.faults = {
      refuse: ({ type }) => this.#refusal(type),
      copies: () => (this.isFair || this.chance(0.9) ? 1 : this.below(3)),
      repeated: () => {
        this.trouble.repeats += 1;
      },
      ackFirst: () => this.chance(0.5),
    };
  }

  below(n: number): number {
    return Math.floor(this.random() * n);
  }

  chance(p: number): boolean {
    return this.random() < p;
  }

  /** A new page, as after a reload. */
  open(): void {
    const page = new Page(this.clock, this.server);
    page.weather = this.isFair ? FAIR : this.#weather();
    const { random, transport } = this;
    this.visit = visit(this.server, this.keep, { random, transport }, page);
    this.visit.surroundings.memory = this.#memory;
    this.visit.house.on('transport', (name) => {
      this.carried[name] = (this.carried[name] ?? 0) + 1;
    });
    for (const id of ROOMS) {
      const heard = { room: id, seqs: [] as number[] };
      this.told.push(heard);
      const room = this.visit.house.room(id);
      room.on('events', (events) => heard.seqs.push(...events.map(({ seq }) => seq)));
      room.on('hole', (hole) => this.holes.push({ room: id, ...hole }));
      room.open(200);
    }
    this.visit.house.on('back', () => {
      this.trouble.resumes += 1;
    });
    this.visit.house.enter('Ada').catch(() => {});
  }

  async act(): Promise<void> {
    const room = ROOMS[this.below(ROOMS.length)] ?? '1024';
    const dice = this.below(23);
    if (dice < 9) this.#write(room);
    else if (dice < 13) this.server.post(room, `other ${this.#count++}`);
    else if (dice < 15) this.visit.page.cut();
    else if (dice < 16) this.#refusing_until = this.clock.now() + this.below(4_000);
    else if (dice < 17) this.#end();
    else if (dice < 18) this.visit.surroundings.change(this.chance(0.5) ? 'online' : 'seen');
    else if (dice < 19) this.visit.surroundings.isHidden = this.chance(0.3);
    else if (dice < 20) this.chance(0.4) && this.#reload();
    else if (dice < 22) this.#block();
    else this.#restart();
    await this.clock.pass(this.below(this.chance(0.2) ? 45_000 : 400));
  }

  /** Nothing goes wrong any more. */
  async calm(): Promise<void> {
    this.isFair = true;
    this.visit.page.weather = FAIR;
    this.visit.surroundings.change('seen');
    await this.clock.pass(1_000_000);
  }

  /** Somebody on the way lets other things through than before. */
  #block(): void {
    this.trouble.blocks += 1;
    this.#blocks = {};
    for (const path of [...TRANSPORTS, 'send'] as const) {
      const isHit = this.chance(path === 'websocket' ? 0.6 : path === 'send' ? 0.1 : 0.3);
      if (isHit) this.#blocks[path] = this.chance(0.5) ? 'refused' : 'hung';
    }
    this.#isBuffered = this.chance(0.3);
    if (this.chance(0.5)) this.visit.page.cut();
  }

  /** The process ends and begins again; all of its connections break. */
  #restart(): void {
    this.trouble.restarts += 1;
    this.server.stop();
    this.visit.page.cut();
    this.clock.after(this.below(8_000), () => {
      this.server.isUp = true;
    });
  }

  #write(id: string): void {
    const room = this.visit.house.room(id);
    const text = `mine ${this.#count++}`;
    const target = 1 + this.below(this.server.log(id).length + 1);
    const dice = this.below(12);
    const written =
      dice < 7
        ? room.send(text, { target: dice < 2 ? target : undefined })
        : dice < 9
          ? room.react(target, text, this.chance(0.6))
          : dice < 10
            ? room.edit(target, text)
            : dice < 11
              ? room.pin(target, this.chance(0.5))
              : room.remove(target);
    // Whoever closes the page before it is kept, loses it: the composer still has the text.
    written.catch(() => {});
  }

  #end(): void {
    const [connection] = this.visit.page.connections;
    const codes = [4001, 4002, 4010, 4011, 4100, 4101, 1001, 1011];
    connection?.end(codes[this.below(codes.length)] ?? 4001, 'x', this.below(3_000));
  }

  #reload(): void {
    this.trouble.reloads += 1;
    this.visit.page.kill();
    this.open();
  }

  #refusal(type: string): { code: string; retry_ms?: number } | undefined {
    if (this.isFair || this.clock.now() > this.#refusing_until) return undefined;
    const codes = { send: ['rate', 'slow_mode', 'store_busy', 'draining', 'internal'] };
    const list = type === 'send' ? codes.send : type === 'subscribe' ? ['store_busy'] : [];
    const code = list[this.below(list.length)];
    if (code === undefined || this.chance(0.4)) return undefined;
    this.trouble.refusals += 1;
    return this.chance(0.5) ? { code, retry_ms: this.below(1_500) } : { code };
  }

  #weather(): Weather {
    const p = this.random() * 0.06;
    return {
      latency_ms: () => 1 + this.below(this.chance(0.1) ? 900 : 60),
      cut: () => (this.chance(p) ? (this.chance(0.5) ? 'before' : 'after') : undefined),
      notice_ms: () => (this.chance(0.3) ? undefined : this.below(6_000)),
      reachable: () => this.chance(0.85),
      blocked: (path) => this.#blocks[path],
      buffers: () => this.#isBuffered,
      split: this.random,
    };
  }
}

type Sent = Pick<EventBody, 'text' | 'target' | 'emoji' | 'on'>;

/** What was sent, as the outbox has it and as the log has it. */
function labelOf(kind = 'message', { text, target, emoji, on }: Sent): string {
  return [kind, target, text || emoji, on].join(' ');
}

/** A keep that takes its time, as storage does. Its operations end with the order they began in. */
function slowly(keep: Keep, clock: TestClock, random: () => number): Keep {
  const later = async <T>(f: () => Promise<T>): Promise<T> => {
    await new Promise<void>((resolve) => clock.after(random() * 8, resolve));
    return f();
  };
  return {
    identity: () => later(() => keep.identity()),
    saveIdentity: (v) => later(() => keep.saveIdentity(v)),
    outbox: () => later(() => keep.outbox()),
    addOutbox: (v) => later(() => keep.addOutbox(v)),
    updateOutbox: (v) => later(() => keep.updateOutbox(v)),
    removeOutbox: (v) => later(() => keep.removeOutbox(v)),
  };
}

async function live(seed: number): Promise<Life> {
  const life = new Life(seed);
  life.open();
  for (let i = 0; i < ACTIONS; i += 1) await life.act();
  await life.calm();
  await settle();
  return life;
}

function check(life: Life, outbox: number): void {
  for (const { room, seqs } of life.told) {
    const first = seqs[0] ?? 1;
    expect(seqs, `told in ${room}`).toEqual(seqs.map((_, i) => first + i));
  }
  for (const id of ROOMS) {
    const log = life.server.log(id);
    const mine = log
      .filter(({ by }) => by.id === life.visit.house.you?.id)
      .map(({ kind, body }) => labelOf(kind, body));
    expect(mine, `own messages in ${id}`).toEqual(life.written.get(id));
    const room = life.visit.house.room(id);
    const best = life.transport === 'auto' ? 'websocket' : life.transport;
    expect(life.visit.house.transport, 'the transport at the end').toBe(best);
    expect(room, `the end of ${id}`).toMatchObject({ live: true, seq: log.length, outbox: [] });
    const last = life.told.findLast((heard) => heard.room === id);
    expect(last?.seqs.at(-1) ?? 0, `last told in ${id}`).toBe(log.length);
  }
  expect(life.holes, 'holes').toEqual([]);
  expect(outbox, 'left in the keep').toBe(0);
}

const one = process.env['TEAHOUSE_SEED'];
const seeds = one === undefined ? Array.from({ length: SEEDS }, (_, i) => i + 1) : [Number(one)];

test(`${seeds.length} lives`, { timeout: 600_000 }, async () => {
  const trouble: Record<string, number> = {};
  const carried: Record<string, number> = {};
  for (const seed of seeds) {
    try {
      const life = await live(seed);
      check(life, (await memoryOf(life)).length);
      for (const [what, count] of Object.entries(life.trouble)) {
        trouble[what] = (trouble[what] ?? 0) + count;
      }
      for (const [what, count] of Object.entries(life.carried)) {
        carried[what] = (carried[what] ?? 0) + count;
      }
    } catch (error) {
      throw new Error(`seed ${seed} fails: run it alone with TEAHOUSE_SEED=${seed}`, {
        cause: error,
      });
    }
  }
  if (one !== undefined) return;
  // A simulation in which nothing goes wrong proves nothing.
  for (const [what, count] of Object.entries(trouble)) {
    expect(count, what).toBeGreaterThan(seeds.length / 2);
  }
  for (const name of TRANSPORTS) {
    expect(carried[name] ?? 0, `lives over ${name}`).toBeGreaterThan(seeds.length / 3);
  }
});

async function memoryOf(life: Life) {
  const outbox = life.keep.outbox();
  await life.clock.pass(100);
  return outbox;
}
