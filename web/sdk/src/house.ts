/**
 * One house, that is one server: who one is there, the connection, and the rooms.
 *
 * It must not look into a frame further than needed to find whose it is.
 */
import { Away } from './away.js';
import { Client, type ClientOptions, SUBPROTOCOL } from './client.js';
import { type Clock, systemClock } from './clock.js';
import { type Deferred, deferred } from './deferred.js';
import { Emitter } from './emitter.js';
import { TeahouseError } from './error.js';
import type { ChangedFrame, ErrorFrame, From, Look, Person, ServerFrame } from './frame.js';
import { given } from './given.js';
import { type Identity, type Keep, memoryKeep } from './keep.js';
import { ended, Line } from './line.js';
import { request } from './request.js';
import { Room } from './room.js';
import { Sender } from './sender.js';
import { browser, type Surroundings } from './surroundings.js';
import { type TabPlatform, tabPlatform } from './tabs.js';
import type { LinkEnd, TransportName } from './transport/transport.js';

const ROOM_FORM = /^[a-z0-9_-]{1,32}$/;
/** Close codes after which the token is worth nothing. */
const VOID_TOKEN = [4401, 4410];

/** Where a house stands. `idle`: nobody has entered. `ended`: it does not come back by itself. */
export type ConnectionState = 'idle' | 'connecting' | 'live' | 'reconnecting' | 'offline' | 'ended';

/** What a house tells. */
export interface HouseEvents {
  /** Also told when only `retry_at` has changed. */
  state: ConnectionState;
  you: Person;
  /** The list of rooms is another one than before. */
  rooms: true;
  /** What calls one is another: who shows it asks for it again. */
  calls: true;
  /** Round trip of the last ping in milliseconds. */
  delay: number;
  ended: { code: number; reason: string };
  /** Another transport carries the frames than before. */
  transport: TransportName;
  /** After a lost connection, once every open room is live again. */
  back: { away_ms: number; arrived: number };
}

/** Where the house is and what it runs on. */
export interface HouseOptions
  extends Pick<
    ClientOptions,
    'transport' | 'cost' | 'poll_ms' | 'fetch' | 'webSocket' | 'clock' | 'random' | 'surroundings'
  > {
  /** The address of the house; by default the one the page came from. */
  url?: string | URL;
  /** The program, for the server's log: `web/0.1.0`. */
  client?: string;
  /**
   * For pages of the house itself: a cookie that no script can read says who one is, and no new token
   * is kept. One that was kept before goes on.
   */
  cookie?: boolean;
  keep?: Keep;
  tabs?: TabPlatform;
}

/** A house. See the head of this file. */
export class House {
  readonly #url: URL;
  readonly #options: HouseOptions;
  readonly #keep: Keep;
  readonly #clock: Clock;
  readonly #surroundings: Surroundings;
  readonly #fetch: typeof fetch;
  readonly #sender: Sender;
  readonly #emitter = new Emitter<HouseEvents>();
  readonly #rooms = new Map<string, Room>();
  readonly #line = new Line();
  readonly #away = new Away((back) => this.#emitter.emit('back', back));
  #state: ConnectionState = 'idle';
  #name: string | undefined;
  /** Whom this page takes itself for, by id. */
  #who: string | undefined;
  /** The transport that was told last. */
  #told: TransportName | undefined;
  #ended: { code: number; reason: string } | undefined;
  /** The last refusal of this connection that was of nothing that was asked: it may end by it. */
  #lastWord: string | undefined;
  #entering: Deferred<Person> | undefined;
  #stopWatching: () => void = () => {};

