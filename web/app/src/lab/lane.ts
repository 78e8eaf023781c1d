/**
 * One lane of the lab: a connection over one transport, what arrived by it, and what that cost.
 * Owned by the bench, which sends; a lane only listens.
 */
import { batch, type Signal, signal } from '@preact/signals';
import type { ChatEvent, ServerFrame, TransportName } from '@teahouse/sdk';
import { type AskStart, watchedFetch } from './asks.ts';
import { type Count, type Idle, Ledger, type Opening, type Price, type Tally } from './ledger.ts';
import { type LabSocket, labRoom, type OpenSocket, type Welcomed } from './socket.ts';
import { withDelay } from './spread.ts';

/** What the picture shows. */
export const shown_ms = 12_000;
/** A lane that does not open within this time says so. */
const patience_ms = 5_000;

export type LaneState = 'connecting' | 'live' | 'lost' | 'blocked' | 'ended';
/** Why a lane does not work: an answer's status, no answer, or what the house said. */
export type Why =
  | { kind: 'status'; status: number }
  | { kind: 'silence' }
  | { kind: 'closed'; code: number };

/** A request that waits or waited, or a connection that is open. */
export interface Span {
  from: number;
  to: number | undefined;
  /** It brought a message. */
  news: boolean;
}

export interface Arrival {
  cid: string;
  sent_at: number;
  at: number;
}

export interface Figures {
  price: Price | undefined;
  idle: Idle | undefined;
  opening: Opening | undefined;
}

export interface LaneParts {
  open: OpenSocket;
  fetch: typeof fetch;
  now: () => number;
  /** When that message was sent from this page; undefined for those of others. */
  sentAt: (cid: string) => number | undefined;
}

const encoder = new TextEncoder();
const noFigures: Figures = { price: undefined, idle: undefined, opening: undefined };

export class Lane {
  readonly name: TransportName;
  readonly state: Signal<LaneState> = signal('connecting');
  readonly why = signal<Why | undefined>(undefined);
  readonly spans = signal<readonly Span[]>([]);
  readonly arrivals = signal<readonly Arrival[]>([]);
  readonly delays = signal<readonly number[]>([]);
  readonly figures = signal<Figures>(noFigures);
  session: string | undefined;
  readonly #parts: LaneParts;
  readonly #asks: boolean;
  #socket: LabSocket | undefined;
  #ledger: Ledger;
  #tally: Tally = { events: 0, event_bytes: 0, text_bytes: 0, asksWithNews: 0 };
  #timer: ReturnType<typeof setTimeout> | undefined;
  #wasLive = false;
  #heartbeat_s = 25;
  #wait_s = 0;
  #poll_ms: number | undefined;
  /** Connections that are over still tell their end. */
  #generation = 0;

  constructor(name: TransportName, parts: LaneParts) {
    this.name = name;
    this.#parts = parts;
    this.#asks = name === 'poll' || name === 'long_poll';
    this.#ledger = new Ledger(this.#asks);
  }

  /** What it has seen: a count of the server is worth something only while this does not change. */
  get tally(): Tally {
    return this.#tally;
  }

