/**
 * The frames of the wire as types, word for word those of docs/protocol.md.
 *
 * Owned by nobody: plain data. It must not decide anything; what to do with a frame is said in
 * `connection.ts` (the connection) and `room.ts` (one room).
 */

/** What a person may do in the house; who has no role is a guest. */
export type Role = 'owner' | 'moderator' | 'member';

/** Somebody: `id` is a UUID and never changes, `name` may. */
export interface Person {
  id: string;
  name: string;
  role?: Role;
  /** The version of their picture. */
  picture?: number;
  /** They stepped away; said of oneself, and of who is here or typing. */
  away?: boolean;
}

/** A file of a message; its bytes are at `/v1/files/ID/NAME`. */
export interface FileView {
  id: string;
  name: string;
  /** The media type, as the house found it. */
  type: string;
  bytes: number;
  width?: number;
  height?: number;
  /** What an image shows, in its sender's words. */
  alt?: string;
  /** The size of the small image at `/v1/files/ID/thumb`. */
  thumb?: { width: number; height: number };
  seconds?: number;
}

/** The body of an event: a message has its `text`, unless that is gone; docs/protocol.md says what others have. */
export interface EventBody {
  /** `message`, unless that is gone; `edit`: what its target says now. */
  text?: string;
  /** The message that it replies to; `edit`, `delete`, `reaction`, `pin`: the one that is changed. */
  target?: number;
  /** The people that the text names, as they are called now. */
  mentions?: Person[];
  files?: FileView[];
  emoji?: string;
  /** `reaction`, `pin`: put there, or taken back. */
  on?: boolean;
  /** `leave`: they did not go by themselves. */
  removed?: boolean;
  /** `room`: how it is now. */
  room?: Pick<RoomView, 'name' | 'topic'> & Partial<RoomView>;
  /** `moderation`: what a moderator did, to whom, until when (for ever without it) and why. */
  act?: 'ban' | 'unban' | 'mute' | 'unmute' | 'moderator' | 'member';
  person?: Person;
  until?: number;
  reason?: string;
}

/** A stored fact of a room. `seq` counts 1, 2, 3, … per room without holes. */
export interface ChatEvent {
  type: 'event';
  room: string;
  seq: number;
  kind: string;
  /** 32 hex digits, chosen by who sent it. */
  cid: string;
  by: Person;
  /** Milliseconds since 1970-01-01 UTC; never an order. */
  at: number;
  body: EventBody;
  /** The seq of the last change to this event, if it was changed. */
  rev?: number;
  /** The room's message counter, for messages. */
  n?: number;
}

/** Who may do what in a room. */
export interface Policy {
  read: 'guests' | 'accounts' | 'joined';
  write: 'guests' | 'accounts' | 'moderators';
  /** Who may call everybody at once. */
  call: 'guests' | 'accounts' | 'moderators';
  /** Who joins a private room reads what was before. */
  history: boolean;
  /** Seconds between two messages of one person. */
  slow_s: number;
  /** How long messages are kept; `null` for ever. */
  keep_days: number | null;
}

/** Of what happens in a room one wants to be told. */
export type Level = 'all' | 'mentions' | 'nothing';

/** A room as one person sees it. */
export interface RoomView {
  id: string;
  /** What stands in its address, if not the id. */
  slug?: string;
  name: string;
  topic: string;
  policy: Policy;
  /** A conversation of named people. */
  direct: boolean;
  archived: boolean;
  joined: boolean;
  role?: 'moderator' | 'member' | null;
  level: Level;
  muted: boolean;
  /** Until when this person may not write, in milliseconds since 1970-01-01 UTC. */
  silenced_until?: number | null;
  /** What this person may do here: `read`, `write`, `react`, `pin`, `call`, `invite`, `change`, `moderate`, `archive`, `join`, `leave`, `report`. */
  may: string[];
}

/** Who is here now. Above 200 people there is only the count. */
export interface Here {
  count: number;
  people?: Person[];
  /** There may be more: the node does not hear from the others now. */
  partial?: boolean;
}

/** Where to begin: a cursor (`EPOCH.SEQ.CHECK` or `0`), `head`, or the last N events. */
export type From = string | { tail: number };

/** The bounds of the server, told in `welcome`. */
export interface Limits {
  frame_bytes_max: number;
  text_bytes_max: number;
  rooms_max: number;
  sends_unacked_max: number;
}

/** The first command of a connection. */
export interface Hello {
  type: 'hello';
  v: 1;
  token?: string;
  name?: string;
  /** Whom one takes oneself for: the id of a person. */
  you?: string;
  session?: string;
  cursors: Record<string, From>;
  client?: string;
  /** Over HTTP: what the client has already is left out of the answer. */
  brief?: true;
  /** What this session costs is counted. */
  cost?: true;
}

/** What `history` takes: exactly one of `before`, `after`, `around`. */
export interface HistoryRange {
  before?: number;
  after?: number;
  around?: number;
  limit?: number;
}

