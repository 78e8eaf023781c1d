/**
 * docs/api.md as types and functions: people, rooms, rights and the house, asked over HTTP.
 *
 * An entry of its own, so that a page loads what it uses. Each function is one address, asked as who
 * one is at that house; it rejects with a `TeahouseError`. Nothing is kept here.
 */
import type { ChatEvent, Level, MessageState, Page, Person, Policy, RoomView } from './frame.js';
import type { House } from './house.js';

/** Who asks. */
export type Asker = Pick<House, 'request'>;
/** Who becomes somebody. */
type Comer = Pick<House, 'become'>;

/** Who gets into the house. */
export type Admission = 'open' | 'invited' | 'accounts';

/** What the house numbers. */
export type Id = string | number;

/** A proof of work that the door asks for: so many leading zero bits of the SHA-256 of `SALT:NONCE`. */
export interface WorkAsked {
  salt: string;
  bits: number;
}

export interface WorkDone {
  salt: string;
  nonce: string;
}

/** What the door has to know. */
export interface HouseView {
  name: string;
  admission: Admission;
  question?: string;
  work?: WorkAsked;
  oidc?: { name: string };
  /** The owner is still to be made. */
  setup: boolean;
}

/** What somebody may do in the house. */
export type MayHouse = 'make_rooms' | 'moderate' | 'administer';

export interface Passkey {
  id: string;
  name: string;
  made: number;
  used: number | null;
}

/** Oneself. */
export interface Me {
  you: Person;
  /** What one tells of oneself, and the zone of one's clock, as `Asia/Shanghai`. */
  line: string | null;
  zone: string | null;
  has_password: boolean;
  passkeys: Passkey[];
  oidc: boolean;
  may: MayHouse[];
}

/** One device on which one is signed in. */
export interface SignIn {
  id: string;
  made: number;
  seen: number;
  agent: string;
  address: string;
  this: boolean;
}

export type MayPerson = 'message' | 'mute' | 'kick' | 'ban' | 'remove_all' | 'role';

/** Somebody as another one sees them. */
export interface PersonView {
  person: Person;
  /** What they tell of themselves, and the zone of their clock, as `Asia/Shanghai`. */
  line: string | null;
  zone: string | null;
  here: boolean;
  rooms: Pick<RoomView, 'id' | 'name' | 'slug'>[];
  may: MayPerson[];
}

/** A room in one's list. */
export interface RoomListed extends RoomView {
  here: number;
  head: number;
  /** How many messages it has had. */
  n: number;
  read: number;
  /** Messages of others after `read`; 1000 stands for 1000 and more. */
  unread: number;
  /** How many of them were said to oneself. */
  calls?: number;
  last_at: number | null;
  /** Who takes part, for direct ones. */
  people?: Person[];
}

/** Somebody in a room. */
export interface RoomPerson {
  person: Person;
  role: 'moderator' | 'member';
  joined: number;
}

/** Somebody kept out of a room, or silent in it. */
export interface RoomBan {
  person: Person;
  until: number | null;
  reason: string;
  by?: Person;
}

export interface RoomPeople {
  people: RoomPerson[];
  bans?: RoomBan[];
  mutes?: RoomBan[];
}

export interface Invite {
  id: Id;
  code: string;
  url: string;
  room: string;
  by: Person;
  made: number;
  until: number | null;
  uses_left: number | null;
}

/** An invite in the list of the house: without its code and link where one may not read the room. */
export type HouseInvite = Omit<Invite, 'code' | 'url'> & Partial<Pick<Invite, 'code' | 'url'>>;

/** What an invite says to who has its code. */
export interface InviteView {
  room: Pick<RoomView, 'id' | 'name' | 'topic'>;
  by: Person;
  house: Pick<HouseView, 'name'>;
}

/** A ticket and what the browser makes of it, in the JSON form of Web Authentication. */
export interface Ceremony<Options> {
  ticket: string;
  options: Options;
}

/** How long and why. Without `minutes` for ever. */
export interface Measure {
  minutes?: number;
  reason?: string;
}

