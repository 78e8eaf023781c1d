import type { ChatEvent, MessageState, OutboxItem } from '@teahouse/sdk';
import { expect, test } from 'vitest';
import { changedMessage, changedState, expected } from '../src/state/changes.ts';
import * as logs from '../src/state/log.ts';
import { dropBefore, refresh, unquoted } from '../src/talk/gaps.ts';
import { ada, cidOf, lin, message, messages, noon } from './fakes.ts';

const me = lin.id;

function change(seq: number, kind: string, body: ChatEvent['body'], by = ada): ChatEvent {
  return { type: 'event', room: '1024', seq, kind, cid: cidOf(seq), by, at: noon + seq, body };
}

const react = (seq: number, target: number, emoji = '🍵', by = ada, on = true) =>
  change(seq, 'reaction', { target, emoji, on }, by);

function textAt(log: logs.RoomLog, seq: number): string | undefined {
  return logs.messageAt(log, seq)?.body.text;
}

test('an edit is the text from then on, and an older one says nothing', () => {
  const first = changedMessage(message(1), change(5, 'edit', { target: 1, text: 'five' }));
  expect(first).toMatchObject({ rev: 5, body: { text: 'five' } });
  expect(changedMessage(first, change(4, 'edit', { target: 1, text: 'four' }))).toBe(first);
  const gone = changedMessage(first, change(6, 'delete', { target: 1 }));
  expect(gone).toMatchObject({ rev: 6, body: {} });
  expect(changedMessage(gone, change(7, 'edit', { target: 1 })).body).toEqual({});
});

test('reactions are counted by kind, each person once, and one knows one’s own', () => {
  let state: MessageState = {};
  state = changedState(state, react(2, 1), me);
  state = changedState(state, react(3, 1, '🍵', lin), me);
  state = changedState(state, react(4, 1, '🍵', lin), me);
  state = changedState(state, react(5, 1, '🎉', lin), me);
  expect(state).toEqual({
    reactions: [
      { emoji: '🍵', count: 2, people: [ada, lin] },
      { emoji: '🎉', count: 1, people: [lin] },
    ],
    mine: ['🍵', '🎉'],
  });
  state = changedState(state, react(6, 1, '🎉', lin, false), me);
  expect(state.reactions?.map(({ emoji }) => emoji)).toEqual(['🍵']);
  expect(state.mine).toEqual(['🍵']);
});

test('of many only eight are known by name, and the count stays right', () => {
  let state: MessageState = { reactions: [{ emoji: '🍵', count: 20, people: [ada] }] };
  state = changedState(state, react(2, 1, '🍵', { id: 'x', name: 'X' }, false), me);
  expect(state.reactions?.[0]?.count).toBe(19);
  state = changedState(state, react(3, 1, '🍵', ada, false), me);
  expect(state.reactions?.[0]).toEqual({ emoji: '🍵', count: 18, people: [] });
});

test('live changes reach the message, what it quotes, and the chain it is in', () => {
  const log = logs.emptyLog();
  const reply = { ...message(2, lin), body: { text: 'yes', target: 1 } };
  logs.append(log, [message(1), reply, react(3, 1), change(4, 'pin', { target: 1, on: true })], me);
  expect(log.states.get(1)).toEqual({
    replies: { count: 1, at: reply.at },
    reactions: [{ emoji: '🍵', count: 1, people: [ada] }],
    pinned: true,
  });
  logs.append(
    log,
    [change(5, 'edit', { target: 1, text: 'new' }), change(6, 'delete', { target: 2 })],
    me,
  );
  expect(textAt(log, 1)).toBe('new');
  expect(textAt(log, 2)).toBeUndefined();
  expect(log.states.get(1)?.replies?.count).toBe(0);
  expect(log.events.map(({ kind }) => kind)).toEqual(['message', 'message', 'pin']);
});

test('a page is as it was read: what came since is put on top, what it knows is not', () => {
  const log = logs.emptyLog();
  logs.append(log, messages(10, 12), me);
  logs.append(
    log,
    [react(13, 2), change(14, 'edit', { target: 2, text: 'late' }), react(15, 3)],
    me,
  );
  const states = { 2: { reactions: [{ emoji: '🍵', count: 1, people: [ada] }] } };
  logs.insert(log, { messages: messages(1, 9), states, as_of: 13 }, me);
  expect(log.states.get(2)?.reactions?.[0]?.count).toBe(1);
  expect(textAt(log, 2)).toBe('late');
  expect(log.states.get(3)?.reactions?.[0]?.count).toBe(1);
});

test('after a hole what is shown is read again', () => {
  const log = logs.emptyLog();
  logs.append(log, [...messages(1, 3), react(4, 1)], me);
  const newer = [
    { ...message(1), rev: 50, body: { text: 'now' } },
    message(2),
    { ...message(3), body: {} },
  ];
  refresh(log, { messages: newer, states: { 2: { pinned: true } }, as_of: 60 }, me);
  expect([1, 2, 3].map((seq) => textAt(log, seq))).toEqual(['now', 'message 2', undefined]);
  expect(log.states.get(1)).toBeUndefined();
  expect(log.states.get(2)).toEqual({ pinned: true });
  dropBefore(log, 2);
  expect(log.events.map(({ seq }) => seq)).toEqual([2, 3]);
  expect(log.oldest).toBe(2);
});

test('what is missing before the first that is kept stays missing', () => {
  const log = logs.emptyLog();
  logs.reset(log, 9);
  logs.append(log, messages(10, 12), me);
  dropBefore(log, 10);
  expect(log.holes).toEqual([]);
  expect(log.oldest).toBe(10);
});

test('quotes of what is not here are named once, and follow its changes', () => {
  const log = logs.emptyLog();
  const replies = [10, 11].map((seq) => ({ ...message(seq), body: { text: 'a', target: 2 } }));
  logs.append(log, replies, me);
  expect(unquoted(log, log.events)).toEqual([2]);
  log.quotes.set(2, message(2));
  expect(unquoted(log, log.events)).toEqual([]);
  logs.append(log, [change(12, 'edit', { target: 2, text: 'other' })], me);
  expect(log.quotes.get(2)?.body.text).toBe('other');
});

test('what is on its way is shown as if it were done; what was refused is not', () => {
  const base = { room: '1024', written_at: noon, state: 'pending' } as const;
  const items: OutboxItem[] = [
    { ...base, cid: 'a', kind: 'reaction', text: '', target: 1, emoji: '🍵', on: true },
    { ...base, cid: 'b', kind: 'edit', text: 'soon', target: 1 },
    { ...base, cid: 'c', kind: 'pin', text: '', target: 1, on: true, state: 'failed' },
  ];
  const { message: now, state } = expected(message(1, lin), {}, items, lin);
  expect(now.body.text).toBe('soon');
  expect(state.mine).toEqual(['🍵']);
  expect(state.pinned).toBeUndefined();
});
