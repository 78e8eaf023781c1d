// What becomes of a message: its text, its reactions, its replies, its pin. Pure: a change in, the next state out.
// The room's log applies what the house stored; what is still in the outbox is laid over it when rows are made.
import type {
  ChatEvent,
  EventBody,
  MessageState,
  OutboxItem,
  Person,
  Reaction,
} from '@teahouse/sdk';

/** Kinds of event that change another one. */
const changing = new Set(['edit', 'delete', 'reaction', 'pin']);
/** How many names a reaction keeps. */
const namesMax = 8;

export const untouched: MessageState = {};

/** Nothing is left of it: its text is gone, and so are its files. */
export function isGone({ text, files }: EventBody): boolean {
  return text === undefined && files === undefined;
}

/** Does it change a message, or answer one? */
export function concernsAnother({ kind, body }: ChatEvent): boolean {
  return body.target !== undefined && (kind === 'message' || changing.has(kind));
}

/** The message itself after an edit or a deletion; the same object where the change says nothing new. */
export function changedMessage(message: ChatEvent, change: ChatEvent): ChatEvent {
  const { kind, seq, body } = change;
  if ((kind !== 'edit' && kind !== 'delete') || seq <= (message.rev ?? 0)) return message;
  if (kind === 'delete' || body.text === undefined) return { ...message, rev: seq, body: {} };
  const { mentions: _, ...before } = message.body;
  const { text, mentions } = body;
  const after: EventBody = { ...before, text, ...(mentions !== undefined && { mentions }) };
  return { ...message, rev: seq, body: after };
}

/** What hangs on a message after a change by somebody; `me` is who reads. */
export function changedState(
  state: MessageState,
  { kind, by, at, body }: Pick<ChatEvent, 'kind' | 'by' | 'at' | 'body'>,
  me: string | undefined,
): MessageState {
  const { emoji, on = true } = body;
  if (kind === 'pin') return { ...state, pinned: on };
  if (kind === 'message') return withReplies(state, 1, at);
  if (kind === 'delete')
    return state.replies === undefined ? untouched : { replies: state.replies };
  if (kind !== 'reaction' || emoji === undefined) return state;
  return reacted(state, { emoji, on, by, mine: by.id === me });
}

/** One reply more or less. */
export function withReplies(state: MessageState, by: 1 | -1, at: number): MessageState {
  const { replies = { count: 0, at } } = state;
  const count = Math.max(0, replies.count + by);
  return { ...state, replies: { count, at: by > 0 ? at : replies.at } };
}

interface Reacting {
  emoji: string;
  on: boolean;
  by: Person;
  mine: boolean;
}

function reacted(state: MessageState, { emoji, on, by, mine }: Reacting): MessageState {
  const { reactions = [], mine: own = [] } = state;
  const found = reactions.find((one) => one.emoji === emoji) ?? { emoji, count: 0, people: [] };
  if (hadIt(found, by, mine ? own : undefined, on) === on) return state;
  const next = on ? withPerson(found, by) : withoutPerson(found, by);
  const others = reactions.filter((one) => one.emoji !== emoji);
  const isNew = others.length === reactions.length;
  const kept = isNew
    ? [...reactions, next]
    : reactions.map((one) => (one.emoji === emoji ? next : one));
  return {
    ...state,
    reactions: kept.filter(({ count }) => count > 0),
    ...(mine && { mine: on ? [...own, emoji] : own.filter((one) => one !== emoji) }),
  };
}

/** Whether somebody had reacted so. Of those who are only counted, the house lets nobody do it twice. */
function hadIt(
  { emoji, count, people }: Reaction,
  by: Person,
  own: readonly string[] | undefined,
  on: boolean,
): boolean {
  if (own !== undefined) return own.includes(emoji);
  const isNamed = people.some(({ id }) => id === by.id);
  return isNamed || (people.length < count && !on);
}

function withPerson(reaction: Reaction, person: Person): Reaction {
  const people = [...reaction.people, person].slice(0, namesMax);
  return { ...reaction, count: reaction.count + 1, people };
}

function withoutPerson(reaction: Reaction, person: Person): Reaction {
  const people = reaction.people.filter(({ id }) => id !== person.id);
  return { ...reaction, count: Math.max(0, reaction.count - 1), people };
}

/** A message and what hangs on it as they will be once the outbox is empty; refused changes do not count. */
export function expected(
  message: ChatEvent,
  state: MessageState,
  items: readonly OutboxItem[],
  you: Person,
): { message: ChatEvent; state: MessageState } {
  let [now, hanging] = [message, state];
  for (const item of items) {
    if (item.state === 'failed') continue;
    const change = asEvent(item, you);
    if (change.kind === 'edit' || change.kind === 'delete') now = changedMessage(now, change);
    hanging = changedState(hanging, change, you.id);
  }
  return { message: now, state: hanging };
}

/** What somebody has just sent, as the event that it will be. It is newer than everything stored. */
function asEvent(item: OutboxItem, by: Person): ChatEvent {
  const { room, cid, kind = 'message', text, target, emoji, on, written_at: at } = item;
  const body: EventBody = {
    ...(kind === 'edit' && { text }),
    ...(target !== undefined && { target }),
    ...(emoji !== undefined && { emoji }),
    ...(on !== undefined && { on }),
  };
  return { type: 'event', room, seq: Number.MAX_SAFE_INTEGER, kind, cid, by, at, body };
}
