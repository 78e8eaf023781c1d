import { describe, expect, test } from 'vitest';
import { memoryKeep } from '../src/keep.js';
import { inside, listen, town, visit } from './world/house.js';

const SECOND = 1_000;

const sends = (w: Awaited<ReturnType<typeof inside>>) =>
  w.page.connections.flatMap(({ received }) => received.filter(({ type }) => type === 'send'));

describe('entering', () => {
  test('makes a guest, keeps the identity, and opens the rooms asked for with the hello', async () => {
    const w = await inside(undefined, ['one', 'two']);
    expect(w.house).toMatchObject({
      state: 'live',
      name: '茶馆',
      transport: 'websocket',
      delay_ms: 20,
      you: { name: 'Ada' },
    });
    expect(await w.house.known()).toEqual({ token: 'TOKEN-1', you: w.house.you });
    expect(w.room).toMatchObject({ live: true, seq: 2, head: 2, readMark: 0 });
    expect(w.room.info?.name).toBe('1024');
    expect(w.heard).toEqual({ texts: ['one', 'two'], told: ['live'], batches: [2] });
    expect(w.page.connections[0]?.received.filter(({ type }) => type === 'subscribe')).toEqual([]);
  });

  test('comes back as the same person', async () => {
    const keep = memoryKeep();
    const w = await inside(keep);
    const again = visit(w.server, keep);
    const entered = again.house.enter('Somebody else');
    await w.clock.pass(SECOND);
    expect(await entered).toEqual(w.house.you);
  });

  test('once is enough', async () => {
    const w = await inside();
    expect(await w.house.enter('Bob')).toEqual(w.house.you);
    expect(w.page.connections).toHaveLength(1);
  });

  test('rejects with what the house says and stays usable', async () => {
    const { clock, server } = town();
    server.faults.refuse = ({ type, ...rest }) =>
      type === 'hello' && rest['name'] === 'Bob'
        ? { code: 'name_taken', field: 'name' }
        : undefined;
    const { house } = visit(server, memoryKeep());
    const refused = house.enter('Bob');
    refused.catch(() => {});
    await clock.pass(SECOND);
    await expect(refused).rejects.toMatchObject({ code: 'name_taken', field: 'name' });
    expect(house.state).toBe('idle');
    const taken = house.enter('Ada');
    await clock.pass(SECOND);
    expect(await taken).toMatchObject({ name: 'Ada' });
    expect(house.state).toBe('live');
  });

  test('forgets a token that the house does not know', async () => {
    const { clock, server } = town();
    const keep = memoryKeep();
    await keep.saveIdentity({ token: 'OLD', you: { id: 'x', name: 'Ada' } });
    const { house } = visit(server, keep);
    const refused = house.enter();
    refused.catch(() => {});
    await clock.pass(SECOND);
    await expect(refused).rejects.toMatchObject({ code: 'bad_token' });
    expect(await house.known()).toBeUndefined();
  });

  test('keeps trying while the house cannot be reached', async () => {
    const { clock, server } = town();
    const v = visit(server, memoryKeep());
    v.page.weather = { ...v.page.weather, reachable: () => false };
    const states: string[] = [];
    v.house.on('state', (state) => states.push(state));
    const entered = v.house.enter('Ada');
    await clock.pass(3 * SECOND);
    expect(v.house.state).toBe('reconnecting');
    expect(v.house.retry_at).toBeGreaterThan(clock.now());
    v.page.weather = { ...v.page.weather, reachable: () => true };
    await clock.pass(30 * SECOND);
    expect(await entered).toMatchObject({ name: 'Ada' });
    expect([...new Set(states)]).toEqual(['connecting', 'reconnecting', 'live']);
  });

  test('left before it was inside is a refusal', async () => {
    const { clock, server } = town();
    const { house } = visit(server, memoryKeep());
    const entered = house.enter('Ada');
    house.close();
    await expect(entered).rejects.toMatchObject({ code: 'ended' });
    await clock.pass(SECOND);
    expect(house.state).toBe('idle');
    expect(server.people.size).toBe(0);
  });
});

