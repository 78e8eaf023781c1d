// What a push service delivers while nobody looks: one notification a room, a press that leads there, and an end to
// it once it was read elsewhere.
import assert from 'node:assert/strict';
import { comeIn, composer, hears, makeRoom, roomLink, say, setUp, until } from '../acts.mjs';
import { story } from '../scene.mjs';

/** @typedef {import('playwright-core').Page} Page */

/** What one push says, as docs/api.md has it. @typedef {Record<string, string | number | boolean | object>} Word */

/**
 * Delivers a push to the worker of a page, as the browser does.
 * @param {Page} page
 * @returns {Promise<(word: Word) => Promise<void>>}
 */
async function postman(page) {
  const { origin } = new URL(page.url());
  await page.context().grantPermissions(['notifications'], { origin });
  await page.waitForFunction(() => navigator.serviceWorker.controller !== null);
  const session = await page.context().newCDPSession(page);
  /** @type {Promise<string>} */
  const found = new Promise((resolve) => {
    session.on('ServiceWorker.workerRegistrationUpdated', ({ registrations }) => {
      for (const { registrationId, scopeURL } of registrations)
        if (scopeURL === `${origin}/`) resolve(registrationId);
    });
  });
  await session.send('ServiceWorker.enable');
  const registrationId = await found;
  return async (word) => {
    const data = JSON.stringify(word);
    await session.send('ServiceWorker.deliverPushMessage', { origin, registrationId, data });
  };
}

/**
 * Waits until these notifications are shown, and no other. The worker is asked between two things that it does: while
 * Chromium begins to show one, a question for all of them makes it forget that one.
 * @param {Page} page @param {object[]} wanted
 */
async function shown(page, wanted) {
  const areShown = async (/** @type {object[]} */ expected) => {
    const scope = /** @type {any} */ (globalThis);
    /** @type {Notification[]} */
    const all = await scope.inTurn(() => scope.registration.getNotifications());
    const seen = all.map(({ title, body, tag }) => ({ title, body, tag }));
    seen.sort((a, b) => (a.tag < b.tag ? -1 : 1));
    return JSON.stringify(seen) === JSON.stringify(expected);
  };
  await until(workerOf(page), areShown, wanted);
}

/** The worker that has a page. @param {Page} page */
function workerOf(page) {
  const [worker] = page.context().serviceWorkers();
  assert.ok(worker !== undefined, 'a worker has the page');
  return worker;
}

/** No page of the house is open. */
async function isAlone() {
  const { clients } = /** @type {any} */ (globalThis);
  return (await clients.matchAll({ type: 'window', includeUncontrolled: true })).length === 0;
}

/** The last number of a room that one is in; none before. @param {string} id */
async function headOf(id) {
  const { rooms } = await (await fetch('/v1/rooms')).json();
  return rooms.find((/** @type {{id: string}} */ each) => each.id === id)?.head;
}

/** The house knows that everything there was read. @param {string} id */
async function isAllRead(id) {
  const { rooms } = await (await fetch('/v1/rooms')).json();
  const room = rooms.find((/** @type {{id: string}} */ each) => each.id === id);
  return room.unread === 0 && room.read === room.head;
}

/**
 * Presses the notification of a room. No browser lets a test press what the system shows, so the worker is told what
 * the browser would tell it; a window that it opens is noted, because only a person's press may open one.
 * @param {Page} page @param {string} tag
 */
async function press(page, tag) {
  return workerOf(page).evaluate(async (tag) => {
    const scope = /** @type {any} */ (globalThis);
    const [notification] = await scope.registration.getNotifications({ tag });
    const event = new scope.NotificationEvent('notificationclick', { notification });
    /** @type {Promise<unknown>[]} */
    const work = [];
    Object.defineProperty(event, 'waitUntil', {
      value: (/** @type {Promise<unknown>} */ done) => work.push(done),
    });
    /** @type {string[]} */
    const opened = [];
    scope.clients.openWindow = async (/** @type {string} */ address) => void opened.push(address);
    scope.dispatchEvent(event);
    await Promise.all(work);
    return opened;
  }, tag);
}