  constructor(options: HouseOptions = {}) {
    this.#options = options;
    this.#url = houseUrl(options.url);
    this.#keep = options.keep ?? memoryKeep();
    this.#clock = options.clock ?? systemClock;
    this.#surroundings = options.surroundings ?? browser;
    const { random = Math.random, tabs = tabPlatform(), cookie } = options;
    const { fetch: fetch_ = (...args: Parameters<typeof fetch>) => fetch(...args) } = options;
    // The header shows that a page asks, which a form of another site cannot.
    this.#fetch = cookie
      ? (url, init) =>
          fetch_(url, { ...init, headers: { ...init?.headers, 'x-teahouse': '1' } as HeadersInit })
      : fetch_;
    this.#sender = new Sender({
      keep: this.#keep,
      clock: this.#clock,
      random,
      tabs,
      line: this.#line,
      room: (id) => this.room(id),
    });
  }

  get state(): ConnectionState {
    return this.#state;
  }

  get you(): Person | undefined {
    return this.#line.you;
  }

  /** The name of the house, once entered. */
  get name(): string | undefined {
    return this.#name;
  }

  /** What carries the frames; `undefined` while there is no connection. */
  get transport(): TransportName | undefined {
    return this.#line.client?.transport;
  }

  /** The round trip of the last ping in milliseconds. */
  get delay_ms(): number | undefined {
    return this.#line.client?.delay_ms;
  }

  /** When the connection was lost; `undefined` while there is one. */
  get lost_at(): number | undefined {
    return this.#line.client?.lost_at;
  }

  /** When the next attempt begins. */
  get retry_at(): number | undefined {
    return this.#line.client?.retry_at;
  }

  /** Why the connection ended for good. */
  get ended(): { code: number; reason: string } | undefined {
    return this.#ended;
  }

  /** Calls `f` at each event of that name until the returned function is called. */
  on<K extends keyof HouseEvents>(type: K, f: (event: HouseEvents[K]) => void): () => void {
    return this.#emitter.on(type, f);
  }

  /** What the door of a room shows, without entering. */
  look(room: string): Promise<Look> {
    return this.request('GET', `v1/rooms/${encodeURIComponent(room)}`);
  }

  /**
   * Asks over HTTP as who one is here. Rejects with a `TeahouseError`. `@teahouse/sdk/api` has the
   * addresses of docs/api.md with their types.
   */
  async request<T>(method: string, path: string, body?: unknown): Promise<T> {
    const headers = await this.#shown();
    return request<T>(this.#fetch, new URL(path, this.#url), method, body, headers);
  }

  /** The same for what is not JSON: the answer as it came. */
  async fetch(path: string, init: RequestInit): Promise<Response> {
    const headers = { ...(init.headers as Record<string, string>), ...(await this.#shown()) };
    return this.#fetch(new URL(path, this.#url), { ...init, headers });
  }

  async #shown(): Promise<Record<string, string>> {
    const token = (await this.#keep.identity())?.token;
    return token ? { authorization: `Bearer ${token}` } : {};
  }

  /** Somebody who was here before in this browser. */
  known(): Promise<Identity | undefined> {
    return this.#keep.identity();
  }

  /**
   * Comes in: as the person who was here before, else as a guest of that name. Keeps trying while
   * the house cannot be reached (see `state`). Rejects with what the house says, such as
   * `name_taken`, `bad_name` or `bad_token`; then it may be called again.
   */
  async enter(name?: string): Promise<Person> {
    if (this.#entering) return this.#entering.promise;
    if (this.#line.you && this.#line.client) return this.#line.you;
    const entering = deferred<Person>();
    this.#entering = entering;
    this.#ended = this.#lastWord = undefined;
    this.#setState('connecting');
    try {
      const { cookie } = this.#options;
      const [found] = await Promise.all([this.#keep.identity(), this.#sender.load()]);
      let identity = found;
      if (cookie && !identity && name) identity = await this.#identify('v1/guests', { name });
      if (this.#entering === entering) this.#connect(identity, name);
    } catch (error) {
      this.#refuseEntry(error);
    }
    return entering.promise;
  }

  /**
   * Becomes who an address of docs/api.md says (`v1/guests`, `v1/signin`, …) and keeps the identity;
   * then `enter`.
   */
  async become(path: string, body: unknown): Promise<Person> {
    const { you } = await this.#identify(path, body);
    if (this.#line.client || this.#entering) this.close();
    for (const room of this.#rooms.values()) room.forget();
    return you;
  }

  /** The room of that id, always the same object. Nothing is asked of the house until `open`. */
  room(id: string): Room {
    const found = this.#rooms.get(id);
    if (found) return found;
    if (!ROOM_FORM.test(id)) {
      const message = `A room is 1 to 32 of a-z 0-9 - _, which '${id}' is not.`;
      throw new TeahouseError({ code: 'bad_field', field: 'room', message });
    }
    const [line, sender, away, clock] = [this.#line, this.#sender, this.#away, this.#clock];
    const room = new Room(id, { line, sender, away, clock });
    this.#rooms.set(id, room);
    return room;
  }

  /** Ends the pause before the next attempt. */
  retryNow(): void {
    this.#line.client?.retryNow();
  }

  /** Leaves for good: takes leave, and forgets who one is and what was not sent. */
  async leave(): Promise<void> {
    this.close();
    for (const room of this.#rooms.values()) room.forget();
    this.#line.you = undefined;
    await this.#sender.clear();
    await this.#keep.saveIdentity(undefined);
  }

  /** Closes the connection; who one is and what was not sent is kept for the next time. */
  close(): void {
    const { client } = this.#line;
    this.#disconnect(ended('You have left.'));
    client?.close(1000);
    this.#setState('idle');
  }

  async #identify(path: string, body: unknown): Promise<Identity> {
    const { you, token } = await this.request<Identity>('POST', path, body);
    const identity = { you, ...given({ token }) };
    await this.#keep.saveIdentity(identity);
    this.#sender.belongTo(you.id);
    return identity;
  }

  #connect({ token, you }: Partial<Identity> = {}, name?: string): void {
    const cursors: Record<string, From> = {};
    for (const room of this.#rooms.values()) {
      const from = room.hello();
      if (from !== undefined) cursors[room.id] = from;
    }
    const url = new URL('v1/ws', this.#url);
    url.protocol = url.protocol.replace(/^http/, 'ws');
    const ifCurrent =
      <A extends unknown[]>(f: (...args: A) => void) =>
      (...args: A) =>
        this.#line.client === client && f(...args);
    const cookie = !token && this.#options.cookie;
    this.#who = you?.id;
    const person = given({ token, name: cookie ? undefined : name, cookie, you });
    const how = { fetch: this.#fetch, cursors, patient: true };
    const options: ClientOptions = { ...this.#options, ...person, ...how };
    const client = new Client(url.href, [SUBPROTOCOL], options, {
      welcomed: ifCurrent((away_ms) => this.#welcomed(token, away_ms)),
      switched: ifCurrent(() => this.#carried()),
      received: ifCurrent((frame) => this.#take(frame)),
      suspended: ifCurrent(() => this.#suspended()),
      measured: ifCurrent(() => this.#emitter.emit('delay', client.delay_ms ?? 0)),
      ended: ifCurrent((end, refusal) => this.#closed(end, refusal)),
    });
    this.#line.client = client;
    this.#stopWatching = this.#surroundings.watch(() => this.#lostOrOffline());
  }

  #welcomed(token: string | undefined, away_ms: number | undefined): void {
    const { client } = this.#line;
    if (!client?.welcome) return;
    this.#carried();
    if (away_ms !== undefined) return this.#resumed(away_ms);
    const { you, house, limits, token: given_ } = client.welcome;
    this.#line.you = you;
    this.#who = you.id;
    this.#name = house.name;
    this.#setState('live');
    this.#emitter.emit('you', you);
    for (const room of this.#rooms.values()) room.connected();
    // What was written goes out as this person only once they can come back as this person.
    const settled = () => this.#settled(client, you, limits.sends_unacked_max);
    // A keep that fails costs the way back, not the conversation.
    const identity = { you, ...given({ token: given_ ?? token }) };
    this.#keep.saveIdentity(identity).then(settled, settled);
  }

  /** Something carries the frames; tells it if that is another transport than before. */
  #carried(): void {
    const { transport } = this;
    if (!transport || transport === this.#told) return;
    this.#told = transport;
    this.#emitter.emit('transport', transport);
  }

  #settled(client: Client, you: Person, sends_unacked_max: number): void {
    if (this.#line.client !== client) return;
    this.#sender.start(you.id, sends_unacked_max);
    this.#entering?.resolve(you);
    this.#entering = undefined;
  }

  #refuseEntry(error: unknown): void {
    const { client } = this.#line;
    this.#disconnect(error);
    client?.close(1000);
    this.#setState('idle');
  }

  #resumed(away_ms: number): void {
    const rooms = [...this.#rooms.values()].filter((room) => room.isShown).map(({ id }) => id);
    const you = this.#line.client?.welcome?.you;
    if (you && JSON.stringify(you) !== JSON.stringify(this.#line.you)) this.#changed({ you });
    this.#setState('live');
    for (const room of this.#rooms.values()) room.connected();
    this.#sender.pump();
    this.#away.begin(away_ms, rooms);
  }

  #suspended(): void {
    this.#away.cancel();
    for (const room of this.#rooms.values()) room.suspended();
    this.#setState(this.#surroundings.online() ? 'reconnecting' : 'offline');
  }

  /** The network came or went; while there is a connection, its liveness decides. */
  #lostOrOffline(): void {
    if (this.lost_at === undefined) return;
    this.#setState(this.#surroundings.online() ? 'reconnecting' : 'offline');
  }

  #closed({ code, reason }: LinkEnd, refusal: TeahouseError | undefined): void {
    const wasEntering = this.#entering !== undefined;
    const message = `The connection ended: ${reason || code}.`;
    this.#disconnect(refusal ?? new TeahouseError({ code: reason || 'ended', message }));
    const isVoid = VOID_TOKEN.includes(code) || (refusal && wasEntering && this.#options.cookie);
    if (isVoid) this.#forget().catch(() => {});
    if (wasEntering) return this.#setState('idle');
    this.#ended = { code, reason: this.#lastWord ?? reason };
    this.#setState('ended');
    this.#emitter.emit('ended', this.#ended);
  }

  /** Who one was is worth nothing any more; another tab may be somebody else by now. */
  async #forget(): Promise<void> {
    const identity = await this.#keep.identity();
    const isOurs = this.#who === undefined || identity?.you.id === this.#who;
    if (isOurs) await this.#keep.saveIdentity(undefined);
  }

  /** There is no connection any more, and none will come by itself. */
  #disconnect(error: unknown): void {
    this.#away.cancel();
    this.#stopWatching();
    this.#sender.stop();
    for (const room of this.#rooms.values()) room.ended();
    this.#line.cut();
    this.#entering?.reject(error);
    this.#entering = undefined;
  }

  #take(frame: ServerFrame): void {
    if (frame.type === 'ack') this.#sender.acked(frame.room, frame.cid, frame.seq);
    const id = roomOf(frame);
    if (id !== undefined) this.#rooms.get(id)?.take(frame);
    if (frame.type === 'changed') this.#changed(frame);
    if (!this.#line.answer(frame) && frame.type === 'error') this.#refused(frame);
  }

  #changed({ you, rooms, calls }: Omit<ChangedFrame, 'type'>): void {
    if (you) {
      this.#line.you = you;
      this.#keepChanged(you).catch(() => {});
      this.#emitter.emit('you', you);
    }
    if (rooms) this.#emitter.emit('rooms', true);
    if (calls) this.#emitter.emit('calls', true);
  }

  async #keepChanged(you: Person): Promise<void> {
    const before = await this.#keep.identity();
    if (before && before.you.id !== you.id) return;
    await this.#keep.saveIdentity({ ...before, you });
  }

  /** A refusal that nobody waits for: of a send, or of a room in `hello`. */
  #refused(frame: ErrorFrame): void {
    if (frame.ref === undefined) {
      this.#lastWord = frame.code;
      return this.#refusedHello(frame);
    }
    const room = this.#sender.refused(frame);
    if (room !== undefined && frame.code === 'not_subscribed') this.room(room).resubscribe();
  }

  /** A room of `hello` was refused: the one that `field` names, else the one that waits. */
  #refusedHello(frame: ErrorFrame): void {
    const rooms = [...this.#rooms.values()];
    const waiting = rooms.filter((room) => room.awaitsHello);
    const named = rooms.find(({ id }) => frame.field === `cursors.${id}`);
    const room = named ?? (waiting.length === 1 ? waiting[0] : undefined);
    if (!room?.refused(new TeahouseError(frame))) room?.shut(frame.code);
  }

  #setState(state: ConnectionState): void {
    const isSame = this.#state === state;
    this.#state = state;
    if (!isSame || state === 'reconnecting' || state === 'offline') {
      this.#emitter.emit('state', state);
    }
  }
}

/** The address of the house, with a slash at its end, so that paths append. */
function houseUrl(url: string | URL | undefined): URL {
  const base = globalThis.location?.href;
  const parsed = new URL(url ?? '/', base);
  if (!parsed.pathname.endsWith('/')) parsed.pathname += '/';
  return parsed;
}

function roomOf(frame: ServerFrame): string | undefined {
  if (!('room' in frame)) return undefined;
  return typeof frame.room === 'string' ? frame.room : frame.room.id;
}
