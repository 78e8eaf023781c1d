/**
 * From what people write to the socket: into the keep first, then out in order, and away when it is
 * acknowledged. Shares the work with the other tabs.
 *
 * Owned by the `House`, which routes the answers here. It must not open a connection or a room.
 */
import { Alarm, type Clock, type Random } from './clock.js';
import { isDone } from './code.js';
import { type ErrorBody, TeahouseError } from './error.js';
import type { ErrorFrame } from './frame.js';
import { given } from './given.js';
import type { Keep, OutboxItem } from './keep.js';
import type { Line } from './line.js';
import { asPending, Outbox } from './outbox.js';
import { type TabPlatform, Tabs } from './tabs.js';

/** How long a tab waits for the sending tab to say that it can send, before it sends itself. */
const TAKE_OVER_MS = 1_000;
/** While the limits are not known: the default of the protocol. */
const SENDS_UNACKED_MAX = 32;

/** What tabs tell each other. */
type Note =
  | { type: 'put'; item: OutboxItem }
  | { type: 'waits' }
  | { type: 'sends' }
  | { type: 'acked'; room: string; cid: string; seq: number }
  | { type: 'removed'; room: string; cid: string };

/** A room as the sender sees it. */
export interface SenderRoom {
  /** Whether a send would be taken; subscribes if nobody has yet. */
  ready(): boolean;
  /** The last seq that is shown; infinite when nobody looks. */
  shownSeq(): number;
  outboxChanged(): void;
}

export interface SenderOptions {
  keep: Keep;
  clock: Clock;
  random: Random;
  tabs: TabPlatform;
  line: Line;
  room: (id: string) => SenderRoom;
}

/** All outboxes of a house. */
export class Sender {
  readonly #options: SenderOptions;
  readonly #outboxes = new Map<string, Outbox>();
  readonly #wake: Alarm;
  readonly #takeOver: Alarm;
  /** Whose outbox it is, by id. What others have left in this browser is neither shown nor sent. */
  #owner: string | undefined;
  #tabs: Tabs<Note> | undefined;
  /** This tab sends, and knows what is kept. */
  #isSender = false;
  /** Writing to the keep, one after the other, so that its order is the order of writing. */
  #writing: Promise<unknown> = Promise.resolve();
  #loaded: Promise<void> | undefined;
  #window = SENDS_UNACKED_MAX;

  constructor(options: SenderOptions) {
    this.#options = options;
    this.#wake = new Alarm(options.clock);
    this.#takeOver = new Alarm(options.clock);
  }

  outbox(room: string): Outbox {
    const outbox = this.#outboxes.get(room) ?? new Outbox(room, this.#options.random);
    this.#outboxes.set(room, outbox);
    return outbox;
  }

