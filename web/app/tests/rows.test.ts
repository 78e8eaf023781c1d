import { expect, test } from 'vitest';
import { append, emptyLog, openHole } from '../src/state/log.ts';
import { buildRows, type MessageRow, type Row, type RowsInput } from '../src/state/rows.ts';
import { ada, cidOf, item, lin, message, messages, noon } from './fakes.ts';

const minute = 60_000;

function input(change: Partial<RowsInput> = {}, events = messages(1, 3)): RowsInput {
  const log = emptyLog();
  append(log, events);
  const window = { start: 0, end: log.events.length };
  return { log, window, outbox: [], you: lin, connected: true, fresh: undefined, ...change };
}

function shape(rows: readonly Row[]): string {
  return rows.map((row) => (row.type === 'message' ? (row.first ? 'M' : 'm') : row.type)).join(' ');
}

function messageRows(rows: readonly Row[]): MessageRow[] {
  return rows.filter((row) => row.type === 'message');
}

test('the beginning, the day, then a group', () => {
  expect(shape(buildRows(input()))).toBe('born day M m m');
});

test('a group ends with another person, after five minutes, at midnight', () => {
  const night = new Date(2026, 10, 22, 23, 59).getTime();
  const events = [
    message(1, ada, noon),
    message(2, lin, noon + minute),
    message(3, lin, noon + 6 * minute - 1),
    message(4, lin, noon + 11 * minute),
    message(5, lin, night),
    message(6, lin, night + 2 * minute),
  ];
  expect(shape(buildRows(input({}, events)))).toBe('born day M M m M M day M');
});

test('a window in the middle continues the group that began above it', () => {
  expect(shape(buildRows(input({ window: { start: 1, end: 3 } })))).toBe('m m');
});

test('the new line stands before the first message after the mark and ends the group', () => {
  const rows = buildRows(input({ fresh: { after: 2, count: 1 } }));
  expect(shape(rows)).toBe('born day M m new M');
});

test('the new line is not drawn when the mark is outside the window', () => {
  const rows = buildRows(input({ fresh: { after: 1, count: 2 }, window: { start: 2, end: 3 } }));
  expect(shape(rows)).toBe('m');
});

test('a hole stands where it is, and at the end while nothing followed it', () => {
  const state = input();
  openHole(state.log, 10);
  expect(shape(buildRows(state))).toBe('born day M m m hole');
  append(state.log, messages(11, 12));
  state.window.end = 5;
  expect(shape(buildRows(state))).toBe('born day M m m hole M m');
});

test('our own messages on their way stand at the end, in the order written, grouped', () => {
  const outbox = [item('a', 'failed', noon + 4000), item('b', 'pending', noon + 5000)];
  const rows = messageRows(buildRows(input({ outbox })));
  expect(rows.slice(-2).map((row) => [row.key, row.first, row.item?.state])).toEqual([
    ['a', true, 'failed'],
    ['b', false, 'pending'],
  ]);
});

test('the outbox is not drawn while the window does not reach the end', () => {
  const rows = buildRows(input({ outbox: [item('a')], window: { start: 0, end: 2 } }));
  expect(messageRows(rows)).toHaveLength(2);
});

test('a message that is among the events is not drawn twice, and keeps its key', () => {
  const waiting = input({ outbox: [item(cidOf(4), 'pending', noon + 4000)] });
  expect(messageRows(buildRows(waiting)).map((row) => row.key)).toEqual([1, 2, 3, 4].map(cidOf));
  append(waiting.log, [message(4, lin)]);
  waiting.window.end = 4;
  const rows = messageRows(buildRows(waiting));
  expect(rows.map((row) => row.key)).toEqual([1, 2, 3, 4].map(cidOf));
  expect(rows[3]).toMatchObject({ seq: 4, item: undefined, mine: true });
});