export interface Now {
  people: number;
  connections: { websocket: number; stream: number; long_poll: number; poll: number };
  rooms: number;
  /** Counts up. */
  events: number;
  /** What is kept of files; what is still being sent counts with its whole length. */
  files?: { count: number; bytes: number };
  started: number;
  version: string;
  memory_bytes: number | null;
  store: { kind: string; bytes: number | null; ok: boolean };
  bus: { kind: string; up: boolean };
  nodes: number;
}

export interface AdminPerson {
  person: Person;
  joined: number;
  seen: number | null;
  signins: number;
  banned?: boolean;
}

export interface AdminRoom {
  id: string;
  name: string;
  policy: Policy;
  direct: boolean;
  archived: boolean;
  people: number;
  n: number;
  bytes: number;
  last_at: number | null;
}

export interface HouseBan {
  id: Id;
  person?: Person;
  range?: string;
  until: number | null;
  reason: string;
  by: Person;
  at: number;
}

export type Decision = 'dismiss' | 'delete' | 'mute' | 'ban';

export interface Report {
  id: Id;
  room: string;
  seq: number;
  message?: ChatEvent;
  around: ChatEvent[];
  by: Person;
  reason: string;
  at: number;
  decided?: { decision: Decision; by: Person; at: number } | Decision;
}

export interface AuditLine {
  id: Id;
  at: number;
  by: Person;
  action: string;
  person?: Person;
  room?: string;
  detail: string;
}

export interface Setting {
  key: string;
  value: unknown;
  source: string;
}

export interface SettingsChange {
  name?: string;
  admission?: Admission;
  question?: { ask: string; answer: string } | null;
  work_bits?: number;
  rooms_by?: 'guests' | 'accounts' | 'moderators';
  /** How large files may be, in MiB; `null` is as the configuration says. */
  files?: { file_mib_max?: number; person_mib_max?: number; house_mib_max?: number } | null;
}

const part = encodeURIComponent;

/** The fields that are set, as a query. */
function query(fields: Record<string, string | number | undefined>): string {
  const set = Object.entries(fields).filter(([, value]) => value !== undefined && value !== '');
  const text = new URLSearchParams(set.map(([key, value]) => [key, String(value)])).toString();
  return text === '' ? '' : `?${text}`;
}

// Coming in.

export const houseView = (h: Asker) => h.request<HouseView>('GET', 'v1/house');

/** How somebody becomes a guest, or with `password` a member. */
export interface GuestWish {
  name?: string;
  invite?: string;
  answer?: string;
  work?: WorkDone;
  password?: string;
}
export const becomeGuest = (h: Comer, v: GuestWish) => h.become('v1/guests', v);

export interface SetupWish {
  token: string;
  name: string;
  password?: string;
  house?: string;
  admission?: Admission;
}
/** Makes the owner's account, once per house. */
export const setUp = (h: Comer, v: SetupWish) => h.become('v1/setup', v);

export const signIn = (h: Comer, v: { name: string; password: string }) => h.become('v1/signin', v);
export const signInByCode = (h: Comer, code: string) => h.become('v1/signin/code', { code });
export const signInByReset = (h: Comer, v: { code: string; password: string }) =>
  h.become('v1/signin/reset', v);
export const beginPasskeySignIn = <O>(h: Asker) =>
  h.request<Ceremony<O>>('POST', 'v1/signin/passkey/begin', {});
export const signInByPasskey = (h: Comer, v: { ticket: string; credential: unknown }) =>
  h.become('v1/signin/passkey', v);
export const signOut = (h: Asker) => h.request<object>('POST', 'v1/signout', {});

// Oneself.

type You = { you: Person };
export const me = (h: Asker) => h.request<Me>('GET', 'v1/me');
export const rename = (h: Asker, name: string) => h.request<You>('PATCH', 'v1/me', { name });
/** What one tells of oneself; what is not named stays, an empty text tells nothing. */
export const tellOfMe = (h: Asker, v: { line?: string; zone?: string; away?: boolean }) =>
  h.request<You>('PATCH', 'v1/me', v);
export const setPicture = (h: Asker, file: Blob) => h.request<You>('PUT', 'v1/me/picture', file);
export const dropPicture = (h: Asker) => h.request<You>('DELETE', 'v1/me/picture');
export const setPassword = (h: Asker, v: { password: string; old?: string }) =>
  h.request<You>('PUT', 'v1/me/password', v);
