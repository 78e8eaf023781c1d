import { describe, expect, test } from 'vitest';
import { memoryKeep } from '../src/keep.js';
import { inside, town, visit } from './world/house.js';

const SECOND = 1_000;

describe('the outbox has an owner', () => {
  test('what one has left is neither shown nor sent as somebody else, and goes out as oneself', async () => {
    const w = await inside();
    const ada = await w.keep.identity();
    w.page.cut();
    await w.room.send('by Ada');
    w.page.kill();
    await w.keep.saveIdentity(undefined);
    const bob = visit(w.server, w.keep);
    bob.house.enter('Bob');
    bob.house.room('1024').open();
    await w.clock.pass(SECOND);
    await bob.house.room('1024').send('by Bob');
    await w.clock.pass(SECOND);
    expect(w.server.log('1024').map(({ body }) => body.text)).toEqual(['by Bob']);
    expect(bob.house.room('1024').outbox).toEqual([]);
    await bob.house.leave();
    await w.keep.saveIdentity(ada);
    visit(w.server, w.keep).house.enter();
    await w.clock.pass(SECOND);
    expect(
      w.server
        .log('1024')
        .map(({ by, body }) => [by.id, body.text])
        .at(-1),
    ).toEqual([ada?.you.id, 'by Ada']);
  });

  test('what an earlier version kept belongs to who is known when it is read', async () => {
    const { clock, server } = town();
    const keep = memoryKeep();
    await keep.saveIdentity({ you: { id: 'gone', name: 'Ada' }, token: 'OLD' });
    const item = { cid: '0'.repeat(32), room: '1024', text: 'by Ada', written_at: 1 };
    await keep.addOutbox({ ...item, state: 'pending' });
    const ada = visit(server, keep).house.enter();
    const refused = expect(ada).rejects.toMatchObject({ code: 'bad_token' });
    await clock.pass(SECOND);
    await refused;
    await keep.saveIdentity(undefined);
    visit(server, keep).house.enter('Bob');
    await clock.pass(SECOND);
    expect([server.log('1024'), await keep.outbox()]).toMatchObject([[], [{ by: 'gone' }]]);
  });

  test('whoever signs in on the same page begins with an empty outbox', async () => {
    const w = await inside();
    const { token, you } = w.server.guest('Bob');
    const fetch_ = async () => new Response(JSON.stringify({ you, token }));
    const v = visit(w.server, w.keep, { fetch: fetch_ as typeof fetch, transport: 'websocket' });
    const room = v.house.room('1024');
    v.house.enter();
    await w.clock.pass(SECOND);
    v.page.cut();
    await room.send('by Ada');
    expect(room.outbox).toHaveLength(1);
    await v.house.become('v1/signin', {});
    expect(room.outbox).toEqual([]);
    v.house.enter();
    room.open();
    await w.clock.pass(SECOND);
    expect(v.house.you).toEqual(you);
    expect([room.outbox, w.server.log('1024')]).toEqual([[], []]);
  });
});

describe('who one is', () => {
  test('who one is by now is told on return', async () => {
    const w = await inside();
    const told: unknown[] = [];
    w.house.on('you', (you) => told.push(you));
    const you = { ...w.house.you, name: 'Ada L.' } as NonNullable<typeof w.house.you>;
    w.server.people.set('TOKEN-1', you);
    w.page.cut();
    await w.clock.pass(5 * SECOND);
    expect([told, w.house.you, (await w.keep.identity())?.you]).toEqual([[you], you, you]);
  });
});

describe('with a cookie', () => {
  const answering = (you: object) => async () => new Response(JSON.stringify({ you }));

  test('a guest is made over HTTP, and the hello says neither name nor token', async () => {
    const { clock, server } = town();
    const keep = memoryKeep();
    const asked: string[] = [];
    const you = { id: 'x', name: 'Ada' };
    const fetch_ = (async (url: URL) => {
      asked.push(url.pathname);
      return answering(you)();
    }) as unknown as typeof fetch;
    const options = { cookie: true, fetch: fetch_, transport: 'websocket' } as const;
    const { house, page } = visit(server, keep, options);
    const entered = house.enter('Ada');
    await clock.pass(SECOND);
    await entered;
    expect(asked).toEqual(['/v1/guests']);
    const hello = page.connections[0]?.received[0];
    expect(hello).not.toHaveProperty('token');
    expect(hello).not.toHaveProperty('name');
  });

  test('each hello says for whom one takes oneself', async () => {
    const { clock, server } = town();
    const keep = memoryKeep();
    const { you } = server.guest('Ada');
    await keep.saveIdentity({ you });
    const { house, page } = visit(server, keep, { cookie: true });
    const said = () => page.connections[0]?.received[0]?.['you'];
    house.enter();
    await clock.pass(SECOND);
    expect(said()).toBe(you.id);
    page.cut();
    await clock.pass(5 * SECOND);
    expect(said()).toBe(you.id);
    expect(server.people.size).toBe(1);
  });

  test('a sign-in that ended leaves what another tab keeps of another person', async () => {
    const w = await inside();
    const bob = { you: { id: 'b', name: 'Bob' } };
    await w.keep.saveIdentity(bob);
    w.page.connections[0]?.end(4410, 'signed_out');
    await w.clock.pass(SECOND);
    expect([w.house.state, await w.keep.identity()]).toEqual(['ended', bob]);
  });

  test('a token that an earlier visit kept goes on', async () => {
    const w = await inside();
    w.house.close();
    const { house, page } = visit(w.server, w.keep, { cookie: true });
    const entered = house.enter();
    await w.clock.pass(SECOND);
    await entered;
    expect(page.connections[0]?.received[0]).toMatchObject({ token: 'TOKEN-1' });
  });
});
