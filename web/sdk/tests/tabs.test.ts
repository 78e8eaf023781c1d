import { describe, expect, test } from 'vitest';
import { type Keep, memoryKeep } from '../src/keep.js';
import { listen, town, visit } from './world/house.js';
import { Browser } from './world/tabs.js';

const SECOND = 1_000;

/** Two tabs of one browser, in the same room, as the same person. The first one sends. */
async function twoTabs(browser = new Browser(), keep: Keep = { ...memoryKeep(), scope: 'house' }) {
  const { clock, server } = town();
  const open = async () => {
    const tab = visit(server, keep, { tabs: browser.platform() });
    const room = tab.house.room('1024');
    const heard = listen(room);
    room.open();
    tab.house.enter('Ada');
    await clock.pass(SECOND);
    return { ...tab, room, heard };
  };
  const first = await open();
  const second = await open();
  return { clock, server, keep, browser, first, second, open };
}

type Tab = Awaited<ReturnType<typeof twoTabs>>['first'];

const sent = (tab: Tab) =>
  tab.page.connections.flatMap(({ received }) => received.filter(({ type }) => type === 'send'))
    .length;

const states = (tab: Tab) => tab.room.outbox.map(({ text, state }) => `${text} ${state}`);

describe('two tabs', () => {
  test('one sends what both write, both see it, once', async () => {
    const w = await twoTabs();
    await w.second.room.send('from the second');
    expect(states(w.second)).toEqual(['from the second pending']);
    await w.clock.pass(0);
    expect(states(w.first)).toEqual(['from the second pending']);
    await w.first.room.send('from the first');
    await w.clock.pass(5 * SECOND);
    expect(w.server.log('1024').map(({ body }) => body.text)).toEqual([
      'from the second',
      'from the first',
    ]);
    expect([sent(w.first), sent(w.second)]).toEqual([2, 0]);
    expect([states(w.first), states(w.second)]).toEqual([[], []]);
    expect(await w.keep.outbox()).toEqual([]);
  });

  test('the second goes on when the first is closed', async () => {
    const w = await twoTabs();
    w.first.house.close();
    await w.second.room.send('a');
    await w.clock.pass(SECOND);
    expect(w.second.heard.texts).toEqual(['a']);
    expect(sent(w.second)).toBe(1);
  });

  test('the second takes what the first had not sent', async () => {
    const w = await twoTabs();
    w.first.page.weather = { ...w.first.page.weather, reachable: () => false };
    w.first.page.cut();
    await w.clock.pass(10);
    await w.first.room.send('a');
    await w.clock.pass(0);
    expect(states(w.second)).toEqual(['a pending']);
    w.first.house.close();
    await w.clock.pass(SECOND);
    expect(w.second.heard.texts).toEqual(['a']);
  });

  test('a first tab without a connection gives way to one that has it', async () => {
    const w = await twoTabs();
    w.first.page.weather = { ...w.first.page.weather, reachable: () => false };
    w.first.page.cut();
    await w.clock.pass(10);
    await w.second.room.send('a');
    await w.clock.pass(900);
    expect(w.server.log('1024')).toEqual([]);
    await w.clock.pass(SECOND);
    expect(w.second.heard.texts).toEqual(['a']);
    // The first tab does not show the event yet, so it still shows what was written.
    expect(states(w.first)).toEqual(['a pending']);
    w.first.page.weather = { ...w.first.page.weather, reachable: () => true };
    await w.clock.pass(30 * SECOND);
    expect(w.first.heard.texts).toEqual(['a']);
    expect(states(w.first)).toEqual([]);
    expect(sent(w.first)).toBe(0);
  });

  test('what was written while neither had a connection goes out with the first that has', async () => {
    const w = await twoTabs();
    const up = w.second.page.weather;
    for (const { page } of [w.first, w.second]) {
      page.weather = { ...up, reachable: () => false };
      page.cut();
    }
    await w.clock.pass(10);
    await w.second.room.send('a');
    await w.clock.pass(3 * SECOND);
    w.second.page.weather = up;
    w.second.house.retryNow();
    await w.clock.pass(3 * SECOND);
    expect(w.second.heard.texts).toEqual(['a']);
  });

  test('a new tab sends what is kept if the one that should does not answer', async () => {
    const w = await twoTabs();
    w.first.page.weather = { ...w.first.page.weather, reachable: () => false };
    w.first.page.cut();
    await w.first.room.send('a');
    w.second.page.kill();
    const third = await w.open();
    await w.clock.pass(2 * SECOND);
    expect(third.heard.texts).toEqual(['a']);
  });

  test('taking over again and again leaves no request behind', async () => {
    const w = await twoTabs();
    for (let i = 0; i < 4; i += 1) {
      const [away, here] = i % 2 === 0 ? [w.first, w.second] : [w.second, w.first];
      away.page.weather = { ...away.page.weather, reachable: () => false };
      here.page.weather = { ...here.page.weather, reachable: () => true };
      away.page.cut();
      here.house.retryNow();
      await w.clock.pass(SECOND);
      expect(here.house.state).toBe('live');
      await here.room.send(`${i}`);
      await w.clock.pass(3 * SECOND);
    }
    expect(w.server.log('1024').map(({ body }) => body.text)).toEqual(['0', '1', '2', '3']);
    expect(w.browser.requests).toBeLessThanOrEqual(4);
  });

  test('a refusal and a second try are seen in both', async () => {
    const w = await twoTabs();
    w.server.faults.refuse = ({ type }) => (type === 'send' ? { code: 'muted' } : undefined);
    const { cid } = await w.second.room.send('a');
    await w.clock.pass(SECOND);
    expect([states(w.first), states(w.second)]).toEqual([['a failed'], ['a failed']]);
    w.server.faults = {};
    await w.second.room.retry(cid);
    await w.clock.pass(SECOND);
    expect(w.second.heard.texts).toEqual(['a']);
    expect([states(w.first), states(w.second)]).toEqual([[], []]);
  });

  test('what one discards goes in both', async () => {
    const w = await twoTabs();
    w.server.faults.refuse = ({ type }) => (type === 'send' ? { code: 'muted' } : undefined);
    const { cid } = await w.first.room.send('a');
    await w.clock.pass(SECOND);
    await w.second.room.discard(cid);
    await w.clock.pass(SECOND);
    expect([states(w.first), states(w.second)]).toEqual([[], []]);
    expect(await w.keep.outbox()).toEqual([]);
  });
});

describe.each([
  ['without locks', new Browser({ locks: false }), { scope: 'house' }],
  ['with locks that are refused', new Browser({ refuses: true }), { scope: 'house' }],
  ['with a keep that no other tab sees', new Browser(), {}],
])('%s', (_, browser, scope) => {
  test('each tab sends for itself', async () => {
    const w = await twoTabs(browser, { ...memoryKeep(), ...scope });
    await w.second.room.send('a');
    await w.first.room.send('b');
    await w.clock.pass(5 * SECOND);
    expect(
      w.server
        .log('1024')
        .map(({ body }) => body.text)
        .sort(),
    ).toEqual(['a', 'b']);
    expect([states(w.first), states(w.second)]).toEqual([[], []]);
    expect(await w.keep.outbox()).toEqual([]);
  });
});