/** What a client asks or says. */
export type Command =
  | Hello
  | SubscribeCommand
  | { type: 'unsubscribe'; ref: number; room: string }
  | SendCommand
  | ({ type: 'history'; ref: number; room: string } & HistoryRange)
  | { type: 'read'; ref: number; room: string; seq: number }
  | { type: 'typing'; room: string; on: boolean }
  | { type: 'ping'; ref: number }
  | { type: 'pong'; cursors?: Record<string, string> }
  | { type: 'auth'; ref: number; token: string }
  | { type: 'bye' };

/** Follows a room from there on. */
export interface SubscribeCommand {
  type: 'subscribe';
  ref: number;
  room: string;
  from: From;
}

/** What one sends: a message, or a change to one. */
export type SendKind = 'message' | 'edit' | 'delete' | 'reaction' | 'pin';

/** The body of what one sends; docs/protocol.md says which kind has what. */
export interface SendBody {
  text?: string;
  target?: number;
  /** Their ids. */
  files?: string[];
  emoji?: string;
  on?: boolean;
}

/** One thing on its way into a room; `first` marks the head of the outbox. */
export interface SendCommand {
  type: 'send';
  ref: number;
  room: string;
  cid: string;
  kind: SendKind;
  body: SendBody;
  first?: true;
}

/** The only proof that a transport works. */
export interface Welcome {
  type: 'welcome';
  v: 1;
  session: string;
  you: Person;
  /** There when the person is new: whoever keeps it comes back as that person. */
  token?: string;
  heartbeat_s: number;
  limits: Limits;
  house: { name: string };
  now: number;
  retry_ms: number;
}

/** The answer to a subscription; events after `from` follow. */
export interface Subscribed {
  type: 'subscribed';
  ref?: number;
  room: RoomView;
  epoch: string;
  head: number;
  from: string;
  read?: number;
  here: Here;
}

/** A message is stored; `repeat` if it had been stored before. */
export interface Ack {
  type: 'ack';
  ref: number;
  room: string;
  cid: string;
  seq: number;
  at: number;
  repeat?: true;
}

/** One kind of reaction to a message. */
export interface Reaction {
  emoji: string;
  count: number;
  /** At most 8 of them, those who came first. */
  people: Person[];
}

/** What became of a message, besides its text. What is not there has not happened. */
export interface MessageState {
  reactions?: Reaction[];
  /** The emoji of one's own. */
  mine?: string[];
  replies?: { count: number; at: number };
  pinned?: boolean;
}

/** A piece of history as the app gets it. */
export interface Page {
  messages: ChatEvent[];
  /** By `seq`, for the messages that have something. */
  states?: Record<string, MessageState>;
  as_of: number;
  more: boolean;
}

/** A piece of history, in order of `seq`, in its current state. */
export interface PageFrame extends Page {
  type: 'page';
  ref: number;
  room: string;
}

/** The durable read mark of a person in a room. */
export interface ReadFrame {
  type: 'read';
  ref?: number;
  room: string;
  seq: number;
}

/** A change of who is here: the whole list, or who came and left. */
export interface PresenceSignal {
  type: 'signal';
  room: string;
  kind: 'presence';
  body: Here & { came?: Person[]; left?: string[] };
}

/** Who is typing, always the whole list. */
export interface TypingSignal {
  type: 'signal';
  room: string;
  kind: 'typing';
  body: { count: number; people: Person[] };
}

/** Events were skipped: they go on after `from`, the rest is there through `history`. */
export interface Behind {
  type: 'behind';
  room: string;
  from: string;
  head: number;
}

/** The log is another one: what is known of the room is void, events go on after `from`. */
export interface Reset {
  type: 'reset';
  room: string;
  epoch: string;
  from: string;
  oldest: number;
  head: number;
}

/** A refusal. `ref` says of what; without it, of the connection. */
export interface ErrorFrame {
  type: 'error';
  ref?: number;
  code: string;
  message: string;
  field?: string;
  retry_ms?: number;
}

/** The connection ends now. */
export interface CloseFrame {
  type: 'close';
  code: number;
  reason: string;
  retry_ms?: number;
}

/** Something of one's own is another: who one is, or what is to be asked for again. */
export interface ChangedFrame {
  type: 'changed';
  you?: Person;
  rooms?: boolean;
  calls?: boolean;
}

/** What a server answers or says unasked. */
export type ServerFrame =
  | Welcome
  | Subscribed
  | { type: 'unsubscribed'; ref?: number; room: string; code?: string }
  | ChangedFrame
  | Ack
  | ChatEvent
  | PageFrame
  | ReadFrame
  | { type: 'live'; room: string; seq: number }
  | PresenceSignal
  | TypingSignal
  | { type: 'ping'; heads?: Record<string, number> }
  | { type: 'pong'; ref: number; now: number }
  | { type: 'authed'; ref: number }
  | Behind
  | Reset
  | ErrorFrame
  | { type: 'drain'; retry_ms: number }
  | CloseFrame;

/** What the door shows: `GET /v1/rooms/ROOM`. */
export interface Look {
  house: { name: string };
  room: RoomView;
  head: number;
  here: Here;
  messages: ChatEvent[];
}
