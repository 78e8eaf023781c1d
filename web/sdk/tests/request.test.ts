import { expect, test } from 'vitest';
import * as api from '../src/api.js';
import { House, type HouseOptions } from '../src/house.js';
import { memoryKeep } from '../src/keep.js';

/** A house whose HTTP answers are these, and what it was asked. */
function answering(status: number, body: unknown, options: HouseOptions = {}) {
  const asked: { url: string; init: RequestInit }[] = [];
  const fetch_ = async (url: URL, init: RequestInit) => {
    asked.push({ url: url.href, init });
    return new Response(typeof body === 'string' ? body : JSON.stringify(body), { status });
  };
  const keep = memoryKeep();
  const house = new House({
    url: 'https://house.test/tea',
    keep,
    fetch: fetch_ as unknown as typeof fetch,
    ...options,
  });
  return { house, keep, asked };
}

const YOU = { id: 'x', name: 'Ada', role: 'owner' as const };

test('look asks without a body and without a token', async () => {
  const { house, asked } = answering(200, { head: 3 });
  expect(await house.look('1024')).toEqual({ head: 3 });
  expect(asked).toEqual([
    { url: 'https://house.test/tea/v1/rooms/1024', init: { method: 'GET', headers: {} } },
  ]);
});

test.each(['setup', 'signin'] as const)('%s posts JSON and keeps the identity', async (path) => {
  const { house, keep, asked } = answering(200, { you: YOU, token: 'TOKEN' });
  const fields = { token: 'LINK', name: 'Ada', password: '茶茶茶茶' };
  const you = await (path === 'setup' ? api.setUp : api.signIn)(house, fields);
  expect(you).toEqual(YOU);
  expect(await keep.identity()).toEqual({ you: YOU, token: 'TOKEN' });
  expect(asked[0]?.url).toBe(`https://house.test/tea/v1/${path}`);
  expect(asked[0]?.init).toMatchObject({
    method: 'POST',
    headers: { 'content-type': 'application/json' },
  });
  expect(JSON.parse(String(asked[0]?.init.body))).toEqual(fields);
});

test('a refusal is a TeahouseError with all that it says', async () => {
  const body = { code: 'bad_password', message: 'No.', field: 'password', retry_ms: 900 };
  const { house, keep } = answering(401, body);
  const refused = api.signIn(house, { name: 'Ada', password: 'x' });
  await expect(refused).rejects.toMatchObject({ name: 'TeahouseError', ...body });
  expect(await keep.identity()).toBeUndefined();
});

test.each([
  [502, '<html>a proxy</html>'],
  [200, 'no json'],
  [500, { error: 'another form' }],
])('an answer of somebody else (%i) is unreachable', async (status, body) => {
  await expect(answering(status, body).house.look('1024')).rejects.toMatchObject({
    code: 'unreachable',
  });
});

test('no answer is unreachable, with its cause', async () => {
  const cause = new TypeError('network');
  const house = new House({ url: 'https://house.test/', fetch: () => Promise.reject(cause) });
  await expect(house.look('1024')).rejects.toMatchObject({ code: 'unreachable', cause });
});

test('a token that is kept asks in its name', async () => {
  const { house, keep, asked } = answering(200, { rooms: [] });
  await keep.saveIdentity({ you: YOU, token: 'TOKEN' });
  expect(await api.rooms(house)).toEqual({ rooms: [] });
  expect(asked[0]?.init.headers).toEqual({ authorization: 'Bearer TOKEN' });
});

test('with a cookie no token is kept, and each request shows that a page asks', async () => {
  const { house, keep, asked } = answering(200, { you: YOU }, { cookie: true });
  await api.becomeGuest(house, { name: 'Ada', invite: 'CODE' });
  expect(await keep.identity()).toEqual({ you: YOU });
  expect(asked[0]).toMatchObject({
    url: 'https://house.test/tea/v1/guests',
    init: { headers: { 'content-type': 'application/json', 'x-teahouse': '1' } },
  });
});

test('a picture goes as its bytes, of its kind', async () => {
  const { house, asked } = answering(200, { you: YOU });
  const picture = new Blob(['PNG'], { type: 'image/png' });
  await api.setPicture(house, picture);
  expect(asked[0]).toMatchObject({
    url: 'https://house.test/tea/v1/me/picture',
    init: { method: 'PUT', body: picture, headers: {} },
  });
});

test('what is named in an address cannot leave its place', async () => {
  const { house, asked } = answering(200, {});
  await api.removePerson(house, '1024', '../x?');
  await api.allPeople(house, { q: 'a&b', limit: 20 });
  expect(asked.map(({ url }) => new URL(url).pathname + new URL(url).search)).toEqual([
    '/tea/v1/rooms/1024/people/..%2Fx%3F',
    '/tea/v1/admin/people?q=a%26b&limit=20',
  ]);
});
