/** Requests over HTTP on the way between a page and a server: they take time, break, and may be buffered. */
import type { Page } from './network.js';
import type { Connection, TestServer } from './server.js';
import type { TestClock } from './time.js';

/** What travels: the receiving transports by their names, and sending. */
export type HttpPath = 'stream' | 'long_poll' | 'poll' | 'send';

/** The server's end of a request. */
export interface Answer {
  head(status: number): void;
  say(text: string): void;
  end(): void;
}

/** One request and its answer. */
export class Exchange {
  connection: Connection | undefined;
  readonly path: HttpPath;
  readonly #page: Page;
  readonly #clock: TestClock;
  readonly #server: TestServer;
  readonly #resolve: (response: Response) => void;
  readonly #reject: (error: unknown) => void;
  #body!: ReadableStreamDefaultController<Uint8Array>;
  readonly #stream = new ReadableStream<Uint8Array>({
    start: (controller) => {
      this.#body = controller;
    },
  });
  #isUp = true;
  /** The page knows how it ended. */
  #isOver = false;
  #upFree_at = 0;
  #downFree_at = 0;
  #buffered: string[] = [];

  constructor(
    page: Page,
    clock: TestClock,
    server: TestServer,
    url: URL,
    init: RequestInit,
    ends: { resolve: (response: Response) => void; reject: (error: unknown) => void },
  ) {
    this.#page = page;
    this.#clock = clock;
    this.#server = server;
    this.#resolve = ends.resolve;
    this.#reject = ends.reject;
    this.path = pathOf(url);
    page.wires.add(this);
    init.signal?.addEventListener('abort', () => this.#abort());
    this.#up(() => this.#arrive(url, String(init.body)));
  }

  cut(): void {
    if (!this.#isUp) return;
    this.#isUp = false;
    this.#page.wires.delete(this);
    const { notice_ms } = this.#page.weather;
    this.#notice(notice_ms(), () => this.connection?.gone());
    this.#notice(notice_ms(), () => this.#fail(new TypeError('the network broke')));
  }

  #arrive(url: URL, body: string): void {
    const { weather } = this.#page;
    const block = weather.blocked?.(this.path);
    if (!weather.reachable() || !this.#server.isUp || block === 'refused') return this.cut();
    if (block === 'hung') return;
    const cut = weather.cut();
    if (cut === 'before') return this.cut();
    const wait_s = Number(url.searchParams.get('wait') ?? 25);
    this.connection = this.#server.request(this.path, wait_s, body, {
      head: (status) => this.#down(() => this.#resolve(new Response(this.#stream, { status }))),
      say: (text) => this.#say(text),
      end: () => this.#end(),
    });
    if (cut === 'after') this.cut();
  }

  #say(text: string): void {
    if (this.path === 'stream' && this.#page.weather.buffers?.()) {
      this.#buffered.push(text);
      return;
    }
    // A line may come in pieces.
    const bytes = new TextEncoder().encode(this.#buffered.splice(0).join('') + text);
    const middle = Math.floor(bytes.length * this.#page.weather.split());
    for (const part of [bytes.slice(0, middle), bytes.slice(middle)]) {
      const cut = this.#page.weather.cut();
      this.#down(() => {
        if (cut === 'before') return this.cut();
        this.#body.enqueue(part);
        if (cut === 'after') this.cut();
      });
    }
  }

  #end(): void {
    const text = this.#buffered.splice(0).join('');
    this.#down(() => {
      this.#isUp = false;
      this.#isOver = true;
      this.#page.wires.delete(this);
      if (text) this.#body.enqueue(new TextEncoder().encode(text));
      this.#body.close();
    });
  }

  #abort(): void {
    if (this.#isOver) return;
    this.#isUp = false;
    this.#page.wires.delete(this);
    this.#clock.after(this.#page.weather.latency_ms(), () => this.connection?.gone());
    this.#fail(new DOMException('aborted', 'AbortError'));
  }

  #fail(error: unknown): void {
    if (!this.#page.isAlive || this.#isOver) return;
    this.#isOver = true;
    this.#reject(error);
    this.#body.error(error);
  }

  #notice(ms: number | undefined, f: () => void): void {
    if (ms !== undefined) this.#clock.after(ms, f);
  }

  #up(f: () => void): void {
    this.#upFree_at = Math.max(this.#upFree_at, this.#arrival());
    this.#clock.after(this.#upFree_at - this.#clock.now(), () => this.#isUp && f());
  }

  #down(f: () => void): void {
    this.#downFree_at = Math.max(this.#downFree_at, this.#arrival());
    this.#clock.after(this.#downFree_at - this.#clock.now(), () => {
      if (this.#isUp && this.#page.isAlive) f();
    });
  }

  #arrival(): number {
    return this.#clock.now() + this.#page.weather.latency_ms();
  }
}

function pathOf(url: URL): HttpPath {
  if (url.pathname.endsWith('/v1/stream')) return 'stream';
  if (url.pathname.endsWith('/v1/send')) return 'send';
  if (!url.pathname.endsWith('/v1/poll')) throw new Error(`no such path: ${url.pathname}`);
  // The first request of a long poll is answered at once, as a poll is.
  return url.searchParams.get('wait') === '0' ? 'poll' : 'long_poll';
}