describe('rooms', () => {
  test('are the same object for the same id, and ids are checked', async () => {
    const { house } = await inside();
    expect(house.room('tea')).toBe(house.room('tea'));
    expect(() => house.room('Tea')).toThrow(expect.objectContaining({ code: 'bad_field' }));
  });

  test('open later, with their tail', async () => {
    const w = await inside();
    for (const text of ['a', 'b', 'c']) w.server.post('tea', text);
    const tea = w.house.room('tea');
    const heard = listen(tea);
    const opened = tea.open(2);
    await w.clock.pass(SECOND);
    await opened;
    expect(heard.texts).toEqual(['b', 'c']);
    expect(tea.seq).toBe(3);
  });

  test.each(['before', 'after'])('that do not exist reject, opened %s entering', async (when) => {
    const { clock, server } = town();
    const { house } = visit(server, memoryKeep());
    if (when === 'after') {
      house.enter('Ada');
      await clock.pass(SECOND);
    }
    const opened = house.room('nowhere').open();
    if (when === 'before') house.enter('Ada');
    opened.catch(() => {});
    await clock.pass(SECOND);
    await expect(opened).rejects.toMatchObject({ code: 'no_such_room' });
    expect(house.state).toBe('live');
  });

  test('tell holes: a reset where the log is another one', async () => {
    const w = await inside(undefined, ['a', 'b']);
    w.server.epoch = '4b227777';
    w.page.cut();
    await w.clock.pass(5 * SECOND);
    expect(w.heard.told).toEqual(['live', 'not live', 'reset 0', 'live']);
    expect(w.heard.texts).toEqual(['a', 'b', 'a', 'b']);
  });

  test('history reads back', async () => {
    const w = await inside(undefined, ['a', 'b', 'c']);
    const page = w.room.history({ before: 3 });
    await w.clock.pass(SECOND);
    const { messages, as_of, more } = await page;
    expect(messages.map(({ body }) => body.text)).toEqual(['a', 'b']);
    expect([as_of, more]).toEqual([3, false]);
  });

  test('history asked while the connection is lost is answered after it', async () => {
    const w = await inside(undefined, ['a']);
    w.page.cut();
    await w.clock.pass(1);
    const page = w.room.history({ before: 2 });
    await w.clock.pass(5 * SECOND);
    expect((await page).messages).toHaveLength(1);
  });

  test('history rejects without a connection', async () => {
    const { server } = town();
    const { house } = visit(server, memoryKeep());
    await expect(house.room('1024').history({ before: 1 })).rejects.toMatchObject({
      code: 'ended',
    });
  });

  test('the read mark grows, one at a time, and survives a lost connection', async () => {
    const w = await inside(undefined, ['a', 'b', 'c']);
    const marks: number[] = [];
    w.room.on('read', (seq) => marks.push(seq));
    for (const seq of [1, 3, 2, 3]) w.room.read(seq);
    await w.clock.pass(SECOND);
    expect(marks).toEqual([1, 3]);
    const { server } = w;
    server.post('1024', 'd');
    w.page.cut();
    await w.clock.pass(1);
    w.room.read(4);
    await w.clock.pass(5 * SECOND);
    expect(w.server.reads.get('1024')).toBe(4);
    expect(w.room.readMark).toBe(4);
  });

  test('presence replaces, changes, and counts', async () => {
    const w = await inside();
    const [connection] = w.page.connections;
    const bob = { id: 'b', name: 'Bob' };
    const eve = { id: 'e', name: 'Eve' };
    const signal = async (body: object) => {
      connection?.say({ type: 'signal', room: '1024', kind: 'presence', body });
      await w.clock.pass(SECOND);
      return [w.room.here.count, w.room.here.people?.map(({ name }) => name)];
    };
    expect(await signal({ count: 3, came: [bob, eve] })).toEqual([3, ['Ada', 'Bob', 'Eve']]);
    expect(await signal({ count: 3, came: [{ ...bob, name: 'Bo' }] })).toEqual([
      3,
      ['Ada', 'Eve', 'Bo'],
    ]);
    expect(await signal({ count: 2, left: ['e'] })).toEqual([2, ['Ada', 'Bo']]);
    expect(await signal({ count: 201 })).toEqual([201, undefined]);
    expect(await signal({ count: 200, left: ['b'] })).toEqual([200, undefined]);
    expect(await signal({ count: 1, people: [bob] })).toEqual([1, ['Bob']]);
    expect(w.room.here.partial).toBe(false);
    expect(await signal({ count: 1, people: [bob], partial: true })).toEqual([1, ['Bob']]);
    expect(w.room.here.partial).toBe(true);
    expect(await signal({ count: 2, came: [eve] })).toEqual([2, ['Bob', 'Eve']]);
    expect(w.room.here.partial).toBe(false);
  });

  test('typing is the others, until they have written', async () => {
    const w = await inside();
    const bob = { id: '7d793037-a076-4a6e-8b2f-0c5a3e9a9f10', name: 'Bob' };
    const body = { count: 2, people: [w.house.you, bob] };
    w.page.connections[0]?.say({ type: 'signal', room: '1024', kind: 'typing', body });
    await w.clock.pass(SECOND);
    expect(w.room.typing).toEqual([bob]);
    w.server.post('1024', 'done');
    await w.clock.pass(SECOND);
    expect(w.room.typing).toEqual([]);
  });

  test('own typing is told at once, then every 3 s, and ends with the message', async () => {
    const w = await inside();
    const typed = () =>
      w.page.connections[0]?.received.flatMap(({ type, on }) => (type === 'typing' ? [on] : []));
    w.room.setTyping(false);
    for (let i = 0; i < 8; i += 1) {
      w.room.setTyping(true);
      await w.clock.pass(500);
    }
    expect(typed()).toEqual([true, true]);
    await w.room.send('done');
    await w.clock.pass(SECOND);
    expect(typed()).toEqual([true, true, false]);
  });
});

