/**
 * The experiment: four lanes, a fifth connection that sends, and the controls.
 *
 * One message goes into the room once and comes back by four ways, so every delay has the same beginning.
 * Owned by the lab's screen. It must not draw.
 */
import { batch, effect, type Signal, signal } from '@preact/signals';
import type { ServerFrame, TransportName } from '@teahouse/sdk';
import { Lane, shown_ms } from './lane.ts';
import type { Count } from './ledger.ts';
import { type LabSocket, labRoom, type OpenSocket } from './socket.ts';
import { messageOf, type Size } from './text.ts';

export type Automatic = 'off' | 'slow' | 'fast';
/** The pause between polls: seconds, or as the server says. */
export type PollPause = '1' | '2' | '5' | 'server';
/** What the bench has to say: too quick, stopped because nobody was here. */
export type Note = 'rate' | 'refused' | 'unattended';

export const burst = 20;
export const lanes: readonly TransportName[] = ['websocket', 'stream', 'long_poll', 'poll'];
const automatic_ms: Record<Exclude<Automatic, 'off'>, number> = { slow: 2_000, fast: 500 };
const count_ms = 2_000;
/** The lanes have this long to open before the first message goes; those that open first wait for the others. */
const settle_ms = 3_000;
/** After a lane has opened: what that cost is counted before the first message. */
const opening_ms = 250;
/** Sending by itself stops when nobody touched the page for so long. */
const unattended_ms = 120_000;
/** A message that a lane has not got by then is not drawn as waiting. */
const sentKeptMax = 400;

export interface Sent {
  cid: string;
  at: number;
}

export interface BenchParts {
  open: OpenSocket;
  /** What the person's sessions cost so far, by session. */
  readCosts: (token: string) => Promise<Record<string, Count>>;
  /** The person, if there is one already. */
  token: string | undefined;
  /** A new person was made: kept for the next time. */
  keepToken: (token: string) => void;
  fetch: typeof fetch;
  /** Milliseconds, never going back. */
  now: () => number;
  hidden: () => boolean;
}

export class Bench {
  readonly lanes: readonly Lane[];
  /** When the bench was made, by its own clock. */
  readonly began: number;
  readonly sent = signal<readonly Sent[]>([]);
  readonly automatic: Signal<Automatic> = signal('slow');
  readonly size: Signal<Size> = signal(120);
  readonly pollPause: Signal<PollPause> = signal('2');
  /** When the picture was stopped. */
  readonly pausedAt = signal<number | undefined>(undefined);
  readonly note = signal<Note | undefined>(undefined);
  /** The connection that sends works. */
  readonly canSend = signal(false);
  /** Everything that will open has opened. */
  readonly isSettled = signal(false);
  readonly #parts: BenchParts;
  readonly #sentAt = new Map<string, number>();
  /** Which message an answer is about. */
  readonly #unanswered = new Map<number, string>();
  #sender: LabSocket | undefined;
  #token: string | undefined;
  #ref = 1;
  #number = 0;
  #touched_at: number;
  #settleTimer: ReturnType<typeof setTimeout> | undefined;
  #isCounting = false;
  readonly #ends: (() => void)[] = [];

  constructor(parts: BenchParts) {
    this.#parts = parts;
    this.began = parts.now();
    this.#touched_at = this.began;
    const sentAt = (cid: string) => this.#sentAt.get(cid);
    const { open, fetch, now } = parts;
    this.lanes = lanes.map((name) => new Lane(name, { open, fetch, now, sentAt }));
  }

  now(): number {
    return this.#parts.now();
  }

