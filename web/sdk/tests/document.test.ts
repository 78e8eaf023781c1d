/** The client against docs/protocol.md: its two tables, and each frame that it shows. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { closeAction, ERRORS } from '../src/code.js';
import { Cursor } from '../src/cursor.js';
import type { Command, ServerFrame } from '../src/frame.js';

const DOCUMENT = readFileSync(new URL('../../../docs/protocol.md', import.meta.url), 'utf8');

/** The text of one section, from its heading to the next of that level or above. */
function section(title: string): string {
  const [, after] = DOCUMENT.split(`${title}\n`);
  if (after === undefined) throw new Error(`docs/protocol.md has no section '${title}'`);
  return after.split(/^#{2,3} /m)[0] ?? '';
}

function frames(title: string): Record<string, unknown>[] {
  const block = /```json\n([\s\S]*?)```/.exec(section(title))?.[1] ?? '';
  return block
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

function rows(title: string): string[][] {
  return section(title)
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .slice(2)
    .map((line) => line.split('|').map((cell) => cell.trim().replaceAll('`', '')))
    .map((cells) => cells.slice(1, -1));
}

/** What must be there, and may be there, in each frame. A type that is missing here fails. */
type Shape = { needs: string[]; may?: string[] };

const COMMANDS: Record<Command['type'], Shape> = {
  hello: {
    needs: ['v', 'cursors'],
    may: ['token', 'name', 'you', 'session', 'client', 'brief', 'cost'],
  },
  subscribe: { needs: ['ref', 'room', 'from'] },
  unsubscribe: { needs: ['ref', 'room'] },
  send: { needs: ['ref', 'room', 'cid', 'kind', 'body'], may: ['first'] },
  history: { needs: ['ref', 'room'], may: ['before', 'after', 'around', 'limit'] },
  read: { needs: ['ref', 'room', 'seq'] },
  typing: { needs: ['room', 'on'] },
  ping: { needs: ['ref'] },
  pong: { needs: [], may: ['cursors'] },
  auth: { needs: ['ref', 'token'] },
  bye: { needs: [] },
};

const WELCOME = ['v', 'session', 'you', 'heartbeat_s', 'limits', 'house', 'now', 'retry_ms'];
const PUSHES: Record<ServerFrame['type'], Shape> = {
  changed: { needs: [], may: ['you', 'rooms', 'calls'] },
  welcome: { needs: WELCOME, may: ['token'] },
  subscribed: { needs: ['room', 'epoch', 'head', 'from', 'here'], may: ['ref', 'read'] },
  unsubscribed: { needs: ['room'], may: ['ref', 'code'] },
  ack: { needs: ['ref', 'room', 'cid', 'seq', 'at'], may: ['repeat'] },
  event: { needs: ['room', 'seq', 'kind', 'cid', 'by', 'at', 'body'], may: ['rev', 'n'] },
  page: { needs: ['ref', 'room', 'messages', 'as_of', 'more'], may: ['states'] },
  read: { needs: ['room', 'seq'], may: ['ref'] },
  live: { needs: ['room', 'seq'] },
  signal: { needs: ['room', 'kind', 'body'] },
  ping: { needs: [], may: ['heads'] },
  pong: { needs: ['ref', 'now'] },
  authed: { needs: ['ref'] },
  behind: { needs: ['room', 'from', 'head'] },
  reset: { needs: ['room', 'epoch', 'from', 'oldest', 'head'] },
  error: { needs: ['code', 'message'], may: ['ref', 'field', 'retry_ms'] },
  drain: { needs: ['retry_ms'] },
  close: { needs: ['code', 'reason'], may: ['retry_ms'] },
};

const SIDES = [
  ['From the client: commands', '### From the client: commands', COMMANDS],
  ['From the server: replies and pushes', '### From the server: replies and pushes', PUSHES],
] as const;

describe.each(SIDES)('%s', (_, title, shapes: Record<string, Shape>) => {
  const shown = frames(title);

  test('shows every type that the client knows, and no other', () => {
    expect([...new Set(shown.map(({ type }) => type))].sort()).toEqual(Object.keys(shapes).sort());
  });

  test.each(shown.map((frame) => [JSON.stringify(frame), frame] as const))('%s', (_line, frame) => {
    const { type, ...fields } = frame;
    const { needs, may = [] } = shapes[type as string] ?? { needs: ['a known type'] };
    expect(Object.keys(fields)).toEqual(expect.arrayContaining(needs));
    expect([...needs, ...may]).toEqual(expect.arrayContaining(Object.keys(fields)));
  });
});

test('every cursor of the document is read and written back', () => {
  const cursors = [...DOCUMENT.matchAll(/"([0-9a-f]{8}\.\d+\.[0-9a-f]{8})"/g)].map(
    ([, c]) => c ?? '',
  );
  expect(cursors.length).toBeGreaterThan(4);
  for (const cursor of cursors) expect(Cursor.parse(cursor)?.toString()).toBe(cursor);
});

test('the error codes are those of the document', () => {
  const actions: Record<string, string> = {
    fix: 'fix',
    stop: 'stop',
    'wait and retry': 'wait',
    reconnect: 'reconnect',
  };
  const table = rows('## Error codes').map(([code = '', status, action = '', closes = '']) => {
    const code_ = Number(/\d+/.exec(closes)?.[0]);
    const row = [Number(status), actions[action]];
    return [code, Number.isNaN(code_) ? row : [...row, code_]] as const;
  });
  expect(table.length).toBeGreaterThan(20);
  expect(ERRORS).toEqual(Object.fromEntries(table));
});

test('the close codes are those of the document', () => {
  const actions: Record<string, string> = {
    'resumes after retry_ms': 'resume',
    'stops, unless it opened the newer connection itself': 'replaced',
    'backs off, resumes': 'back_off',
    'gets a new token, resumes': 'renew_token',
    'drops its cursors, resumes': 'drop_cursors',
    'tells the person, stops': 'stop',
  };
  const table = rows('## Close codes').map(([code, , action = '']) => [
    Number(code),
    actions[action],
  ]);
  expect(table.length).toBeGreaterThan(10);
  expect(table.map(([code]) => [code, closeAction(Number(code))])).toEqual(table);
});