describe('the outbox', () => {
  test('keeps before it sends, and empties when the event is shown', async () => {
    const w = await inside();
    const states: number[] = [];
    w.room.on('outbox', (items) => states.push(items.length));
    const item = await w.room.send('你好');
    expect(item).toMatchObject({ room: '1024', text: '你好', state: 'pending' });
    expect(item.cid).toMatch(/^[0-9a-f]{32}$/);
    expect(await w.keep.outbox()).toEqual([item]);
    expect(w.heard.texts).toEqual([]);
    await w.clock.pass(SECOND);
    expect(await w.keep.outbox()).toEqual([]);
    expect(w.heard.texts).toEqual(['你好']);
    expect(w.room.outbox).toEqual([]);
    expect(states[0]).toBe(1);
    expect(states.at(-1)).toBe(0);
  });

  test.each([true, false])(
    'a message is never seen twice or not at all (ack first: %s)',
    async (ackFirst) => {
      const w = await inside();
      w.server.faults.ackFirst = () => ackFirst;
      const seen: number[] = [];
      const look = () => seen.push(w.heard.texts.length + w.room.outbox.length);
      await w.room.send('x');
      w.room.on('outbox', look);
      w.room.on('events', () => queueMicrotask(look));
      await w.clock.pass(SECOND);
      expect(new Set(seen)).toEqual(new Set([1]));
    },
  );

  test.each([
    ['', 'bad_field'],
    [' \n\t ', 'bad_field'],
    ['茶'.repeat(5_462), 'text_too_long'],
  ])('does not take what the server would not', async (text, code) => {
    const w = await inside();
    await expect(w.room.send(text)).rejects.toMatchObject({ code, field: 'body.text' });
    expect(await w.keep.outbox()).toEqual([]);
  });

  test('a keep that fails is told to who wrote', async () => {
    const keep = { ...memoryKeep(), addOutbox: () => Promise.reject(new Error('disk full')) };
    const w = await inside(keep);
    await expect(w.room.send('x')).rejects.toThrow('disk full');
    expect(w.room.outbox).toEqual([]);
  });

  test('what is written while the connection is lost goes out in order, once', async () => {
    const w = await inside();
    w.page.cut();
    for (const text of ['a', 'b', 'c']) await w.room.send(text);
    await w.clock.pass(5 * SECOND);
    expect(w.server.log('1024').map(({ body }) => body.text)).toEqual(['a', 'b', 'c']);
    expect(w.heard.texts).toEqual(['a', 'b', 'c']);
    expect(await w.keep.outbox()).toEqual([]);
  });

  test('what a closed page left goes out by itself, in order, with the same cid', async () => {
    const w = await inside();
    w.page.cut();
    const items = [];
    for (const text of ['a', 'b', 'c']) items.push(await w.room.send(text));
    w.page.kill();
    const next = visit(w.server, w.keep);
    next.house.enter();
    await w.clock.pass(SECOND);
    expect(w.server.log('1024').map(({ cid }) => cid)).toEqual(items.map(({ cid }) => cid));
    expect(await w.keep.outbox()).toEqual([]);
    expect(next.house.room('1024').seq).toBe(3);
  });

  test('a room subscribed only to send opens with its tail', async () => {
    const w = await inside(undefined, ['a', 'b']);
    w.page.cut();
    await w.room.send('c');
    w.page.kill();
    const next = visit(w.server, w.keep);
    next.house.enter();
    await w.clock.pass(SECOND);
    const heard = listen(next.house.room('1024'));
    next.house.room('1024').open();
    await w.clock.pass(SECOND);
    expect(heard).toMatchObject({ texts: ['a', 'b', 'c'], told: ['live'] });
  });

  test('a refusal for now waits and goes by itself', async () => {
    const w = await inside();
    let left = 1;
    w.server.faults.refuse = ({ type }) =>
      type === 'send' && left-- > 0 ? { code: 'rate', retry_ms: 3_000 } : undefined;
    for (const text of ['a', 'b']) await w.room.send(text);
    await w.clock.pass(SECOND);
    expect(w.room.outbox[0]?.waiting_until).toBeGreaterThan(w.clock.now());
    expect(w.room.outbox.map(({ state }) => state)).toEqual(['pending', 'pending']);
    await w.clock.pass(5 * SECOND);
    expect(w.heard.texts).toEqual(['a', 'b']);
    expect(sends(w).map(({ first }) => first)).toEqual([true, undefined, true, true]);
  });

  test('a refusal for good fails, and can be tried again or discarded', async () => {
    const w = await inside();
    w.server.faults.refuse = ({ type }) => (type === 'send' ? { code: 'muted' } : undefined);
    const a = await w.room.send('a');
    const b = await w.room.send('b');
    await w.clock.pass(SECOND);
    expect(w.room.outbox).toMatchObject([
      { state: 'failed', error: { code: 'muted', retryable: true } },
      { state: 'failed' },
    ]);
    expect(await w.keep.outbox()).toMatchObject([{ state: 'failed' }, { state: 'failed' }]);
    w.server.faults = {};
    await w.room.discard(a.cid);
    await w.room.retry(b.cid);
    await w.room.retry(a.cid);
    await w.clock.pass(SECOND);
    expect(w.heard.texts).toEqual(['b']);
    expect(await w.keep.outbox()).toEqual([]);
  });

  test('a failed message stays failed over a reload', async () => {
    const w = await inside();
    w.server.faults.refuse = ({ type }) => (type === 'send' ? { code: 'muted' } : undefined);
    await w.room.send('a');
    await w.clock.pass(SECOND);
    w.server.faults = {};
    w.page.kill();
    const next = visit(w.server, w.keep);
    next.house.room('1024').open();
    next.house.enter();
    await w.clock.pass(SECOND);
    expect(next.house.room('1024').outbox).toMatchObject([{ text: 'a', state: 'failed' }]);
    expect(w.server.log('1024')).toEqual([]);
  });

  test('not_subscribed subscribes and goes on', async () => {
    const w = await inside();
    let left = 1;
    w.server.faults.refuse = ({ type }) =>
      type === 'send' && left-- > 0 ? { code: 'not_subscribed' } : undefined;
    await w.room.send('a');
    await w.clock.pass(5 * SECOND);
    expect(w.heard).toMatchObject({ texts: ['a'], told: ['live', 'not live', 'live'] });
  });

  test('no more than the limit is on its way', async () => {
    const w = await inside();
    for (let i = 0; i < 40; i += 1) await w.room.send(`${i}`);
    expect(sends(w).length).toBe(0);
    await w.clock.pass(10);
    expect(sends(w).length).toBe(32);
    await w.clock.pass(SECOND);
    expect(w.heard.texts).toHaveLength(40);
  });
});

