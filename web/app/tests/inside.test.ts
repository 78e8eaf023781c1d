// The pure parts of the pages inside: what they make of what the house says.
import { expect, test } from 'vitest';
import { decidedAs, decisionOf } from '../src/admin/decisions.ts';
import { figuresOf, rateBetween } from '../src/admin/figures.ts';
import { aboutWhat, actionText } from '../src/admin/log.ts';
import { readSettings } from '../src/admin/settings.ts';
import { admin } from '../src/admin/words.en.ts';
import { codeIn } from '../src/door/InviteCode.tsx';
import { deviceName } from '../src/door/passkeys.ts';
import { pathOf } from '../src/parts/Qr.tsx';
import { findRooms } from '../src/rooms/find.ts';
import { kindOf, kinds, policyOf, slugFrom } from '../src/rooms/policy.ts';
import { listed } from './fakes.ts';

test('a name becomes a readable address where its script has one', () => {
  expect(slugFrom('Morning tea!')).toBe('morning-tea');
  expect(slugFrom('Café  Öl')).toBe('cafe-ol');
  expect(slugFrom('早茶 morning')).toBe('morning');
  expect(slugFrom('早茶')).toBe('');
  expect(slugFrom('a'.repeat(40))).toHaveLength(32);
  expect(slugFrom('tea-', true)).toBe('tea-');
});

test('each kind of room is its policy', () => {
  const all = { read: 'guests', write: 'guests' } as const;
  expect(kinds.map((kind) => kindOf({ ...all, ...policyOf(kind) }))).toEqual([...kinds]);
});

test('rooms are found by name, topic and address, whatever the case and the width', () => {
  const rooms = [
    { ...listed('a', { name: 'Rust', topic: 'borrow checker' }), line: undefined },
    { ...listed('b', { name: '早茶', slug: 'morning-tea' }), line: undefined },
  ];
  const found = (text: string) => findRooms(rooms, text, 'en').map(({ id }) => id);
  expect([found('ＲＵＳＴ'), found('BORROW'), found('tea'), found('早'), found('x')]).toEqual([
    ['a'],
    ['a'],
    ['b'],
    ['b'],
    [],
  ]);
});

test('an invite is its code or the whole link', () => {
  expect(codeIn(' AB-12 ')).toBe('AB-12');
  expect(codeIn('see https://tea.example/i/AB-12?x#y')).toBe('AB-12');
});

test('a device is called by its browser and its system', () => {
  const firefox = 'Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0';
  expect(deviceName(firefox)).toBe('Firefox · Linux');
  expect(deviceName('curl/8')).toBe('Browser');
});

test('a QR code is a bar for each run', () => {
  expect(pathOf([[true, true, false, true], [false]])).toBe('M0 0h2v1h-2zM3 0h1v1h-1z');
});

test('what the house says of itself is figures; what is down is marked', () => {
  const now = {
    people: 3,
    connections: { websocket: 2, stream: 0, long_poll: 1, poll: 0 },
    rooms: 4,
    events: 100,
    started: 0,
    version: '0.1.0',
    memory_bytes: 12_000_000,
    store: { kind: 'sqlite', bytes: 5_400_000, ok: true },
    bus: { kind: 'nats', up: false },
    nodes: 2,
  };
  const figures = figuresOf(admin, (name) => name, now, 2.25);
  const of = (name: string) => figures.find((figure) => figure.name === name);
  expect(of('Connections')).toMatchObject({ value: '3', note: 'websocket 2 · long_poll 1' });
  expect(of('Store')).toMatchObject({ value: '5.4 MB', note: 'sqlite · good', bad: false });
  expect(of('Bus')).toMatchObject({ bad: true });
  expect(of('Events per second')?.value).toBe('2.3');
});

test('a rate needs two answers of one process', () => {
  expect(rateBetween(undefined, { events: 5, at: 0 })).toBeUndefined();
  expect(rateBetween({ events: 5, at: 0 }, { events: 9, at: 2000 })).toBe(2);
  expect(rateBetween({ events: 5, at: 0 }, { events: 1, at: 2000 })).toBeUndefined();
});

test('settings are read from the list, and what cannot be changed here is only shown', () => {
  const { now, others } = readSettings([
    { key: 'name', value: '茶馆', source: 'admin' },
    { key: 'admission', value: 'nonsense', source: 'file' },
    { key: 'question', value: { ask: 'Which tea?' }, source: 'admin' },
    { key: 'files', value: { file_mib_max: 3, person_mib_max: 'many' }, source: 'stored' },
    { key: 'listen', value: '0.0.0.0:80', source: 'environment' },
  ]);
  expect(now).toMatchObject({
    name: '茶馆',
    admission: 'open',
    question: 'Which tea?',
    work_bits: 0,
    rooms_by: 'guests',
  });
  expect(now.files).toEqual({ file_mib_max: 3 });
  expect(now.sources['name']).toBe('admin');
  expect(others.map(({ key }) => key)).toEqual(['listen']);
});

test('a line of the log is words, also of a newer server', () => {
  expect(actionText(admin, 'ban')).toBe('Banned');
  expect(actionText(admin, 'tomorrow')).toBe('tomorrow');
  const person = { id: 'x', name: 'Mallory' };
  const name = (id: string) => `#${id}`;
  const detail = '{"ban":7,"range":null,"until":null,"reason":"spam"}';
  expect(aboutWhat(admin, { person, room: '1024', detail }, name)).toBe('Mallory · #1024 · spam');
  expect(aboutWhat(admin, { detail: 'no json' }, name)).toBe('');
});

test('one key decides, once', () => {
  expect(['d', 'x', 'm', 'b', 'q'].map(decisionOf)).toEqual([
    'dismiss',
    'delete',
    'mute',
    'ban',
    undefined,
  ]);
  const report = { id: '1', room: '1024', seq: 1, around: [], by: { id: 'x', name: 'x' } };
  expect(decidedAs({ ...report, reason: '', at: 0 })).toBeUndefined();
  expect(decidedAs({ ...report, reason: '', at: 0, decided: 'ban' })).toBe('ban');
});
