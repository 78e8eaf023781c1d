import type { House } from '@teahouse/sdk';
import type { RoomListed } from '@teahouse/sdk/api';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { attachHouse, connection, roomsChanged, you } from '../src/state/house.ts';
import { me, muted } from '../src/state/me.ts';
import { sections } from '../src/state/order.ts';
import { begun } from '../src/state/reading.ts';
import * as list from '../src/state/rooms.ts';
import { changeSettings, type Order } from '../src/state/settings.ts';
import { ada, FakeHouse, lin, listed, message } from './fakes.ts';

/** A house that answers as a test says, and remembers what it was asked. */
class AskedHouse extends FakeHouse {
  rooms: RoomListed[] = [];
  fails = false;
  readonly asked: string[] = [];
  /** The list is on its way until then. */
  held: Promise<void> | undefined;

  async request(method: string, path: string): Promise<unknown> {
    this.asked.push(`${method} ${path}`);
    if (this.fails) throw new Error('No.');
    const { rooms } = this;
    if (path === 'v1/rooms') return this.held?.then(() => ({ rooms })) ?? { rooms };
    if (path === 'v1/me/hidden') return { hidden: [lin] };
    return {
      you: ada,
      line: null,
      zone: null,
      has_password: false,
      passkeys: [],
      oidc: false,
      may: ['make_rooms'],
    };
  }
}

let fake: AskedHouse;
let detach: () => void;

beforeEach(() => {
  fake = new AskedHouse();
  detach = attachHouse(fake as unknown as House);
  you.value = ada;
});
afterEach(() => {
  list.forgetRooms();
  detach();
});

const unread = (id: string) => list.listedRoom(id)?.unread;
const said = (room: string, n: number, by = lin) => ({ ...message(n, by), room });

test('what one joined is followed, and no longer when one left', async () => {
  fake.rooms = [listed('1024', { joined: false }), listed('tea'), listed('far', { joined: false })];
  await list.refreshRooms();
  expect(['1024', 'tea', 'far'].map((id) => fake.room(id).watched)).toEqual([true, true, false]);
  fake.rooms = [listed('1024'), listed('tea', { joined: false })];
  await list.refreshRooms();
  fake.room('tea').tell('news', said('tea', 11));
  expect(unread('tea')).toBe(0);
  fake.room('1024').tell('news', said('1024', 11));
  expect(unread('1024')).toBe(1);
});

test('an event that is told twice counts once, what one writes oneself not at all', async () => {
  fake.rooms = [listed('tea', { unread: 2, read: 8 })];
  await list.refreshRooms();
  const { tell } = {
    tell: (n: number, by = lin) => fake.room('tea').tell('news', said('tea', n, by)),
  };
  tell(10);
  expect(unread('tea')).toBe(2);
  expect(list.listedRoom('tea')?.line?.text).toBe('message 10');
  tell(11);
  tell(11);
  expect(unread('tea')).toBe(3);
  tell(13);
  expect(unread('tea')).toBe(5);
  tell(14, ada);
  expect(unread('tea')).toBe(0);
});

test('what was read on another device is read here', async () => {
  fake.rooms = [listed('tea', { unread: 2, read: 8 })];
  await list.refreshRooms();
  fake.room('tea').tell('read', 9);
  expect(unread('tea')).toBe(2);
  fake.room('tea').tell('read', 10);
  expect(unread('tea')).toBe(0);
});

test('a deleted line is not shown, another name is', async () => {
  fake.rooms = [listed('tea')];
  await list.refreshRooms();
  const room = fake.room('tea');
  room.tell('news', said('tea', 11));
  room.tell('news', { ...said('tea', 12), kind: 'delete', body: { target: 11 } });
  expect(list.listedRoom('tea')?.line).toBeUndefined();
  const now = { name: 'Teahouse', topic: 'x' };
  room.tell('news', { ...said('tea', 13), kind: 'room', body: { room: now } });
  expect(list.listedRoom('tea')).toMatchObject(now);
});

test('an address is a slug or an id; before the list came nobody knows', async () => {
  expect(list.idOf('1024')).toBe('1024');
  expect(list.idOf('garden')).toBeUndefined();
  fake.rooms = [listed('k3v9', { slug: 'garden' })];
  await list.refreshRooms();
  expect([list.idOf('garden'), list.idOf('k3v9'), list.idOf('other')]).toEqual([
    'k3v9',
    'k3v9',
    'other',
  ]);
  expect(list.addressFor('k3v9')).toBe('garden');
});

test('a list that does not come leaves what was known, and lets addresses through', async () => {
  fake.fails = true;
  await list.refreshRooms();
  expect(list.idOf('garden')).toBe('garden');
});

test('who asks while it is asked hears what was asked after that', async () => {
  let letGo = () => {};
  const hold = () => {
    fake.held = new Promise((go) => {
      letGo = go;
    });
  };
  hold();
  const letFirstGo = letGo;
  const before = list.refreshRooms();
  hold();
  fake.rooms = [listed('tea')];
  let isHere = false;
  const after = list.refreshRooms().then(() => {
    isHere = true;
  });
  letFirstGo();
  await before;
  expect([list.rooms.peek(), isHere]).toEqual([[], false]);
  letGo();
  await after;
  expect(list.rooms.peek()).toHaveLength(1);
});

test('asking while it is asked asks once more', async () => {
  fake.rooms = [listed('tea')];
  await Promise.all([list.refreshRooms(), list.refreshRooms(), list.refreshRooms()]);
  await list.refreshRooms();
  expect(fake.asked.filter((line) => line === 'GET v1/rooms').length).toBeLessThan(4);
});

test('rooms by name or newest first; conversations apart, called after the others', async () => {
  fake.rooms = [
    listed('b', { name: '早茶', last_at: 3 }),
    listed('a', { name: '阿里', last_at: 1 }),
    listed('old', { archived: true }),
    listed('d', { direct: true, name: '', people: [ada, lin], unread: 2 }),
  ];
  await list.refreshRooms();
  const ids = (order: Order) => sections(order, 'zh-CN').rooms.map(({ id }) => id);
  expect(ids('name')).toEqual(['a', 'b']);
  expect(ids('newest')).toEqual(['b', 'a']);
  changeSettings({ pinned: ['b'] });
  expect(ids('name')).toEqual(['b', 'a']);
  changeSettings({ pinned: [] });
  const [direct] = sections('name', 'en').direct;
  expect(direct && [list.nameOf(direct), list.countFor(direct)]).toEqual(['林晓', 2]);
  expect(list.saidToYou.value).toBe(2);
});

test('with a connection, and when the house says so, it is asked for', async () => {
  const end = list.keepRooms();
  expect(fake.asked).toEqual([]);
  connection.value = 'live';
  await new Promise((resolve) => setTimeout(resolve));
  // The first room comes first.
  expect(fake.asked).toEqual([]);
  begun.value = true;
  await new Promise((resolve) => setTimeout(resolve));
  expect(fake.asked).toEqual(['GET v1/rooms', 'GET v1/me', 'GET v1/me/hidden']);
  expect(me.value?.may).toEqual(['make_rooms']);
  expect([...muted.value]).toEqual([lin.id]);
  roomsChanged.value += 1;
  await new Promise((resolve) => setTimeout(resolve));
  expect(fake.asked.filter((line) => line === 'GET v1/rooms')).toHaveLength(2);
  end();
  begun.value = false;
  connection.value = 'idle';
});