describe('the connection', () => {
  test('lost and back: states, and what arrived meanwhile', async () => {
    const w = await inside();
    const told: unknown[] = [];
    w.house.on('state', (state) => told.push(state));
    w.house.on('back', (back) => told.push(back));
    w.page.cut();
    w.server.post('1024', 'a');
    w.server.post('1024', 'b');
    await w.clock.pass(1);
    expect(w.house.lost_at).toBeDefined();
    expect(w.room.live).toBe(false);
    await w.clock.pass(5 * SECOND);
    expect(told).toEqual(['reconnecting', 'live', { away_ms: expect.any(Number), arrived: 2 }]);
    expect(w.heard.texts).toEqual(['a', 'b']);
  });

  test('a room that the house cannot read on return is asked for until it can', async () => {
    const w = await inside(undefined, ['a']);
    let left = 2;
    w.server.faults.refuseRoom = () =>
      left-- > 0 ? { code: 'store_busy', retry_ms: 1_000 } : undefined;
    w.page.cut();
    w.server.post('1024', 'b');
    await w.clock.pass(30 * SECOND);
    expect([left < 0, w.house.state, w.room.live]).toEqual([true, 'live', true]);
    expect(w.heard.texts).toEqual(['a', 'b']);
  });

  test('a room that may not be read on return is shut, and not asked for again', async () => {
    const w = await inside(undefined, ['a']);
    const shut: string[] = [];
    w.room.on('shut', (code) => shut.push(code));
    w.server.logs.delete('1024');
    for (let i = 0; i < 2; i += 1) {
      w.page.cut();
      await w.clock.pass(5 * SECOND);
    }
    expect(shut).toEqual(['no_such_room']);
    expect(w.page.connections.at(-1)?.received[0]).toMatchObject({ cursors: {} });
  });

  test('is offline when the browser says so, and back at once', async () => {
    const w = await inside();
    w.page.weather = { ...w.page.weather, reachable: () => false };
    w.page.cut();
    w.surroundings.change('offline');
    await w.clock.pass(30 * SECOND);
    expect(w.house.state).toBe('offline');
    w.page.weather = { ...w.page.weather, reachable: () => true };
    w.surroundings.change('online');
    await w.clock.pass(SECOND);
    expect(w.house.state).toBe('live');
  });

  test('ended for good is told, and entering again goes on at the cursor', async () => {
    const w = await inside(undefined, ['a']);
    const ended: unknown[] = [];
    w.house.on('ended', (end) => ended.push(end));
    w.page.connections[0]?.end(4003, 'replaced');
    await w.room.send('mine');
    await w.clock.pass(SECOND);
    expect(ended).toEqual([{ code: 4003, reason: 'replaced' }]);
    expect(w.house).toMatchObject({ state: 'ended', ended: { code: 4003, reason: 'replaced' } });
    w.server.post('1024', 'b');
    w.house.enter();
    await w.clock.pass(SECOND);
    expect(w.heard.texts).toEqual(['a', 'b', 'mine']);
    expect(w.house.state).toBe('live');
    expect(w.house.ended).toBeUndefined();
  });

  test('what was on its way goes out with the next entry, even if the keep cannot be read', async () => {
    const keep = memoryKeep();
    let reads = 0;
    const outbox = () => (++reads > 2 ? Promise.reject(new Error('broken')) : keep.outbox());
    const w = await inside({ ...keep, outbox });
    w.page.weather = { ...w.page.weather, cut: () => 'before' };
    await w.room.send('a');
    w.house.close();
    await w.clock.pass(SECOND);
    expect(w.server.log('1024')).toEqual([]);
    w.page.weather = { ...w.page.weather, cut: () => undefined };
    w.house.enter();
    await w.clock.pass(SECOND);
    expect(reads).toBeGreaterThan(2);
    expect(w.heard.texts).toEqual(['a']);
  });

  test('leaving takes leave and forgets everything', async () => {
    const w = await inside();
    const received = w.page.connections[0]?.received ?? [];
    w.server.faults.refuse = ({ type }) => (type === 'send' ? { code: 'muted' } : undefined);
    await w.room.send('a');
    await w.clock.pass(SECOND);
    await w.house.leave();
    await w.clock.pass(SECOND);
    expect(received.at(-1)?.type).toBe('bye');
    expect(await w.keep.identity()).toBeUndefined();
    expect(await w.keep.outbox()).toEqual([]);
    expect(w.house).toMatchObject({ state: 'idle', you: undefined });
    expect(w.room).toMatchObject({ live: false, seq: 0, outbox: [] });
    expect(w.server.connections.size).toBe(0);
  });

  test('a listener that throws hurts nobody', async () => {
    const w = await inside();
    const thrown: unknown[] = [];
    const catchOne = (error: unknown) => thrown.push(error);
    const before = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    process.on('uncaughtException', catchOne);
    const stop = w.room.on('events', () => {
      throw new Error('mine');
    });
    w.server.post('1024', 'a');
    await w.clock.pass(SECOND);
    process.removeAllListeners('uncaughtException');
    for (const listener of before) process.on('uncaughtException', listener);
    stop();
    expect(thrown).toEqual([new Error('mine')]);
    expect(w.heard.texts).toEqual(['a']);
    expect(w.room.live).toBe(true);
  });
});

