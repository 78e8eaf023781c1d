/** The way between pages and a server: it takes time, keeps order, and breaks. */
import type { Clock } from '../../src/clock.js';
import { Exchange, type HttpPath } from './exchange.js';
import type { Connection, TestServer } from './server.js';
import type { TestClock } from './time.js';

/** How the network behaves; all of it may change while it runs. */
export interface Weather {
  /** How long a message is on its way. */
  latency_ms: () => number;
  /** Whether the connection breaks at this message: before it arrives, or right after. */
  cut: () => 'before' | 'after' | undefined;
  /** After how long each side hears of a break; `undefined`: never. */
  notice_ms: () => number | undefined;
  /** Whether a connection can be made. */
  reachable: () => boolean;
  /** What somebody on the way does not let through, and how. */
  blocked?: (path: HttpPath | 'websocket') => 'refused' | 'hung' | undefined;
  /** Whether somebody on the way holds a stream back until it ends. */
  buffers?: () => boolean;
  /** Where a piece of an answer is broken in two, from 0 to 1. */
  split: () => number;
}

export const FAIR: Weather = {
  latency_ms: () => 10,
  cut: () => undefined,
  notice_ms: () => 0,
  reachable: () => true,
  split: () => 0,
};

/** One page: its clock stops and its sockets fall silent when it is killed. */
export class Page implements Clock {
  readonly #clock: TestClock;
  readonly #server: TestServer;
  readonly wires = new Set<Wire | Exchange>();
  weather: Weather = FAIR;
  isAlive = true;

  constructor(clock: TestClock, server: TestServer) {
    this.#clock = clock;
    this.#server = server;
  }

  now(): number {
    return this.#clock.now();
  }

  after(ms: number, f: () => void): () => void {
    return this.#clock.after(ms, () => this.isAlive && f());
  }

  /** The tab is closed without a word. */
  kill(): void {
    this.isAlive = false;
    this.cut();
  }

  /** Every connection breaks. */
  cut(): void {
    for (const wire of [...this.wires]) wire.cut();
  }

  /** The connections as the server has them, the newest last. */
  get connections(): Connection[] {
    return [...this.wires].flatMap(({ connection }) => connection ?? []);
  }

  /** The `fetch` of this page. */
  get fetch(): typeof fetch {
    const ask = (url: URL, init: RequestInit) =>
      new Promise<Response>((resolve, reject) => {
        if (!this.isAlive) return;
        new Exchange(this, this.#clock, this.#server, url, init, { resolve, reject });
      });
    return ask as typeof fetch;
  }

  /** A `WebSocket` of this page. */
  get WebSocket(): typeof WebSocket {
    const make = (protocols: string[]) => new Wire(this, this.#clock, this.#server, protocols);
    return class {
      constructor(_url: string, protocols: string[]) {
        // biome-ignore lint/correctness/noConstructorReturn: a wire stands for the platform's object
        return make(protocols);
      }
    } as unknown as typeof WebSocket;
  }
}

class Wire {
  readonly path = 'websocket';
  readonly extensions = '';
  readonly protocol: string;
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: ((event: { code: number; reason: string; wasClean: boolean }) => void) | null = null;
  connection: Connection | undefined;
  readonly #page: Page;
  readonly #clock: TestClock;
  #isUp = true;
  #isClosed = false;
  #upFree_at = 0;
  #downFree_at = 0;

  constructor(page: Page, clock: TestClock, server: TestServer, protocols: string[]) {
    this.#page = page;
    this.#clock = clock;
    this.protocol = protocols[0] ?? '';
    page.wires.add(this);
    this.#down(() => {
      const block = page.weather.blocked?.('websocket');
      if (block === 'hung') return;
      if (!page.weather.reachable() || !server.isUp || block === 'refused') return this.cut();
      this.connection = server.connect({
        say: (...frames) => this.#say(frames),
        close: (code, reason) => this.#down(() => this.#closed(code, reason, true)),
      });
      this.onopen?.();
    });
  }

  send(text: string): void {
    this.#travel('up', () => this.connection?.receive(text));
  }

  close(code = 1005, reason = ''): void {
    this.#up(() => {
      this.connection?.gone();
      this.#down(() => this.#closed(code, reason, true));
    });
  }

  cut(): void {
    if (!this.#isUp) return;
    this.#isUp = false;
    this.#page.wires.delete(this);
    const { notice_ms } = this.#page.weather;
    this.#notice(notice_ms(), () => this.connection?.gone());
    this.#notice(notice_ms(), () => this.#closed(1006, '', false));
  }

  #notice(ms: number | undefined, f: () => void): void {
    if (ms !== undefined) this.#clock.after(ms, f);
  }

  #say(frames: object[]): void {
    const data = frames.map((frame) => JSON.stringify(frame)).join('\n');
    this.#travel('down', () => this.onmessage?.({ data }));
  }

  #travel(way: 'up' | 'down', arrive: () => void): void {
    const cut = this.#page.weather.cut();
    const go = () => {
      if (cut === 'before') return this.cut();
      arrive();
      if (cut === 'after') this.cut();
    };
    if (way === 'up') this.#up(go);
    else this.#down(go);
  }

  #up(f: () => void): void {
    this.#upFree_at = this.#arrival(this.#upFree_at);
    this.#clock.after(this.#upFree_at - this.#clock.now(), () => this.#isUp && f());
  }

  #down(f: () => void): void {
    this.#downFree_at = this.#arrival(this.#downFree_at);
    this.#clock.after(this.#downFree_at - this.#clock.now(), () => {
      if (this.#isUp && this.#page.isAlive) f();
    });
  }

  /** Messages of one direction never overtake each other. */
  #arrival(free_at: number): number {
    return Math.max(free_at, this.#clock.now() + this.#page.weather.latency_ms());
  }

  #closed(code: number, reason: string, wasClean: boolean): void {
    if (this.#isClosed || !this.#page.isAlive) return;
    this.#isClosed = true;
    this.#isUp = false;
    this.#page.wires.delete(this);
    this.onclose?.({ code, reason, wasClean });
  }
}
