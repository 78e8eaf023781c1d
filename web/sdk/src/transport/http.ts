/**
 * The same frames over plain HTTP: a stream of server-sent events, long polling and polling
 * receive, each by a row of requests that is one link; `send` carries the commands of all three.
 *
 * Owned by the `Carrier`. It must not read a frame: what a rotating `close` means it is told.
 */
import { Alarm, type Clock } from '../clock.js';
import { utf8Bytes } from '../standard.js';
import type { Link, LinkEvents, Transport, TransportName } from './transport.js';

/** What a request may have: a limit of the server. */
const BODY_BYTES_MAX = 65_536;
/** How long a long poll waits; halved where something on the way cuts it. */
const WAIT_S = 25;
/** How long an answer may take beyond the wait that was asked for. */
const PATIENCE_MS = 10_000;
/** How long sending may take. */
const SEND_MS = 20_000;
/** An answer that was cut after this time was too long for somebody on the way, not refused. */
const CUT_MS = 2_000;
/** The same for a stream, which is asked for at once again only if it lived. */
const CUT_STREAM_MS = 10_000;

/** What requests need. */
export interface HttpOptions {
  fetch: typeof fetch;
  clock: Clock;
  /** The pause between polls, instead of the one that the server names. */
  poll_ms: number | undefined;
}

/** A transport over `fetch`. */
export function httpTransport(
  name: Exclude<TransportName, 'websocket'>,
  options: HttpOptions,
): Transport {
  return {
    name,
    open: (url, protocols, events) => new HttpLink(name, options, url, protocols, events),
  };
}

class HttpLink implements Link {
  readonly protocol: string;
  readonly extensions = '';
  readonly #name: TransportName;
  readonly #options: HttpOptions;
  readonly #url: string;
  readonly #events: LinkEvents;
  /** The pause before a poll, or the patience with it. */
  readonly #alarm: Alarm;
  #receiving: AbortController | undefined;
  #sending: AbortController | undefined;
  /** The sending that goes on. */
  #sent: Promise<void> | undefined;
  /** What is sent once, whatever becomes of it. */
  #said: string[] = [];
  #isClosed = false;
  /** Frames came by an earlier request. */
  #isProven = false;
  /** The next answer comes at once: it tells where the rooms stand. */
  #isFirst = true;
  /** The server has ended the answer and named the pause. */
  #rotate_ms: number | undefined;
  #wait_s = WAIT_S;
  /** Receiving requests in a row that were cut, and sending ones. */
  #cuts = 0;
  #losses = 0;

  constructor(
    name: TransportName,
    options: HttpOptions,
    url: string,
    protocols: readonly string[],
    events: LinkEvents,
  ) {
    this.#name = name;
    this.#options = options;
    this.#url = url.replace(/^ws/, 'http');
    this.protocol = protocols[0] ?? '';
    this.#events = events;
    this.#alarm = new Alarm(options.clock);
    this.#receive();
  }

  send(text: string): void {
    this.#said.push(text);
    this.flush();
  }

  flush(): void {
    this.#sent ??= this.#send();
  }

  again(retry_ms?: number): void {
    // Not at once: a connection whose answer was read to its end carries the next request.
    if (retry_ms !== undefined) this.#rotate_ms = retry_ms;
    else this.#restart();
  }

  close(code?: number, reason?: string, bye?: string): void {
    const isOver = this.#isClosed;
    this.#isClosed = true;
    this.#alarm.clear();
    this.#abort();
    if (isOver || bye === undefined) this.#sending?.abort();
    else this.#leave(bye, code, reason);
  }