test('waiting for the connection is said once per block, and not while there is one', () => {
  const outbox = [item('a'), item('b'), item('c', 'failed'), item('d')];
  const waits = (connected: boolean) =>
    messageRows(buildRows(input({ outbox, connected })))
      .filter((row) => row.waits)
      .map((row) => row.key);
  expect(waits(false)).toEqual(['b', 'd']);
  expect(waits(true)).toEqual([]);
});

test('rows that did not change are the same objects', () => {
  const state = input();
  const before = buildRows(state);
  append(state.log, [message(4, lin)]);
  state.window.end = 4;
  const after = buildRows(state, before);
  expect(after.slice(0, before.length).every((row, index) => row === before[index])).toBe(true);
  expect(after).toHaveLength(before.length + 1);
});

test('an empty room is its beginning and nothing else', () => {
  const log = emptyLog();
  log.oldest = 1;
  expect(shape(buildRows(input({ log, window: { start: 0, end: 0 } })))).toBe('born');
});

const event = (seq: number, kind: string, body = {}) => ({ ...message(seq), kind, body });

test('people who come and go in a row are one line, and none in a crowd', () => {
  const events = [
    message(1),
    event(2, 'join'),
    event(3, 'join'),
    event(4, 'leave'),
    event(5, 'room', { room: { name: 'Tea', topic: '' } }),
    event(6, 'join'),
    message(7),
  ];
  const rows = buildRows(input({}, events));
  expect(shape(rows)).toBe('born day M system system system M');
  const runs = rows.flatMap((row) => (row.type === 'system' ? [row.events.length] : []));
  expect(runs).toEqual([3, 1, 1]);
  expect(shape(buildRows(input({ crowded: true }, events)))).toBe('born day M system M');
});

test('a deleted message says by whom, a muted person is not heard', () => {
  const events = [message(1, ada), message(2, ada), message(3, lin)];
  const made = input({ muted: new Set([lin.id]) }, events);
  append(made.log, [
    { ...message(4, ada), kind: 'delete', body: { target: 1 } },
    { ...message(5, lin), kind: 'delete', body: { target: 2 } },
  ]);
  expect(messageRows(buildRows(made)).map(({ gone }) => gone)).toEqual([
    'deleted',
    'by-moderator',
    'muted',
  ]);
});

test('a line of comings stays the same row until somebody else comes', () => {
  const events = [event(1, 'join'), event(2, 'join')];
  const before = buildRows(input({}, events));
  const again = buildRows(input({}, events), before);
  expect(again.at(-1)).toBe(before.at(-1));
  const more = buildRows(input({}, [...events, event(3, 'join')]), before);
  expect(more.at(-1)).not.toBe(before.at(-1));
});

test('who is here is called as they are called now, and a conversation has no comings', () => {
  const people = new Map([[ada.id, { ...ada, name: 'Ada L.', picture: 2 }]]);
  const events = [event(1, 'room'), event(2, 'join'), message(3, ada), message(4, lin)];
  const rows = buildRows(input({ people, direct: true }, events));
  expect(shape(rows)).toBe('born day M M');
  expect(messageRows(rows).map(({ by }) => by.name)).toEqual(['Ada L.', '林晓']);
});

test('a row calls the reader by the people that the house found, or everybody by the tree', () => {
  const saying = (seq: number, body: object) => ({ ...message(seq), body });
  const events = [
    saying(1, { text: `<@${lin.id}>`, mentions: [lin] }),
    saying(2, { text: `\`<@${lin.id}>\``, mentions: [] }),
    saying(3, { text: '<@here> and <@room>' }),
    saying(4, { text: '\\<@here>' }),
    saying(5, { text: '`<@room>`' }),
    saying(6, { text: '```\n<@room>\n```' }),
    saying(7, { text: '||<@here>||' }),
    saying(8, { text: '- [tea <@room>](https://example.org)' }),
  ];
  const called = messageRows(buildRows(input({}, events))).filter(({ calls }) => calls);
  expect(called.map(({ seq }) => seq)).toEqual([1, 3, 7, 8]);
});
