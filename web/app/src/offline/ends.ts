// The end of a room, as it is kept: taken from the page, read from the house, changed by what happened since. Pure.
import type { ChatEvent, Page } from '@teahouse/sdk';
import { changedMessage } from '../state/changes.ts';
import { connection, lostAt } from '../state/house.ts';
import * as logs from '../state/log.ts';
import type { Listed } from '../state/rooms.ts';
import type { Timeline } from '../state/timeline.ts';
import { type KeptRoom, messagesMax } from './kept.ts';

/** The end of a room as it is on the page; nothing while it is not all here. */
export function endOf({ room, log, info, phase, readMark }: Timeline): KeptRoom | undefined {
  const view = info.peek();
  if (phase.peek() !== 'open' || view === undefined) return undefined;
  const hole = log.holes.at(-1)?.before ?? 0;
  const messages = log.events.slice(logs.indexOfSeq(log, hole)).slice(-messagesMax);
  const isWhole = messages.length === log.events.length;
  const oldest = isWhole ? log.oldest : (messages[0]?.seq ?? log.oldest);
  const found = messages.flatMap(({ seq }) => {
    const state = log.states.get(seq);
    return state === undefined ? [] : [[String(seq), state] as const];
  });
  const states = Object.fromEntries(found);
  // What was true when the connection was lost is not known to be true any longer.
  const at = connection.peek() === 'live' ? Date.now() : (lostAt.peek() ?? Date.now());
  const { id, seq: head } = room;
  return { id, at, info: view, messages, states, oldest, head, read: readMark.peek() };
}

/** The end of a room as the house has just said it. */
export function readEnd(room: Listed, { messages, states = {}, more }: Page): KeptRoom {
  const { id, head, read, line: _, ...info } = room;
  const oldest = more ? (messages[0]?.seq ?? head + 1) : 1;
  return { id, at: Date.now(), info: { id, ...info }, messages, states, oldest, head, read };
}

/** Also where nobody looks: what is deleted does not stay here. */
export function afterChange(kept: KeptRoom, change: ChatEvent): KeptRoom {
  const messages = kept.messages.map((message) =>
    message.seq === change.body.target ? changedMessage(message, change) : message,
  );
  const states = { ...kept.states };
  if (change.kind === 'delete') delete states[String(change.body.target)];
  return { ...kept, messages, states };
}