  /** Reads what an earlier page left, once. */
  load(): Promise<void> {
    this.#loaded ??= this.#reload().catch((error: unknown) => {
      this.#loaded = undefined;
      throw error;
    });
    return this.#loaded;
  }

  /** From now on it is the outbox of that person, or of nobody yet. */
  belongTo(owner: string | undefined): void {
    if (this.#owner === owner) return;
    if (this.#owner !== undefined) this.#empty();
    this.#owner = owner;
    this.#loaded = undefined;
    // Who comes in or writes loads it, too, and is told what fails.
    if (owner !== undefined) this.load().catch(() => {});
  }

  /** The person is known and their identity kept: what they wrote may go out. */
  start(person: string, sends_unacked_max: number): void {
    this.#window = sends_unacked_max;
    this.belongTo(person);
    const { scope } = this.#options.keep;
    if (this.#tabs) return this.pump();
    this.#tabs = new Tabs<Note>(scope && `${scope}:${person}`, this.#options.tabs, {
      elected: () => this.#elected(),
      deposed: () => this.#depose(),
      heard: (note) => this.#heard(note),
    });
    this.#tabs.start();
    this.pump();
  }

  /** The connection ended for good: what was on its way goes out with the next one. */
  stop(): void {
    this.#tabs?.close();
    this.#tabs = undefined;
    this.#depose();
    this.#takeOver.clear();
  }

  /** Keeps a new item, then lets it go out. Resolves when it is kept. */
  async write(written: OutboxItem): Promise<OutboxItem> {
    await this.load();
    const item = { ...written, ...given({ by: this.#owner }) };
    await this.#inTurn(() => this.#options.keep.addOutbox(item));
    this.#put(item);
    return item;
  }

  /** Tries a failed item again. */
  async retry(room: string, cid: string): Promise<void> {
    const item = this.#failed(room, cid);
    if (!item) return;
    await this.#inTurn(() => this.#options.keep.updateOutbox(asPending(item)));
    this.#put(asPending(item));
  }

  /** Gives an item up. */
  async discard(room: string, cid: string): Promise<void> {
    await this.#inTurn(() => this.#options.keep.removeOutbox(cid));
    this.#tabs?.tell({ type: 'removed', room, cid });
    this.#remove(room, cid);
  }

  /** Gives everything up; it is nobody's outbox then. */
  async clear(): Promise<void> {
    await this.load();
    for (const { room, items } of [...this.#outboxes.values()]) {
      for (const { cid } of items) await this.discard(room, cid);
    }
    this.belongTo(undefined);
  }

  /** Sends what may go out now, and wakes up for what may go out later. */
  pump(): void {
    if (!this.#options.line.isLive) return;
    if (!this.#isSender) return this.#press();
    const { clock, line, room } = this.#options;
    let wake_at = Number.POSITIVE_INFINITY;
    for (const outbox of this.#outboxes.values()) {
      if (!outbox.isPending || !room(outbox.room).ready()) continue;
      const commands = outbox.next(clock.now(), this.#free(), () => line.nextRef());
      for (const command of commands) line.give(command);
      wake_at = Math.min(wake_at, outbox.waiting_until ?? wake_at);
      if (commands.length > 0) this.#options.room(outbox.room).outboxChanged();
    }
    if (Number.isFinite(wake_at)) this.#wake.set(wake_at - clock.now(), () => this.pump());
  }

  /** An item is in the log. */
  acked(room: string, cid: string, seq: number): void {
    if (!this.#outboxes.get(room)?.acked(cid, seq, this.#options.room(room).shownSeq())) return;
    this.#tabs?.tell({ type: 'acked', room, cid, seq });
    this.#later(() => this.#options.keep.removeOutbox(cid));
    this.#options.room(room).outboxChanged();
    this.pump();
  }

  /** A send was refused; answers in which room, if the ref was one of ours. */
  refused(error: ErrorFrame): string | undefined {
    for (const outbox of this.#outboxes.values()) {
      const item = outbox.refused(error, this.#options.clock.now());
      if (!item) continue;
      if (isDone(error)) {
        this.discard(item.room, item.cid).catch(() => {});
        return item.room;
      }
      if (item.state === 'failed') this.#later(() => this.#options.keep.updateOutbox(item));
      this.#tabs?.tell({ type: 'put', item });
      this.#options.room(outbox.room).outboxChanged();
      this.pump();
      return outbox.room;
    }
    return undefined;
  }

  /** Nothing can be sent to that room. */
  refusedRoom(room: string, error: ErrorBody): void {
    for (const item of this.#outboxes.get(room)?.fail(error) ?? []) {
      this.#later(() => this.#options.keep.updateOutbox(item));
      this.#tabs?.tell({ type: 'put', item });
    }
    this.#options.room(room).outboxChanged();
  }

  /** The room shows everything up to `seq`. */
  shown(room: string, seq: number): void {
    if (this.#outboxes.get(room)?.shown(seq)) this.#options.room(room).outboxChanged();
  }

  #elected(): void {
    // Another tab may have written, sent or failed since: what is kept is what counts.
    const tabs = this.#tabs;
    const go = () => {
      if (this.#tabs !== tabs || !tabs?.isSender) return;
      this.#isSender = true;
      for (const outbox of this.#outboxes.values()) outbox.unsend();
      this.#takeOver.clear();
      this.pump();
    };
    this.#reload().then(go, go);
  }

  #depose(): void {
    this.#isSender = false;
    this.#wake.clear();
  }

  async #reload(): Promise<void> {
    const { keep, room: roomOf } = this.#options;
    const reading = () => Promise.all([keep.outbox(), keep.identity()]);
    const [all, identity] = await this.#inTurn(reading);
    this.#owner ??= identity?.you.id;
    for (const item of all) {
      if (item.by !== undefined || !identity) continue;
      // It was written before it was said whose it is: whoever was here then was known here.
      item.by = identity.you.id;
      this.#later(() => keep.updateOutbox(item));
    }
    const items = all.filter(({ by = this.#owner }) => by === this.#owner);
    for (const { room } of items) this.outbox(room);
    for (const outbox of this.#outboxes.values()) {
      outbox.load(items.filter(({ room }) => room === outbox.room));
      roomOf(outbox.room).outboxChanged();
    }
  }

  /** Nothing of it is shown any more; it stays kept. */
  #empty(): void {
    for (const outbox of this.#outboxes.values()) {
      outbox.load([]);
      outbox.shown(Number.POSITIVE_INFINITY);
      this.#options.room(outbox.room).outboxChanged();
    }
  }

  #put(item: OutboxItem): void {
    this.outbox(item.room).put(item);
    this.#options.room(item.room).outboxChanged();
    this.#tabs?.tell({ type: 'put', item });
    this.pump();
  }

  /** If the sending tab cannot send what waits although we could, we do. */
  #press(): void {
    const isWaiting = [...this.#outboxes.values()].some(({ isPending }) => isPending);
    if (!this.#tabs || !isWaiting || this.#takeOver.isSet) return;
    this.#tabs.tell({ type: 'waits' });
    this.#takeOver.set(TAKE_OVER_MS, () => {
      if (this.#options.line.isLive) this.#tabs?.takeOver();
    });
  }

  #heard(note: Note): void {
    switch (note.type) {
      case 'put':
        this.outbox(note.item.room).put(note.item);
        this.#options.room(note.item.room).outboxChanged();
        return this.pump();
      case 'waits':
        if (this.#isSender && this.#options.line.isLive) this.#tabs?.tell({ type: 'sends' });
        return;
      case 'sends':
        return this.#takeOver.clear();
      case 'acked':
        this.outbox(note.room).acked(note.cid, note.seq, this.#options.room(note.room).shownSeq());
        return this.#options.room(note.room).outboxChanged();
      case 'removed':
        return this.#remove(note.room, note.cid);
    }
  }

  #remove(room: string, cid: string): void {
    if (this.#outboxes.get(room)?.remove(cid)) this.#options.room(room).outboxChanged();
  }

  #failed(room: string, cid: string): OutboxItem | undefined {
    const item = this.#outboxes.get(room)?.item(cid);
    return item?.state === 'failed' ? item : undefined;
  }

  #free(): number {
    let free = this.#window;
    for (const { inFlight } of this.#outboxes.values()) free -= inFlight;
    return free;
  }

  #inTurn<T>(write: () => Promise<T>): Promise<T> {
    const turn = this.#writing.then(write);
    this.#writing = turn.catch(() => {});
    return turn;
  }

  /**
   * A write whose loss is harmless: the item would go out once more, with the same cid, and be
   * acknowledged as a repeat.
   */
  #later(write: () => Promise<void>): void {
    this.#inTurn(write).catch(() => {});
  }
}

/** Throws what the server would answer, so that the text stays with who wrote it. */
export function checkText(text: string, bytes: number, text_bytes_max: number): void {
  if (!text.trim()) {
    const message = 'The text is blank: write something.';
    throw new TeahouseError({ code: 'bad_field', field: 'body.text', message });
  }
  if (bytes > text_bytes_max) {
    const message = `The text has ${bytes} bytes, at most ${text_bytes_max} are allowed.`;
    throw new TeahouseError({ code: 'text_too_long', field: 'body.text', message });
  }
}