  /** Connects and begins. */
  start(): void {
    this.#openSender(this.#parts.token);
    if (this.#parts.token !== undefined) this.#openLanes(this.#parts.token);
    this.#ends.push(
      every(count_ms, () => void this.#count()),
      every(1_000, () => this.#look()),
      effect(() => this.#sendBySelf()),
      effect(() => this.#followLanes()),
    );
  }

  close(): void {
    clearTimeout(this.#settleTimer);
    for (const end of this.#ends.splice(0)) end();
    for (const lane of this.lanes) lane.close();
    this.#sender?.close();
    this.#sender = undefined;
  }

  /** Somebody is here. */
  touch(): void {
    this.#touched_at = this.#parts.now();
    if (this.note.peek() === 'unattended') this.note.value = undefined;
  }

  sendOne(): void {
    this.note.value = undefined;
    this.#send();
  }

  sendBurst(): void {
    this.note.value = undefined;
    for (let left = burst; left > 0; left--) this.#send();
  }

  setSize(size: Size): void {
    this.size.value = size;
    for (const lane of this.lanes) lane.resetPrice();
  }

  setPollPause(pause: PollPause): void {
    this.pollPause.value = pause;
    const lane = this.lanes.find(({ name }) => name === 'poll');
    if (this.#token !== undefined) lane?.open(this.#token, this.#poll_ms());
  }

  /** Stops the picture and the sending, or lets them go on. */
  setPaused(isPaused: boolean): void {
    this.pausedAt.value = isPaused ? this.#parts.now() : undefined;
  }

  #openSender(token: string | undefined): void {
    const { open, fetch } = this.#parts;
    this.#sender = open(
      { transport: 'auto', token, cost: false, poll_ms: undefined, fetch },
      {
        opened: (welcomed) => {
          this.canSend.value = true;
          if (this.#token === undefined && welcomed.token !== undefined) this.#come(welcomed.token);
        },
        received: (frame) => this.#answered(frame),
        lost: () => {
          this.canSend.value = false;
        },
        ended: () => {
          this.canSend.value = false;
        },
      },
    );
  }

  #come(token: string): void {
    this.#parts.keepToken(token);
    this.#openLanes(token);
  }

  #openLanes(token: string): void {
    this.#token = token;
    for (const lane of this.lanes)
      lane.open(token, lane.name === 'poll' ? this.#poll_ms() : undefined);
    this.#settleTimer = setTimeout(() => this.#settle(), settle_ms);
  }

  /** What a lane cost to open is counted as soon as it is open. */
  #followLanes(): void {
    const states = this.lanes.map(({ state }) => state.value);
    if (this.isSettled.peek() || states.some((state) => state === 'connecting')) return;
    clearTimeout(this.#settleTimer);
    this.#settleTimer = setTimeout(() => this.#settle(), opening_ms);
  }

  #settle(): void {
    const begin = () => {
      this.isSettled.value = true;
    };
    this.#count().then(begin, begin);
  }

  #poll_ms(): number | undefined {
    const pause = this.pollPause.peek();
    return pause === 'server' ? undefined : Number(pause) * 1_000;
  }

  #sendBySelf(): (() => void) | undefined {
    const pace = this.automatic.value;
    const isOn = pace !== 'off' && this.isSettled.value && this.canSend.value;
    if (!isOn || this.pausedAt.value !== undefined) return undefined;
    return everyOrSo(automatic_ms[pace], () => {
      if (!this.#parts.hidden()) this.#send();
    });
  }

  #send(): void {
    if (this.#sender === undefined || !this.canSend.peek()) return;
    const cid = newCid();
    const text = messageOf(this.size.peek(), ++this.#number);
    const at = this.#parts.now();
    this.#sentAt.set(cid, at);
    this.sent.value = [...this.sent.peek(), { cid, at }];
    const ref = this.#ref++;
    this.#unanswered.set(ref, cid);
    const body = { text };
    // Each is the first one: none waits for another that was refused.
    const command = { type: 'send', ref, room: labRoom, cid, kind: 'message', body, first: true };
    this.#sender.send(JSON.stringify(command));
  }

  #answered(frame: ServerFrame): void {
    if ((frame.type !== 'ack' && frame.type !== 'error') || frame.ref === undefined) return;
    const cid = this.#unanswered.get(frame.ref);
    this.#unanswered.delete(frame.ref);
    if (frame.type === 'ack' || cid === undefined) return;
    this.note.value = frame.code === 'rate' ? 'rate' : 'refused';
    this.#sentAt.delete(cid);
    this.sent.value = this.sent.peek().filter((one) => one.cid !== cid);
  }

  /** A count is worth something to a lane that nothing happened to meanwhile. */
  async #count(): Promise<void> {
    const token = this.#token;
    if (token === undefined || this.#isCounting || this.#parts.hidden()) return;
    this.#isCounting = true;
    const before = this.lanes.map(({ tally }) => tally);
    try {
      const costs = await this.#parts.readCosts(token);
      batch(() => {
        for (const [index, lane] of this.lanes.entries()) {
          const count = lane.session === undefined ? undefined : costs[lane.session];
          if (count !== undefined && lane.tally === before[index])
            lane.count(count, this.#parts.now());
        }
      });
    } catch {
      // The next one is soon.
    } finally {
      this.#isCounting = false;
    }
  }

  #look(): void {
    const now = this.#parts.now();
    if (now - this.#touched_at >= unattended_ms && this.automatic.peek() !== 'off') {
      this.automatic.value = 'off';
      this.note.value = 'unattended';
    }
    if (this.pausedAt.peek() === undefined) this.#prune(now);
  }

  #prune(now: number): void {
    const before = now - shown_ms - 1_000;
    for (const lane of this.lanes) lane.prune(before);
    const sent = this.sent.peek().filter(({ at }) => at >= before);
    if (sent.length < this.sent.peek().length) this.sent.value = sent;
    for (const cid of [...this.#sentAt.keys()].slice(0, -sentKeptMax)) this.#sentAt.delete(cid);
  }
}

function every(ms: number, f: () => void): () => void {
  const timer = setInterval(f, ms);
  return () => clearInterval(timer);
}

/** Now sooner, now later, so that it does not fall in step with the polls. */
function everyOrSo(ms: number, f: () => void): () => void {
  const pause = () => ms * (0.75 + Math.random() / 2);
  const next = () => {
    f();
    timer = setTimeout(next, pause());
  };
  let timer = setTimeout(next, pause());
  return () => clearTimeout(timer);
}

function newCid(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