export const beginPasskey = <O>(h: Asker) =>
  h.request<Ceremony<O>>('POST', 'v1/me/passkeys/begin', {});
type Passkeys = { passkeys: Passkey[] };
export const addPasskey = (h: Asker, v: { ticket: string; credential: unknown; name: string }) =>
  h.request<Passkeys>('POST', 'v1/me/passkeys', v);
export const dropPasskey = (h: Asker, id: string) =>
  h.request<Passkeys>('DELETE', `v1/me/passkeys/${part(id)}`);
export const signIns = (h: Asker) => h.request<{ signins: SignIn[] }>('GET', 'v1/me/signins');
/** `others`: all but this one. */
export const endSignIn = (h: Asker, id: string) =>
  h.request<object>('DELETE', `v1/me/signins/${part(id)}`);
export const deviceCode = (h: Asker) =>
  h.request<{ code: string; until: number }>('POST', 'v1/me/code', {});
export const exportMe = (h: Asker) => h.request<object>('GET', 'v1/me/export');
export const eraseMe = (h: Asker, v: { name: string; password?: string }) =>
  h.request<object>('DELETE', 'v1/me', v);
export const hidden = (h: Asker) => h.request<{ hidden: Person[] }>('GET', 'v1/me/hidden');
export const hide = (h: Asker, id: string) => h.request<object>('PUT', `v1/me/hidden/${part(id)}`);
export const unhide = (h: Asker, id: string) =>
  h.request<object>('DELETE', `v1/me/hidden/${part(id)}`);

// What calls one.

/** Something that was said to oneself. */
export interface Call {
  id: number;
  kind: 'mention' | 'here' | 'room' | 'reply' | 'reaction' | 'direct';
  room: string;
  /** The message to jump to. */
  seq: number;
  by: Person;
  at: number;
  emoji?: string;
  /** Absent for a moment where another node stored it. */
  message?: ChatEvent;
  read: boolean;
}

/** When one wants quiet. Times are `22:00`, the zone is a name such as `Asia/Shanghai`. */
export interface Quiet {
  quiet: { from: string; to: string; zone: string } | null;
  paused_until: number | null;
  hide_text: boolean;
}

/** A browser as its push service knows it: `PushSubscription.toJSON()`. */
export interface PushBrowser {
  endpoint: string;
  keys: { p256dh: string; auth: string };
}

/** For you, the newest first. */
export const calls = (h: Asker, v: { before?: number; limit?: number } = {}) =>
  h.request<{ calls: Call[]; unread: number; more: boolean }>(
    'GET',
    `v1/me/calls${query({ ...v })}`,
  );
export const readCalls = (h: Asker, until: number) =>
  h.request<{ unread: number }>('POST', 'v1/me/calls/read', { until });
export const quiet = (h: Asker) => h.request<Quiet>('GET', 'v1/me/notifications');
export const changeQuiet = (h: Asker, v: Partial<Quiet>) =>
  h.request<Quiet>('PATCH', 'v1/me/notifications', v);
/** The key by which push services know the house. */
export const pushKey = (h: Asker) => h.request<{ key: string }>('GET', 'v1/push');
export const pushTo = (h: Asker, v: PushBrowser) => h.request<object>('PUT', 'v1/me/push', v);
export const pushNoMore = (h: Asker, endpoint: string) =>
  h.request<object>('DELETE', 'v1/me/push', { endpoint });
/** Has this browser show a word; says how many push services took it. */
export const pushTest = (h: Asker) => h.request<{ taken: number }>('POST', 'v1/me/push/test', {});

// People.

export const person = (h: Asker, id: string) =>
  h.request<PersonView>('GET', `v1/people/${part(id)}`);

// Rooms.

const roomPath = (room: string, rest = '') => `v1/rooms/${part(room)}${rest}`;
/** A room to be made. */
export interface RoomWish {
  name: string;
  topic?: string;
  slug?: string;
  policy?: Partial<Policy>;
}
export type RoomChange = Partial<RoomWish> & { archived?: boolean };

