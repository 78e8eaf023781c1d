/**
 * What was written in one room and is not yet acknowledged: what goes out next, and what each
 * answer does to it. A pure state machine; time and chance are parameters.
 *
 * Owned by the `Sender`. It must not store, send or wait; it obeys `code.ts` and nothing else.
 */
import { Backoff } from './backoff.js';
import type { Random } from './clock.js';
import { closesGate, errorAction, mayWorkLater } from './code.js';
import type { ErrorBody } from './error.js';
import type { ErrorFrame, SendCommand } from './frame.js';
import { given } from './given.js';
import type { OutboxItem } from './keep.js';

interface Entry {
  item: OutboxItem;
  /** The ref under which it is on its way. */
  ref?: number;
  /** It is stored as this event, which the room has not shown yet. */
  stored_seq?: number;
}

/** The outbox of one room. */
export class Outbox {
  readonly room: string;
  #entries: Entry[] = [];
  readonly #backoff: Backoff;
  /** Nothing goes out before this time. */
  #waiting_until: number | undefined;
  /**
   * How many may be on their way: after a refusal one, then twice as many for each one taken. So a
   * new head waits for the answers to what was sent before the refused one, which may be refused too.
   */
  #window = Number.POSITIVE_INFINITY;
  /** After a refusal the server takes nothing more until the next `first`. */
  #isGateClosed = false;

  constructor(room: string, random: Random) {
    this.room = room;
    this.#backoff = new Backoff(random);
  }

  /** What was written and is not yet in the log as the room shows it, in the order written. */
  get items(): readonly OutboxItem[] {
    return this.#entries.map(({ item }) => item);
  }

  /** How many are on their way. */
  get inFlight(): number {
    return this.#entries.filter(isInFlight).length;
  }

  /** Whether anything could go out, now or later. */
  get isPending(): boolean {
    return this.#entries.some(isQueued);
  }

  /** When the next one may go out, if that is not now. */
  get waiting_until(): number | undefined {
    return this.isPending ? this.#waiting_until : undefined;
  }

  item(cid: string): OutboxItem | undefined {
    return this.#find(cid)?.item;
  }

  /** Adds an item at the end, or replaces the one of that cid in its place. */
  put(item: OutboxItem): void {
    const entry = this.#find(item.cid);
    if (!entry) this.#entries.push({ item });
    else if (entry.stored_seq === undefined) entry.item = item;
  }