story(
  'a push shows one notification a room, leads there, and ends when it is read',
  async (scene) => {
    const { url } = scene.house;
    const [owner, ada] = [await scene.person(), await scene.person()];
    await setUp(owner, await scene.house.setUpLink());
    await makeRoom(owner, 'Garden');
    await say(owner, 'The roses are out.');
    await comeIn(ada, `${url}/r/garden`, 'Ada');
    await ada.getByRole('button', { name: 'Join' }).first().click();
    const garden = await owner.evaluate(async () => {
      const { rooms } = await (await fetch('/v1/rooms')).json();
      return String(rooms.find((/** @type {{slug: string}} */ { slug }) => slug === 'garden').id);
    });
    await ada.getByRole('button', { name: 'Join' }).waitFor({ state: 'detached' });
    const first = Number(await ada.evaluate(headOf, garden));
    await ada.goto(`${url}/r/1024`);
    await composer(ada).waitFor();
    const deliver = await postman(ada);
    const word = { kind: 'call', house: '茶馆', room: garden, name: 'Garden', direct: false };
    const roses = {
      ...word,
      count: 1,
      seq: first,
      by: { name: '馆主' },
      text: 'The roses are out.',
    };
    const tag = `room-${garden}`;
    await deliver(roses);
    await shown(ada, [{ title: '馆主 · Garden', body: 'The roses are out.', tag }]);
    // More of the same room replaces it, counted; what is older changes nothing.
    await say(owner, 'Come and see.');
    const more = { ...roses, count: 2, seq: first + 1, text: 'Come and see.' };
    const both = { title: '馆主 · Garden', body: 'Come and see.\n2 new messages', tag };
    await Promise.all([deliver(more), deliver(roses)]);
    await shown(ada, [both]);
    // What is on the screen needs no word. Who hides texts is told where and how much.
    await deliver({ ...roses, room: '1024', name: '1024' });
    await deliver({ ...word, room: 'zzz', name: 'Yard', count: 3, seq: 3 });
    await shown(ada, [both, { title: 'Yard', body: '3 new messages', tag: 'room-zzz' }]);
    // A press leads an open page there; being there closes what was told of it.
    assert.deepEqual(await press(ada, tag), []);
    await ada.getByRole('heading', { level: 1, name: 'Garden' }).waitFor();
    await hears(ada, 'Come and see.');
    await shown(ada, [{ title: 'Yard', body: '3 new messages', tag: 'room-zzz' }]);
    await until(ada, isAllRead, garden);
    // Read on another device, it ends on this one.
    await ada.goto(`${url}/r/1024`);
    await roomLink(ada, /Garden/).waitFor();
    await say(owner, 'The bees are here, too.');
    await roomLink(ada, /Garden.*New messages/).waitFor();
    // What was read before does not end it, however late the page hears of that.
    await deliver({ ...roses, seq: first + 2, text: 'The bees are here, too.' });
    const bees = { title: '馆主 · Garden', body: 'The bees are here, too.', tag };
    await shown(ada, [bees, { title: 'Yard', body: '3 new messages', tag: 'room-zzz' }]);
    const tablet = await scene.person();
    await tablet.context().addCookies(await ada.context().cookies());
    await tablet.goto(`${url}/r/garden`);
    await hears(tablet, 'The bees are here, too.');
    await shown(ada, [{ title: 'Yard', body: '3 new messages', tag: 'room-zzz' }]);
    // Where no page is open, a press opens one.
    await ada.goto('about:blank');
    await until(workerOf(ada), isAlone, undefined);
    assert.deepEqual(await press(ada, 'room-zzz'), ['/r/zzz?at=3']);
  },
);