export const rooms = (h: Asker) => h.request<{ rooms: RoomListed[] }>('GET', 'v1/rooms');
export const makeRoom = (h: Asker, v: RoomWish) => h.request<RoomView>('POST', 'v1/rooms', v);
/** The conversation with these people, made if there is none. */
export const directRoom = (h: Asker, direct: string[]) =>
  h.request<RoomView>('POST', 'v1/rooms', { direct });
export const changeRoom = (h: Asker, room: string, v: RoomChange) =>
  h.request<RoomView>('PATCH', roomPath(room), v);
export const joinRoom = (h: Asker, room: string) =>
  h.request<RoomView>('POST', roomPath(room, '/join'), {});
export const leaveRoom = (h: Asker, room: string) =>
  h.request<object>('POST', roomPath(room, '/leave'), {});
export const setLevel = (h: Asker, room: string, v: { level?: Level; muted?: boolean }) =>
  h.request<RoomView>('PUT', roomPath(room, '/level'), v);
export const roomPeople = (h: Asker, room: string) =>
  h.request<RoomPeople>('GET', roomPath(room, '/people'));
/** Adds somebody, or gives them a role. */
export const putPerson = (h: Asker, room: string, id: string, role?: 'moderator' | 'member') =>
  h.request<object>(
    'PUT',
    roomPath(room, `/people/${part(id)}`),
    role === undefined ? {} : { role },
  );
export const removePerson = (h: Asker, room: string, id: string) =>
  h.request<object>('DELETE', roomPath(room, `/people/${part(id)}`));
export const banFrom = (h: Asker, room: string, id: string, v: Measure) =>
  h.request<object>('PUT', roomPath(room, `/bans/${part(id)}`), v);
export const unbanFrom = (h: Asker, room: string, id: string) =>
  h.request<object>('DELETE', roomPath(room, `/bans/${part(id)}`));
export const muteIn = (h: Asker, room: string, id: string, v: Measure) =>
  h.request<object>('PUT', roomPath(room, `/mutes/${part(id)}`), v);
export const unmuteIn = (h: Asker, room: string, id: string) =>
  h.request<object>('DELETE', roomPath(room, `/mutes/${part(id)}`));
export const deleteMessage = (h: Asker, room: string, seq: number) =>
  h.request<object>('DELETE', roomPath(room, `/messages/${seq}`));
/** What is pinned in a room. */
export interface Pins {
  messages: ChatEvent[];
  states: Record<string, MessageState>;
  as_of: number;
}
export const pins = (h: Asker, room: string) => h.request<Pins>('GET', roomPath(room, '/pins'));
/** Which part of the replies: those after a number, at most so many (50 where it is not said, 200 at the most). */
export interface RepliesAsked {
  after?: number;
  limit?: number;
}
/** A message and what replies to it, oldest first; `more` says whether there are more of them. */
export const replies = (h: Asker, room: string, seq: number, asked: RepliesAsked = {}) =>
  h.request<Page>('GET', roomPath(room, `/messages/${seq}/replies${query({ ...asked })}`));
/** What a message said before it was edited. */
export interface Version {
  text: string;
  at: number;
  seq: number;
}
export const versions = (h: Asker, room: string, seq: number) =>
  h.request<{ versions: Version[] }>('GET', roomPath(room, `/messages/${seq}/versions`));
/** The first event at or after a time (ms), or the head where there is none. */
export const eventAt = (h: Asker, room: string, at: number) =>
  h.request<{ seq: number }>('GET', roomPath(room, `/at${query({ ms: at })}`));

/** What a message has to have to be found. */
export type Has = 'file' | 'image' | 'link' | 'code';
/** What is searched: words, and what narrows them. Times in ms. */
export interface SearchAsked {
  q: string;
  /** Who wrote it, and in which room. */
  from?: string;
  in?: string;
  before?: number;
  after?: number;
  has?: Has[];
  cursor?: string;
  limit?: number;
}
/** A message that was found; `marks` are the places in `text` that matched, in UTF-16 units. */
export interface Hit {
  room: string;
  seq: number;
  message: ChatEvent;
  text: string;
  marks: [number, number][];
}
export interface SearchPage {
  hits: Hit[];
  rooms: Record<string, { name: string }>;
  /** The cursor of the next page, where there is one. */
  more?: string;
  /** Something was written that the index does not have yet. */
  indexing?: boolean;
}
/** Everything one may read that matches, newest first. */
export const search = (h: Asker, { has, ...asked }: SearchAsked) =>
  h.request<SearchPage>('GET', `v1/search${query({ ...asked, has: has?.join(',') })}`);