  /** Replaces everything by what is kept; what is stored but not shown yet stays in its place. */
  load(items: readonly OutboxItem[]): void {
    const stored = this.#entries.filter((entry) => entry.stored_seq !== undefined);
    const isStored = ({ cid }: OutboxItem) => stored.some(({ item }) => item.cid === cid);
    this.#entries = stored.concat(
      items.filter((item) => !isStored(item)).map((item) => ({ item })),
    );
    this.#waiting_until = undefined;
  }

  remove(cid: string): boolean {
    const before = this.#entries.length;
    this.#entries = this.#entries.filter(({ item }) => item.cid !== cid);
    return this.#entries.length < before;
  }

  /**
   * What to send now, at most `free` of them: in the order written, the head with `first`. The head
   * is the one with nothing on its way before it.
   */
  next(now: number, free: number, nextRef: () => number): SendCommand[] {
    if (now < (this.#waiting_until ?? 0)) return [];
    this.#waiting_until = undefined;
    const { inFlight } = this;
    let isHead = inFlight === 0;
    return this.#entries
      .filter(isQueued)
      .slice(0, Math.max(0, Math.min(free, this.#window - inFlight)))
      .map((entry) => {
        entry.ref = nextRef();
        entry.item = withoutWait(entry.item);
        const command = asCommand(entry.item, entry.ref, isHead);
        isHead = false;
        this.#isGateClosed = false;
        return command;
      });
  }

  /**
   * It is in the log. Once the room shows the event the item goes; until then it stays in sight, so
   * that a message is never seen twice or not at all. Says whether the cid was known.
   */
  acked(cid: string, seq: number, shown_seq: number): boolean {
    const entry = this.#find(cid);
    if (!entry) return false;
    this.#backoff.reset();
    if (!this.#isGateClosed) this.#window *= 2;
    delete entry.ref;
    entry.stored_seq = seq;
    entry.item = withoutWait(entry.item);
    this.shown(shown_seq);
    return true;
  }

  /** The room shows everything up to `seq`; says whether an item went. */
  shown(seq: number): boolean {
    const before = this.#entries.length;
    this.#entries = this.#entries.filter(({ stored_seq }) => !(stored_seq && stored_seq <= seq));
    return this.#entries.length < before;
  }

  /**
   * The server refused what was sent under `ref`. What may be retried goes back, with everything
   * sent after it, since the server refuses that as well (`out_of_order`); the rest has failed.
   * Answers the item as it is now; `undefined` if that ref is not on its way any more.
   */
  refused(error: ErrorFrame, now: number): OutboxItem | undefined {
    const at = this.#entries.findIndex(({ ref }) => ref !== undefined && ref === error.ref);
    const entry = this.#entries[at];
    if (!entry) return undefined;
    delete entry.ref;
    // The gate that `not_subscribed` closes, the house opens by subscribing.
    if (closesGate(error)) {
      this.#goBack(at, now + (error.retry_ms ?? this.#backoff.next()), errorAction(error));
    } else {
      entry.item = asFailed(entry.item, error);
    }
    return entry.item;
  }

  /** Nothing of this room can be sent: everything pending has failed. Answers what changed. */
  fail(error: ErrorBody): OutboxItem[] {
    const failing = this.#entries.filter(isQueued);
    for (const entry of failing) entry.item = asFailed(entry.item, error);
    return failing.map(({ item }) => item);
  }

  /** Nothing is on its way any more: everything not acknowledged goes out again. */
  unsend(): void {
    for (const entry of this.#entries) delete entry.ref;
    this.#waiting_until = undefined;
    this.#isGateClosed = false;
  }

  #goBack(at: number, until: number, action: string): void {
    for (const entry of this.#entries.slice(at)) delete entry.ref;
    this.#waiting_until = until;
    this.#window = 1;
    this.#isGateClosed = true;
    const head = this.#entries[at];
    // A reconnect is shown as such; a wait is shown with the message.
    if (head && action === 'wait') head.item = { ...head.item, waiting_until: until };
  }

  #find(cid: string): Entry | undefined {
    return this.#entries.find(({ item }) => item.cid === cid);
  }
}

/** An item that failed, to be tried again. */
export function asPending({ error, waiting_until, ...rest }: OutboxItem): OutboxItem {
  return { ...rest, state: 'pending' };
}

function asFailed(item: OutboxItem, error: ErrorBody): OutboxItem {
  const { code, message } = error;
  return {
    ...withoutWait(item),
    state: 'failed',
    error: { code, message, retryable: mayWorkLater(error) },
  };
}

function isInFlight({ ref }: Entry): boolean {
  return ref !== undefined;
}

function isQueued({ item, ref, stored_seq }: Entry): boolean {
  return item.state === 'pending' && ref === undefined && stored_seq === undefined;
}

function withoutWait(item: OutboxItem): OutboxItem {
  const { waiting_until, ...rest } = item;
  return waiting_until === undefined ? item : rest;
}

function asCommand(item: OutboxItem, ref: number, isHead: boolean): SendCommand {
  const { room, cid, kind = 'message', target, emoji, on } = item;
  const text = kind === 'message' || kind === 'edit' ? item.text : undefined;
  const files = item.files?.map(({ id }) => id);
  const body = given({ text, target, files, emoji, on });
  return { type: 'send', ref, room, cid, kind, body, ...(isHead && { first: true }) };
}
