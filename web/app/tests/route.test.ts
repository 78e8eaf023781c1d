import { expect, test } from 'vitest';
import { addressOf, parseRoute, type Route } from '../src/state/route.ts';

function at(address: string): Route {
  return parseRoute(new URL(address, 'http://house.example'));
}

const main: Route = { screen: 'room', room: '1024', signIn: false };

test.each<[string, Route]>([
  ['/', main],
  ['/r/1024', main],
  ['/r/1024/', main],
  ['/r/morning-tea', { ...main, room: 'morning-tea' }],
  ['/r/1024?signin', { ...main, signIn: true }],
  ['/r/1024?people', { ...main, panel: 'people' }],
  ['/r/1024#pins', { ...main, panel: 'pins' }],
  ['/r/1024#replies-7', { ...main, panel: { replies: 7 } }],
  ['/r/1024?at=9#replies-7', { ...main, at: 9, panel: { replies: 7 } }],
  ['/r/1024#replies-0', main],
  ['/r/1024#messages', main],
  ['/rooms', { screen: 'rooms', all: false }],
  ['/rooms?all', { screen: 'rooms', all: true }],
  ['/r/1024?at=42', { ...main, at: 42 }],
  ['/r/1024?at=-1', main],
  ['/r/tea/settings', { screen: 'room-settings', room: 'tea', page: '' }],
  ['/r/tea/settings/who', { screen: 'room-settings', room: 'tea', page: 'who' }],
  ['/settings/devices', { screen: 'settings', page: 'devices' }],
  ['/admin', { screen: 'admin', page: '' }],
  ['/admin/a/b', { screen: 'missing' }],
  ['/i/CODE-1', { screen: 'invite', code: 'CODE-1' }],
  ['/i', { screen: 'missing' }],
  ['/signin#AB12CD34', { screen: 'code', code: 'AB12CD34' }],
  ['/reset#x%2Fy', { screen: 'reset', code: 'x/y' }],
  ['/search', { screen: 'search', q: '' }],
  ['/search?q=%E8%8C%B6%E9%A6%86', { screen: 'search', q: '茶馆' }],
  ['/r/1024?at=42&search=tea+in%3Arust', { ...main, at: 42, panel: { search: 'tea in:rust' } }],
  ['/lab', { screen: 'lab' }],
  ['/lab/x', { screen: 'missing' }],
  ['/setup', { screen: 'setup', token: '' }],
  ['/setup#abc%2Fd', { screen: 'setup', token: 'abc/d' }],
  ['/setup#%', { screen: 'setup', token: '%' }],
  ['/r/UPPER', { screen: 'missing' }],
  ['/r/a/b', { screen: 'missing' }],
  [`/r/${'a'.repeat(33)}`, { screen: 'missing' }],
  ['/nowhere', { screen: 'missing' }],
])('%s', (address, route) => {
  expect(at(address)).toEqual(route);
});

test('the address of a screen leads back to it', () => {
  const routes: Route[] = [
    main,
    { ...main, signIn: true },
    { ...main, panel: 'people' },
    { ...main, panel: 'pins' },
    { ...main, at: 3, panel: { replies: 12 } },
    { ...main, at: 7 },
    { screen: 'rooms', all: false },
    { screen: 'rooms', all: true },
    { screen: 'room-settings', room: 'tea', page: '' },
    { screen: 'room-settings', room: 'tea', page: 'invites' },
    { screen: 'settings', page: 'you' },
    { screen: 'admin', page: '' },
    { screen: 'invite', code: 'a b/c' },
    { screen: 'code', code: '' },
    { screen: 'reset', code: 'a#b' },
    { screen: 'lab' },
    { screen: 'search', q: '' },
    { screen: 'search', q: 'from:"Ada O" 茶?&' },
    { ...main, at: 3, panel: { search: '' } },
    { screen: 'setup', token: 'a/b c' },
  ];
  for (const route of routes) expect(at(addressOf(route))).toEqual(route);
});