export const report = (h: Asker, room: string, seq: number, reason: string) =>
  h.request<object>('POST', roomPath(room, `/messages/${seq}/report`), { reason });

/**
 * The path under which a room can be downloaded, as one page to read or one event a line. It is for a link: the
 * browser saves it as it comes. `zone` is that of the page's times.
 */
export const exportPath = (room: string, form: 'html' | 'ndjson', zone?: string) =>
  roomPath(room, `/export${query({ form, zone })}`);

type Invites = { invites: Invite[] };
export const invites = (h: Asker, room: string) =>
  h.request<Invites>('GET', roomPath(room, '/invites'));
/** Answers with the new one. Without `hours` it does not end by itself, without `uses` it may be used by any number. */
export const makeInvite = (h: Asker, room: string, v: { hours?: number; uses?: number }) =>
  h.request<Invites>('POST', roomPath(room, '/invites'), v);
export const endInvite = (h: Asker, id: Id) =>
  h.request<object>('DELETE', `v1/invites/${part(id)}`);
export const invite = (h: Asker, code: string) =>
  h.request<InviteView>('GET', `v1/invites/${part(code)}`);
export const useInvite = (h: Asker, code: string) =>
  h.request<RoomView>('POST', `v1/invites/${part(code)}`, {});

// The house.

export const now = (h: Asker) => h.request<Now>('GET', 'v1/admin/now');
export const allPeople = (h: Asker, v: { q?: string; after?: string; limit?: number } = {}) =>
  h.request<{ people: AdminPerson[]; more: boolean }>('GET', `v1/admin/people${query({ ...v })}`);
export const setRole = (h: Asker, id: string, role: 'member' | 'moderator' | 'owner') =>
  h.request<object>('PATCH', `v1/admin/people/${part(id)}`, { role });
export interface ResetLink {
  url: string;
  until: number;
}
export const makeAccount = (h: Asker, v: { name: string; role?: 'member' | 'moderator' }) =>
  h.request<ResetLink>('POST', 'v1/admin/people', v);
export const resetLink = (h: Asker, id: string) =>
  h.request<ResetLink>('POST', `v1/admin/people/${part(id)}/reset`, {});
export const signOutPerson = (h: Asker, id: string) =>
  h.request<object>('POST', `v1/admin/people/${part(id)}/signout`, {});
export const removeMessages = (h: Asker, id: string) =>
  h.request<object>('DELETE', `v1/admin/people/${part(id)}/messages`);
export const erasePerson = (h: Asker, id: string) =>
  h.request<object>('DELETE', `v1/admin/people/${part(id)}`);
export const bans = (h: Asker) => h.request<{ bans: HouseBan[] }>('GET', 'v1/admin/bans');
export const ban = (h: Asker, v: Measure & { person?: string; range?: string }) =>
  h.request<{ bans: HouseBan[] }>('POST', 'v1/admin/bans', v);
export const unban = (h: Asker, id: Id) => h.request<object>('DELETE', `v1/admin/bans/${part(id)}`);
export const reports = (h: Asker, all = false) =>
  h.request<{ reports: Report[] }>('GET', `v1/admin/reports${all ? '?all' : ''}`);
export const decide = (h: Asker, id: Id, decision: Decision) =>
  h.request<Report>('POST', `v1/admin/reports/${part(id)}`, { decision });
export const audit = (h: Asker, before?: Id) =>
  h.request<{ lines: AuditLine[]; more: boolean }>('GET', `v1/admin/audit${query({ before })}`);
export const allRooms = (h: Asker) => h.request<{ rooms: AdminRoom[] }>('GET', 'v1/admin/rooms');
export const allInvites = (h: Asker) =>
  h.request<{ invites: HouseInvite[] }>('GET', 'v1/admin/invites');
type Settings = { settings: Setting[] };
export const houseSettings = (h: Asker) => h.request<Settings>('GET', 'v1/admin/settings');
export const changeHouse = (h: Asker, v: SettingsChange) =>
  h.request<Settings>('PATCH', 'v1/admin/settings', v);
