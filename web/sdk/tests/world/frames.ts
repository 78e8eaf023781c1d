/** Frames as a server would say them. */
import type { ChatEvent, Person, RoomView, Subscribed, Welcome } from '../../src/frame.js';

export const ADA: Person = { id: '0b9d1e6e-7c0a-4c8e-8f5e-3a52d2d5a1b7', name: 'Ada' };
export const BOB: Person = { id: '7d793037-a076-4a6e-8b2f-0c5a3e9a9f10', name: 'Bob' };
export const EPOCH = '5feceb66';

/** The cid of the n-th message of a test: its check is the same number. */
export function cidOf(n: number): string {
  return n.toString(16).padStart(32, '0');
}

/** The cursor after event `seq` of a log whose cids are `cidOf(seq)`. */
export function cursorAt(seq: number, epoch = EPOCH): string {
  return `${epoch}.${seq}.${cidOf(seq).slice(-8)}`;
}

export function welcome(fields: Partial<Welcome> = {}): Welcome {
  return {
    type: 'welcome',
    v: 1,
    session: '9f86d081884c7d65',
    you: ADA,
    heartbeat_s: 25,
    limits: {
      frame_bytes_max: 65_536,
      text_bytes_max: 16_384,
      rooms_max: 200,
      sends_unacked_max: 32,
    },
    house: { name: '茶馆' },
    now: 1_795_353_600_000,
    retry_ms: 1_000,
    ...fields,
  };
}

/** An open room as a guest sees it. */
export function roomView(id: string, name = id): RoomView {
  return {
    id,
    slug: id,
    name,
    topic: '',
    policy: {
      read: 'guests',
      write: 'guests',
      call: 'moderators',
      history: true,
      slow_s: 0,
      keep_days: null,
    },
    direct: false,
    archived: false,
    joined: true,
    role: null,
    level: 'mentions',
    muted: false,
    silenced_until: null,
    may: ['read', 'write'],
  };
}

export function subscribed(fields: Partial<Subscribed> = {}, room = '1024'): Subscribed {
  return {
    type: 'subscribed',
    room: roomView(room, 'Room'),
    epoch: EPOCH,
    head: 0,
    from: cursorAt(0),
    read: 0,
    here: { count: 1, people: [ADA] },
    ...fields,
  };
}

export function event(seq: number, fields: Partial<ChatEvent> = {}): ChatEvent {
  return {
    type: 'event',
    room: '1024',
    seq,
    kind: 'message',
    cid: cidOf(seq),
    by: BOB,
    at: 1_795_353_601_000 + seq,
    n: seq,
    body: { text: `message ${seq}` },
    ...fields,
  };
}