  #restart(): void {
    this.#abort();
    this.#isFirst = true;
    this.#next(0);
  }

  #next(ms: number): void {
    this.#rotate_ms = undefined;
    if (this.#isClosed) return;
    // Not by a timer: a page that nobody sees has slow ones.
    if (ms <= 0) this.#receive();
    else this.#alarm.set(ms, () => this.#receive());
  }

  #abort(): void {
    this.#receiving?.abort();
    this.#receiving = undefined;
  }

  async #receive(): Promise<void> {
    const { clock } = this.#options;
    const began_at = clock.now();
    let isLate = false;
    const abort = new AbortController();
    this.#receiving = abort;
    const wait_s = this.#name === 'poll' || this.#isFirst ? 0 : this.#wait_s;
    const isStream = this.#name === 'stream';
    const path = isStream ? 'stream' : `poll?wait=${wait_s}`;
    if (isStream) this.#alarm.clear();
    else {
      this.#alarm.set(wait_s * 1000 + PATIENCE_MS, () => {
        isLate = true;
        abort.abort();
      });
    }
    try {
      const lines = [this.#events.hello(this.#isFirst ? 'all' : undefined)];
      await this.#ask(path, lines, abort.signal, (text) => {
        this.#isProven = true;
        this.#events.received(text, false);
      });
    } catch {
      // Cut, as an answer that ends without a `close` is.
    }
    if (this.#receiving !== abort) return;
    this.#receiving = undefined;
    this.#alarm.clear();
    if (this.#rotate_ms === undefined) this.#cut(clock.now() - began_at, isLate);
    else this.#rotate(this.#rotate_ms);
  }

  /** The answer came whole; the server has named the pause before the next. */
  #rotate(retry_ms: number): void {
    const isFirst = this.#isFirst;
    this.#isFirst = false;
    this.#cuts = 0;
    if (this.#name === 'poll') this.#next(this.#options.poll_ms ?? retry_ms);
    else this.#next(this.#name === 'long_poll' && isFirst ? 0 : retry_ms);
  }

  /** Goes on after an answer that was cut, unless nobody answers any more. */
  #cut(lived_ms: number, isLate: boolean): void {
    const isStream = this.#name === 'stream';
    const isTooLong = lived_ms >= (isStream ? CUT_STREAM_MS : CUT_MS);
    if (isTooLong) this.#wait_s = Math.ceil(this.#wait_s / 2);
    else this.#cuts += isStream ? 2 : 1;
    if (!this.#isProven || isLate || this.#cuts > 1) return this.#end();
    // What was lost may have told who is here: the next one tells everything again.
    this.#isFirst = true;
    this.#next(0);
  }

  /** One request at a time: what is given meanwhile goes together in the next. */
  async #send(): Promise<void> {
    // What is given in one turn goes together.
    await null;
    while (!this.#isClosed) {
      const hello = this.#events.hello('send');
      const said = this.#said.splice(0);
      const pulled = this.#events.pull(BODY_BYTES_MAX - utf8Bytes([hello, ...said].join('\n')) - 1);
      if (said.length + pulled.length === 0) break;
      const isAnswered = await this.#post([hello, ...said, ...pulled]);
      if (this.#isClosed) break;
      if (isAnswered || pulled.length === 0) this.#losses = 0;
      else if (++this.#losses > 1) return this.#end();
    }
    this.#sent = undefined;
  }

  /** Says whether there was an answer. */
  async #post(lines: string[]): Promise<boolean> {
    const abort = new AbortController();
    this.#sending = abort;
    let isAnswered = false;
    const stop = this.#options.clock.after(SEND_MS, () => abort.abort());
    try {
      await this.#ask('send', lines, abort.signal, (text) => {
        isAnswered = true;
        this.#events.received(text, true);
      });
      this.#soon();
    } catch {
      // What was not answered goes again.
      isAnswered = false;
    }
    stop();
    return isAnswered;
  }

  /** Whoever has spoken waits for an answer: the next poll is now. */
  #soon(): void {
    if (this.#options.poll_ms === undefined && !this.#receiving) this.#next(0);
  }

  /** Says the last words; the page may go away meanwhile. */
  async #leave(bye: string, code = 1005, reason = ''): Promise<void> {
    if (this.#sent) await this.#sent;
    const hello = this.#events.hello('leave');
    const pulled = this.#events.pull(BODY_BYTES_MAX - utf8Bytes(hello) - utf8Bytes(bye) - 2);
    const abort = new AbortController();
    this.#sending = abort;
    try {
      const body = [hello, ...pulled, bye].join('\n');
      await this.#fetch('send', { body, keepalive: true, signal: abort.signal });
    } catch {
      // Whoever is not heard any more is soon seen to be gone.
    }
    this.#events.ended({ code, reason, clean: true });
  }

  #end(): void {
    this.close();
    this.#events.ended({ code: 1006, reason: '', clean: false });
  }

  async #ask(
    path: string,
    lines: string[],
    signal: AbortSignal,
    received: (text: string) => void,
  ): Promise<void> {
    const headers = { accept: path === 'stream' ? 'text/event-stream' : 'application/x-ndjson' };
    const response = await this.#fetch(path, { body: lines.join('\n'), headers, signal });
    if (!response.ok) {
      const text = await response.text();
      if (!signal.aborted) this.#events.refused(response.status, text);
      return;
    }
    this.#events.begun();
    const reader = response.body?.getReader();
    const decoder = new TextDecoder();
    // Half a line at the end of an answer that was cut is dropped.
    let rest = '';
    for (;;) {
      const { done, value } = (await reader?.read()) ?? { done: true };
      if (done || signal.aborted) return;
      const lines = (rest + decoder.decode(value, { stream: true })).split('\n');
      rest = lines.pop() ?? '';
      const frames = lines.map((line) => line.replace(/^data: ?/, '').trim());
      const text = frames.filter((line) => line.startsWith('{')).join('\n');
      if (text) received(text);
    }
  }

  #fetch(path: string, init: RequestInit): Promise<Response> {
    return this.#options.fetch(new URL(path, this.#url), { method: 'POST', ...init });
  }
}