describe('what the house tells of oneself and of other rooms', () => {
  const told = (w: Awaited<ReturnType<typeof inside>>, ...frames: object[]) => {
    for (const connection of w.server.connections) connection.say(...frames);
  };

  test('a new name is known at once and kept', async () => {
    const w = await inside();
    const you = { ...w.house.you, name: 'Ada L.', role: 'member' } as const;
    const heard: unknown[] = [];
    w.house.on('you', (person) => heard.push(person));
    w.house.on('rooms', (changed) => heard.push(changed));
    told(w, { type: 'changed', you }, { type: 'changed', rooms: true });
    await w.clock.pass(SECOND);
    expect(w.house.you).toEqual(you);
    expect(heard).toEqual([you, true]);
    expect(await w.keep.identity()).toEqual({ token: 'TOKEN-1', you });
  });

  test('a watched room tells its news and shows nothing, until it is opened', async () => {
    const w = await inside();
    w.server.post('tea', 'before');
    const tea = w.house.room('tea');
    const heard = listen(tea);
    const news: string[] = [];
    tea.on('news', ({ body }) => news.push(body.text ?? ''));
    tea.watch();
    await w.clock.pass(SECOND);
    w.server.post('tea', 'now');
    await w.clock.pass(SECOND);
    expect(news).toEqual(['before', 'now']);
    expect(heard.texts).toEqual([]);
    tea.open(50).catch(() => {});
    await w.clock.pass(SECOND);
    expect(heard.texts).toEqual(['before', 'now']);
    tea.watch();
    await w.clock.pass(SECOND);
    expect(tea.live).toBe(true);
  });

  test('a room that may not be read any more is shut, and not asked for again', async () => {
    const w = await inside();
    const shut: string[] = [];
    w.room.on('shut', (code) => shut.push(code));
    told(w, { type: 'unsubscribed', room: '1024', code: 'forbidden' });
    await w.clock.pass(SECOND);
    expect(shut).toEqual(['forbidden']);
    expect(w.room.live).toBe(false);
    w.page.cut();
    await w.clock.pass(30 * SECOND);
    expect(w.house.state).toBe('live');
    expect(w.page.connections.at(-1)?.received[0]).toMatchObject({ type: 'hello', cursors: {} });
  });
});
