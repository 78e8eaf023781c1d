/**
 * One room of a house: what happens in it, who is here, and what one says there.
 *
 * Owned by the `House`, which shows it the frames of that room. It must not touch the connection;
 * it keeps no history, only where it stands.
 */
import type { Away } from './away.js';
import { Alarm, type Clock } from './clock.js';
import { Cursor } from './cursor.js';
import { type Deferred, deferred } from './deferred.js';
import { Emitter } from './emitter.js';
import type { TeahouseError } from './error.js';
import type {
  ChatEvent,
  FileView,
  From,
  HistoryRange,
  Page,
  PageFrame,
  Person,
  RoomView,
  SendKind,
  ServerFrame,
  Subscribed,
} from './frame.js';
import { given } from './given.js';
import type { OutboxItem } from './keep.js';
import { ended, type Line } from './line.js';
import { nobody, others, type Present, present } from './presence.js';
import { ReadMark } from './read-mark.js';
import { checkText, type Sender } from './sender.js';
import { utf8Bytes } from './standard.js';

/** How often typing is told while it goes on. */
const TYPING_MS = 3_000;
const TAIL = 50;
/** How many events a watched room begins with: there is likely to be a message among them. */
const WATCH_TAIL = 5;

/** A place where events are missing: the app drops or marks what it has and asks `history`. */
export interface Hole {
  /** Events go on after this seq. */
  from: number;
  head: number;
  /** `reset`: what is known of the room is void. `behind`: there is a gap before `from`. */
  reason: 'behind' | 'reset';
}

/** What a room tells. */
export interface RoomEvents {
  /** In order, each exactly once, batched per message of the transport. */
  events: ChatEvent[];
  info: RoomView;
  live: boolean;
  hole: Hole;
  here: Present;
  typing: Person[];
  outbox: readonly OutboxItem[];
  /** The read mark. */
  read: number;
  /** Each event as it comes, also where nobody looks; one may be told again. */
  news: ChatEvent;
  /** It may not be read any more; the code says why. */
  shut: string;
}

/** What a message may have besides its text. */
export interface SendMore {
  target?: number | undefined;
  files?: readonly FileView[] | undefined;
}

/** What a room shares with its house. */
export interface RoomShare {
  readonly line: Line;
  readonly sender: Sender;
  readonly away: Away;
  readonly clock: Clock;
}

/** Why a room is subscribed: nobody asked, so that something can be sent or its news told, or to be shown. */
type Wish = 'none' | 'send' | 'watch' | 'open';

/** A room. Get it from `House.room`. */
export class Room {
  readonly id: string;
  readonly #line: Line;
  readonly #sender: Sender;
  readonly #away: Away;
  readonly #clock: Clock;
  readonly #emitter = new Emitter<RoomEvents>();
  #info: RoomView | undefined;
  #here: Present = nobody;
  #typing: Person[] = [];
  #head = 0;
  #live = false;
  #cursor: Cursor | undefined;
  /** The last seq that was told to the listeners. */
  #shown = 0;
  #batch: ChatEvent[] = [];

  #wish: Wish = 'none';
  #tail = TAIL;
  #opening: Deferred<void> | undefined;
  /** The answer that makes the wish true: to that ref, or to `hello`. */
  #expected: number | 'hello' | undefined;
  /** The connection is subscribed. */
  #follows = false;
  /** Listeners are told what happens. */
  #isShown = false;

  readonly #mark: ReadMark;
  #isTyping = false;
  readonly #typingPause: Alarm;

  /** @internal */
  constructor(id: string, { line, sender, away, clock }: RoomShare) {
    this.id = id;
    this.#line = line;
    this.#sender = sender;
    this.#away = away;
    this.#clock = clock;
    this.#typingPause = new Alarm(clock);
    this.#mark = new ReadMark(id, line, (seq) => this.#emitter.emit('read', seq));
  }

  /** Name, topic and rights; `undefined` until the room was opened. */
  get info(): RoomView | undefined {
    return this.#info;
  }

