// The house as signals: who we are, how the connection is, and the open rooms.
import { batch, computed, type ReadonlySignal, signal } from '@preact/signals';
import type { ConnectionState, House, Person, TransportName } from '@teahouse/sdk';
import { now } from './clock.ts';
import { settings } from './settings.ts';

export const connection = signal<ConnectionState>('idle');
export const delay_ms = signal<number | undefined>(undefined);
/** What carries the frames; while the connection is lost, what carried them last. */
export const transport = signal<TransportName | undefined>(undefined);
/** Since when it does, without a break. */
export const carriedSince = signal<number | undefined>(undefined);
export const you = signal<Person | undefined>(undefined);
export const houseName = signal('茶馆');
export const lostAt = signal<number | undefined>(undefined);
export const retryAt = signal<number | undefined>(undefined);
/** Grows when the house says that the list of rooms is another one. */
export const roomsChanged = signal(0);
/** Grows when the house says that what calls one is another. */
export const callsChanged = signal(0);
export const ended = signal<{ code: number; reason: string } | undefined>(undefined);
/** Set for a few seconds after a long break. */
export const back = signal<{ arrived: number; until: number } | undefined>(undefined);

/** A blip under two seconds is not news. */
const quiet_ms = 2000;
/** Only a break this long is worth a word afterwards. */
const backAfter_ms = 30_000;
const backShown_ms = 6000;

let present: House | undefined;
/** Who was here before in this browser: theirs is what waits to be sent, also before the house answers. */
let remembered: Person | undefined;

/** Somebody came back, or (without a person) left for good. */
export function remember(person: Person | undefined): void {
  remembered = person;
  if (present !== undefined) readHouse(present);
}

/** The one house of this page. */
export function house(): House {
  if (present === undefined)
    throw new Error('house() was called before attachHouse(): main.tsx attaches it first.');
  return present;
}

/** Makes a house the one of this page and follows what it tells. */
export function attachHouse(made: House): () => void {
  present = made;
  const read = () => readHouse(made);
  read();
  const ends = [
    made.on('state', read),
    made.on('you', read),
    made.on('delay', read),
    made.on('transport', read),
    made.on('ended', read),
    made.on('rooms', () => {
      roomsChanged.value += 1;
    }),
    made.on('calls', () => {
      callsChanged.value += 1;
    }),
    made.on('back', (news) => {
      if (news.away_ms < backAfter_ms) return;
      back.value = { arrived: news.arrived, until: Date.now() + backShown_ms };
    }),
  ];
  return () => {
    for (const end of ends) end();
  };
}

function readHouse(from: House): void {
  batch(() => {
    readTransport(from);
    connection.value = from.state;
    delay_ms.value = from.delay_ms;
    you.value = from.you ?? remembered;
    lostAt.value = from.lost_at;
    retryAt.value = from.retry_at;
    ended.value = from.ended;
    if (from.name !== undefined) houseName.value = from.name;
    if (from.state !== 'live') back.value = undefined;
  });
}

/** Before the state is read: coming back begins a new time. */
function readTransport(from: House): void {
  const carrying = from.state === 'live' ? from.transport : undefined;
  if (carrying === undefined) return;
  const isSame = connection.peek() === 'live' && transport.peek() === carrying;
  if (!isSame) carriedSince.value = Date.now();
  transport.value = carrying;
}

export type Banner =
  | { kind: 'lost'; seconds: number | undefined }
  | { kind: 'offline' }
  | { kind: 'back'; arrived: number };

/** What the banner says, if anything. */
export const banner: ReadonlySignal<Banner | undefined> = computed(() => {
  const state = connection.value;
  if (state === 'live') return backBanner();
  if (state === 'ended' || state === 'idle' || lostAt.value === undefined) return undefined;
  const time = now.value;
  if (time - lostAt.value < quiet_ms) return undefined;
  if (state === 'offline') return { kind: 'offline' };
  const left = (retryAt.value ?? 0) - time;
  return { kind: 'lost', seconds: left > 0 ? Math.ceil(left / 1000) : undefined };
});

function backBanner(): Banner | undefined {
  const news = back.value;
  if (news === undefined || now.value > news.until) return undefined;
  return { kind: 'back', arrived: news.arrived };
}

/** Nobody answers for a while: worth a word to who wants to come in. */
export const isStuck: ReadonlySignal<boolean> = computed(() => {
  if (connection.value === 'live' || lostAt.value === undefined)
    return connection.value === 'offline';
  return now.value - lostAt.value >= quiet_ms;
});

export type Wire = 'live' | 'connecting' | 'reconnecting' | 'offline';

/** What the chip at the foot shows. Under two seconds it stays as it was. */
export const wire: ReadonlySignal<Wire> = computed(() => {
  const state = connection.value;
  if (state === 'live') return 'live';
  if (lostAt.value === undefined) return 'connecting';
  if (now.value - lostAt.value < quiet_ms)
    return transport.value === undefined ? 'connecting' : 'live';
  return state === 'offline' ? 'offline' : 'reconnecting';
});

/** Something better than what carries the frames does not get through, and nobody asked for this one. */
export const isSteppedDown: ReadonlySignal<boolean> = computed(
  () =>
    settings.value.transport === 'auto' &&
    transport.value !== undefined &&
    transport.value !== 'websocket',
);

/** Which dialog the end of the connection asks for. */
export function endingOf(
  code: number,
  reason = '',
): 'replaced' | 'signed-out' | 'version' | 'banned' | 'other' {
  if (reason === 'banned') return 'banned';
  if (code === 4003) return 'replaced';
  if (code === 4401 || code === 4410 || code === 4200) return 'signed-out';
  return code === 4426 ? 'version' : 'other';
}