  /** Connects; again with another pause between polls. */
  open(token: string, poll_ms: number | undefined): void {
    this.close();
    const generation = ++this.#generation;
    const ifCurrent =
      <A extends unknown[]>(f: (...args: A) => void) =>
      (...args: A) => {
        if (generation === this.#generation) f(...args);
      };
    this.#poll_ms = poll_ms;
    this.#ledger = new Ledger(this.#asks);
    this.#wasLive = false;
    this.session = undefined;
    batch(() => {
      this.state.value = 'connecting';
      this.why.value = undefined;
      this.figures.value = noFigures;
    });
    this.#timer = setTimeout(() => this.#giveUpHope(), patience_ms);
    const fetch = watchedFetch({ began: (ask) => this.#began(ask, generation) }, this.#parts.fetch);
    this.#socket = this.#parts.open(
      { transport: this.name, token, cost: true, poll_ms, fetch },
      {
        opened: ifCurrent((welcomed: Welcomed) => this.#opened(welcomed)),
        received: ifCurrent((frame: ServerFrame, line: string) => this.#received(frame, line)),
        lost: ifCurrent(() => this.#lost()),
        ended: ifCurrent((code: number) => this.#ended(code)),
      },
    );
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#generation++;
    this.#endSpans();
    this.#socket?.close();
    this.#socket = undefined;
  }

  /** The server's count of this lane's session, made while the tally was this one. */
  count(count: Count, at: number): void {
    this.#ledger.read(count, this.#tally, at);
    this.#tell();
  }

  /** The messages are of another size from now on. */
  resetPrice(): void {
    this.#ledger.reset();
    this.#tell();
  }

  /** Forgets what the picture does not show any more. */
  prune(before: number): void {
    const spans = this.spans.peek().filter(({ to }) => to === undefined || to >= before);
    const arrivals = this.arrivals.peek().filter(({ at }) => at >= before);
    if (spans.length < this.spans.peek().length) this.spans.value = spans;
    if (arrivals.length < this.arrivals.peek().length) this.arrivals.value = arrivals;
  }

  #opened({ session, heartbeat_s }: Welcomed): void {
    clearTimeout(this.#timer);
    this.session = session;
    this.#heartbeat_s = heartbeat_s;
    if (this.#wasLive) this.#ledger.rebase();
    this.#wasLive = true;
    batch(() => {
      this.state.value = 'live';
      this.why.value = undefined;
      if (this.name === 'websocket') this.#addSpan();
    });
  }

  #lost(): void {
    batch(() => {
      if (this.name === 'websocket') this.#endSpans();
      if (this.#wasLive) {
        this.state.value = 'lost';
        this.why.value ??= { kind: 'silence' };
      }
      // Before the first time: the timer decides, or it is said already.
    });
  }

  #giveUpHope(): void {
    batch(() => {
      this.state.value = 'blocked';
      this.why.value ??= { kind: 'silence' };
    });
  }

  #ended(code: number): void {
    clearTimeout(this.#timer);
    batch(() => {
      this.#endSpans();
      this.state.value = 'ended';
      this.why.value = { kind: 'closed', code };
    });
  }

  #received(frame: ServerFrame, line: string): void {
    if (frame.type !== 'event' || frame.room !== labRoom) return;
    batch(() => this.#arrived(frame, line, this.#parts.now()));
  }

  #arrived(event: ChatEvent, line: string, at: number): void {
    const span = this.spans.peek().at(-1);
    const isFirstOfAsk = this.#asks && span !== undefined && !span.news;
    this.#tally = {
      events: this.#tally.events + 1,
      event_bytes: this.#tally.event_bytes + bytesOf(line),
      text_bytes: this.#tally.text_bytes + bytesOf(event.body.text ?? ''),
      asksWithNews: this.#tally.asksWithNews + (isFirstOfAsk ? 1 : 0),
    };
    if (isFirstOfAsk) this.#changeSpan(span, { news: true });
    const sent_at = this.#parts.sentAt(event.cid);
    if (sent_at === undefined) return;
    this.arrivals.value = [...this.arrivals.peek(), { cid: event.cid, sent_at, at }];
    this.delays.value = withDelay(this.delays.peek(), at - sent_at);
  }

  #began(ask: AskStart, generation: number): (status: number | undefined) => void {
    if (generation !== this.#generation) return () => {};
    if (ask.wait_s > 0) this.#wait_s = ask.wait_s;
    const span = this.#addSpan();
    return (status) => {
      if (generation !== this.#generation) return;
      const current = this.spans.peek().find(({ from }) => from === span.from);
      if (current !== undefined) this.#changeSpan(current, { to: this.#parts.now() });
      const isRefused = status !== undefined && status >= 400;
      if (isRefused) this.why.value = { kind: 'status', status };
    };
  }

  #addSpan(): Span {
    const last = this.spans.peek().at(-1)?.from ?? 0;
    // Each has a moment of its own, which names it.
    const from = Math.max(this.#parts.now(), last + 0.001);
    const span: Span = { from, to: undefined, news: false };
    this.spans.value = [...this.spans.peek(), span];
    return span;
  }

  #changeSpan(span: Span, change: Partial<Span>): void {
    this.spans.value = this.spans.peek().map((one) => (one === span ? { ...one, ...change } : one));
  }

  #endSpans(): void {
    const at = this.#parts.now();
    if (this.spans.peek().every(({ to }) => to !== undefined)) return;
    this.spans.value = this.spans
      .peek()
      .map((one) => (one.to === undefined ? { ...one, to: at } : one));
  }

  #tell(): void {
    const idle = this.#asks
      ? this.#ledger.idleAsking(this.#asksPerMinute())
      : this.#ledger.idleOpen(this.#heartbeat_s * 1000);
    const price = this.#ledger.price();
    this.figures.value = { price, idle, opening: this.#ledger.opening };
  }

  /** How often it asks while nobody says anything. */
  #asksPerMinute(): number {
    if (this.name === 'long_poll') return 60 / Math.max(1, this.#wait_s);
    const ms = this.#poll_ms ?? this.#lastPause();
    return 60_000 / Math.max(1_000, ms);
  }

  /** The pause that the server named last: it grows while there is no news. */
  #lastPause(): number {
    const [before, last] = this.spans.peek().slice(-2);
    return before === undefined || last === undefined ? 1_000 : last.from - before.from;
  }
}

function bytesOf(text: string): number {
  return encoder.encode(text).byteLength;
}