  /** Everything is here and the rest comes as it happens. */
  get live(): boolean {
    return this.#live;
  }

  /** The highest seq known to exist. */
  get head(): number {
    return this.#head;
  }

  /** The last seq applied. */
  get seq(): number {
    return this.#cursor?.seq ?? 0;
  }

  get here(): Present {
    return this.#here;
  }

  /** Who is typing, without oneself. */
  get typing(): Person[] {
    return this.#typing;
  }

  /** Everything up to this seq was read; it only grows. */
  get readMark(): number {
    return this.#mark.seq;
  }

  /** What was written here and is not yet among the events, in the order written. */
  get outbox(): readonly OutboxItem[] {
    return this.#sender.outbox(this.id).items;
  }

  /** Calls `f` at each event of that name until the returned function is called. */
  on<K extends keyof RoomEvents>(type: K, f: (event: RoomEvents[K]) => void): () => void {
    return this.#emitter.on(type, f);
  }

  /**
   * Subscribes: the last `tail` events come, then everything that happens. Before `House.enter` it
   * waits for the connection. Rejects with `no_such_room` and the like.
   */
  open(tail = TAIL): Promise<void> {
    if (this.#opening && this.#wish === 'open') return this.#opening.promise;
    this.#tail = tail;
    this.#opening = deferred();
    this.#want('open');
    return this.#opening.promise;
  }

  /** Follows the `news` of a room that is not open, beginning with the last events. */
  watch(): void {
    if (this.#wish === 'none') this.#want('watch');
  }

  /**
   * Writes a message, perhaps as a reply to another (`target`). Resolves when it is kept, before any
   * network; from there it goes out by itself, also after a reload. Rejects when the text is blank
   * (without `files`) or too long, or cannot be kept.
   */
  async send(text: string, { target, files }: SendMore = {}): Promise<OutboxItem> {
    if (text || !files?.length) this.#check(text);
    if (this.#isTyping) this.setTyping(false);
    return this.#write('message', { text, ...given({ target, files }) });
  }

  /** Gives a message of one's own another text. Like all changes it waits in the outbox as a message does. */
  async edit(target: number, text: string): Promise<OutboxItem> {
    this.#check(text);
    return this.#write('edit', { text, target });
  }

  /** Deletes a message, for everybody. */
  remove(target: number): Promise<OutboxItem> {
    return this.#write('delete', { target });
  }

  /** Reacts to a message, or takes that back. */
  react(target: number, emoji: string, on = true): Promise<OutboxItem> {
    return this.#write('reaction', { target, emoji, on });
  }

  /** Pins a message to the room, or takes it down. */
  pin(target: number, on = true): Promise<OutboxItem> {
    return this.#write('pin', { target, on });
  }

  /** Sends a failed message again, with the same cid. */
  retry(cid: string): Promise<void> {
    return this.#sender.retry(this.id, cid);
  }

  /** Gives a message up. One that is on its way may arrive all the same. */
  discard(cid: string): Promise<void> {
    return this.#sender.discard(this.id, cid);
  }

  /** Reads back: exactly one of `before`, `after`, `around`. */
  async history(range: HistoryRange): Promise<Page> {
    const room = this.id;
    const frame = await this.#line.ask((ref) => ({ type: 'history', ref, room, ...range }));
    const { messages, states = {}, as_of, more } = frame as PageFrame;
    return { messages, states, as_of, more };
  }

  /** Marks everything up to `seq` as read. */
  read(seq: number): void {
    this.#mark.want(seq);
  }

  /** Call it with each key: it is told at most every 3 s, and its end at once. */
  setTyping(on: boolean): void {
    if (on ? this.#typingPause.isSet : !this.#isTyping) return;
    this.#isTyping = on;
    if (on) this.#typingPause.set(TYPING_MS, () => {});
    else this.#typingPause.clear();
    if (this.#line.isLive) this.#line.give({ type: 'typing', room: this.id, on });
  }

  /** @internal Where a new connection begins; `undefined` if nobody asked for this room. */
  hello(): From | undefined {
    if (this.#wish === 'none') return undefined;
    this.#expected = 'hello';
    return this.#from();
  }

  /** @internal The connection is open. */
  connected(): void {
    if (this.#wish !== 'none' && !this.#follows && this.#expected === undefined) this.#subscribe();
    this.#mark.send();
  }

  /** @internal Whether a send would be taken; subscribes if nobody has yet. */
  ready(): boolean {
    if (this.#wish === 'none') this.#want('send');
    return this.#follows;
  }

  /** @internal The last seq that listeners know; everything, when nobody looks. */
  shownSeq(): number {
    return this.#isShown ? this.#shown : Number.POSITIVE_INFINITY;
  }

  /** @internal */
  outboxChanged(): void {
    this.#emitter.emit('outbox', this.outbox);
  }

  /** @internal The connection is lost and may come back. */
  suspended(): void {
    this.#setLive(false);
    this.#setTypists([]);
  }

  /** @internal The connection ended for good; the next one begins at the cursor. */
  ended(): void {
    this.suspended();
    this.#follows = false;
    this.#expected = undefined;
  }

  /** @internal Somebody else will use this room: forget what was seen. */
  forget(): void {
    this.ended();
    this.#opening?.reject(ended());
    this.#opening = undefined;
    this.#wish = 'none';
    this.#isShown = false;
    this.#cursor = undefined;
    this.#mark.forget();
    this.#shown = 0;
    this.#head = 0;
    this.#here = nobody;
  }

  /** @internal The subscription was refused; says whether one was waited for. */
  refused(error: TeahouseError): boolean {
    if (this.#expected === undefined) return false;
    this.#expected = undefined;
    this.#wish = 'none';
    this.#opening?.reject(error);
    this.#opening = undefined;
    this.#sender.refusedRoom(this.id, error);
    return true;
  }

  /** @internal It may not be read any more. */
  shut(code: string): void {
    this.ended();
    this.#wish = 'none';
    this.#isShown = false;
    this.#emitter.emit('shut', code);
  }

  /** @internal A send was answered with `not_subscribed`: subscribe again. */
  resubscribe(): void {
    this.#follows = false;
    if (this.#expected === undefined) this.#subscribe();
  }

  /** @internal Whether listeners are told what happens here. */
  get isShown(): boolean {
    return this.#isShown;
  }

  /** @internal Whether it waits for an answer to `hello`. */
  get awaitsHello(): boolean {
    return this.#expected === 'hello';
  }

  /** @internal A frame of this room. */
  take(frame: ServerFrame): void {
    switch (frame.type) {
      case 'event':
        return this.#event(frame);
      case 'subscribed':
        return this.#subscribed(frame);
      case 'live':
        this.#flush();
        this.#head = Math.max(this.#head, frame.seq);
        return this.#setLive(this.#isShown);
      case 'behind':
      case 'reset':
        this.#setLive(false);
        return this.#moveTo(frame.head, this.#isShown, frame.type);
      case 'read':
        return this.#mark.confirmed(frame.seq);
      case 'unsubscribed':
        if (frame.ref === undefined) this.shut(frame.code ?? '');
        return;
      case 'signal':
        return frame.kind === 'presence'
          ? this.#setHere(present(this.#here, frame.body))
          : this.#setTypists(frame.body.people);
      default:
    }
  }

  #check(text: string): void {
    checkText(text, utf8Bytes(text), this.#line.textBytesMax);
  }

  async #write(kind: SendKind, change: Partial<OutboxItem>): Promise<OutboxItem> {
    const [room, written_at] = [this.id, this.#clock.now()];
    const what = { cid: newCid(), room, kind, text: '', written_at, ...change };
    return this.#sender.write({ ...what, state: 'pending' });
  }

  #from(): From {
    if (this.#wish === 'send') return 'head';
    if (this.#wish === 'watch') return { tail: WATCH_TAIL };
    return this.#isShown && this.#cursor ? this.#cursor.toString() : { tail: this.#tail };
  }

  #want(wish: Wish): void {
    this.#wish = wish;
    if (this.#line.isOpen) this.#subscribe();
  }

  #subscribe(): void {
    const room = this.id;
    const asked = this.#line.ask((ref) => {
      this.#expected = ref;
      return { type: 'subscribe', ref, room, from: this.#from() };
    });
    asked.catch((error: TeahouseError) => this.refused(error));
  }

  #subscribed(frame: Subscribed): void {
    const { ref = 'hello' } = frame;
    const hadSeen = this.#isShown;
    const isExpected = this.#expected !== undefined && ref === this.#expected;
    if (isExpected) {
      this.#expected = undefined;
      this.#follows = true;
      this.#isShown = this.#wish === 'open';
    }
    this.#info = frame.room;
    this.#setLive(false);
    this.#moveTo(frame.head, hadSeen);
    this.#emitter.emit('info', frame.room);
    const { count, people, partial = false } = frame.here;
    this.#setHere({ count, people, partial });
    this.#setTypists([]);
    this.#mark.confirmed(frame.read ?? 0);
    if (!isExpected) return;
    if (this.#wish === 'open') this.#opening?.resolve();
    this.#sender.pump();
  }

  #event(event: ChatEvent): void {
    this.#cursor?.apply(event);
    this.#head = Math.max(this.#head, event.seq);
    const isOwn = event.by.id === this.#line.you?.id;
    if (isOwn) this.#sender.acked(this.id, event.cid, event.seq);
    this.#emitter.emit('news', event);
    if (!this.#isShown) return;
    if (!isOwn && !this.#live && event.kind === 'message') this.#away.arrived();
    if (this.#batch.push(event) === 1) queueMicrotask(() => this.#flush());
  }

  /** Tells what came, as one batch. */
  #flush(): void {
    const events = this.#batch;
    const last = events.at(-1);
    if (!last) return;
    this.#batch = [];
    this.#shown = last.seq;
    this.#emitter.emit('events', events);
    this.#sender.shown(this.id, last.seq);
    const wrote = new Set(events.map(({ by }) => by.id));
    this.#setTypists(this.#typing.filter(({ id }) => !wrote.has(id)));
  }

  /**
   * The log goes on from where the connection now stands; if that is not where the listeners stand,
   * something is missing, and they are told if they have seen anything.
   */
  #moveTo(head: number, hasSeen: boolean, said?: Hole['reason']): void {
    const to = Cursor.parse(this.#line.client?.cursor(this.id) ?? '');
    const before = this.#cursor;
    if (!to) return;
    const isAhead = to.epoch === before?.epoch && to.seq >= before.seq;
    this.#head = isAhead ? Math.max(this.#head, head) : head;
    if (before?.toString() === to.toString()) return;
    this.#flush();
    this.#cursor = to;
    this.#shown = to.seq;
    if (!hasSeen) return;
    const reason = said ?? (isAhead ? 'behind' : 'reset');
    this.#emitter.emit('hole', { from: to.seq, head, reason });
    this.#sender.shown(this.id, to.seq);
  }

  #setLive(live: boolean): void {
    if (this.#live === live) return;
    this.#live = live;
    this.#emitter.emit('live', live);
    if (live) this.#away.live(this.id);
  }

  #setHere(here: Present): void {
    this.#here = here;
    this.#emitter.emit('here', here);
  }

  #setTypists(people: readonly Person[]): void {
    const typing = others(people, this.#line.you?.id);
    if (typing.length === 0 && this.#typing.length === 0) return;
    this.#typing = typing;
    this.#emitter.emit('typing', typing);
  }
}

/** 12 hex digits of the time, so that those of one time lie together in the server's index; then 80 random bits. */
function newCid(): string {
  const hex = (number: number, digits: number) => number.toString(16).padStart(digits, '0');
  const random = crypto.getRandomValues(new Uint8Array(10));
  return hex(Date.now(), 12) + [...random].map((byte) => hex(byte, 2)).join('');
}
