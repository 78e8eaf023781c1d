// The app without a network: it opens with what was seen, takes what is written, and goes on.
import assert from 'node:assert/strict';
import {
  agree,
  comeIn,
  composer,
  hears,
  makeRoom,
  reloadOffline,
  roomLink,
  rows,
  say,
  setUp,
  shows,
  texts,
  unsent,
  until,
} from '../acts.mjs';
import { story } from '../scene.mjs';

/** @typedef {import('playwright-core').Page} Page */

/** Whether this device keeps that text of a room. @param {{text: string, isKept: boolean}} what */
async function isKept({ text, isKept }) {
  // Opening it would make it.
  const names = (await indexedDB.databases()).map(({ name }) => name);
  if (!names.includes('teahouse-kept')) return !isKept;
  const answer = (/** @type {IDBRequest} */ request) =>
    new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  const db = await answer(indexedDB.open('teahouse-kept'));
  const stores = [...db.objectStoreNames];
  if (!stores.includes('rooms')) return false;
  const rooms = await answer(db.transaction('rooms').objectStore('rooms').getAll());
  db.close();
  return JSON.stringify(rooms).includes(text) === isKept;
}

/** Waits until this device keeps that text. @param {Page} page @param {string} text */
async function keeps(page, text) {
  await until(page, isKept, { text, isKept: true });
}

/** Waits until this device keeps that text no more. @param {Page} page @param {string} text */
async function forgets(page, text) {
  await until(page, isKept, { text, isKept: false });
}

/** The worker has the page. @param {Page} page */
async function isInstalled(page) {
  await page.waitForFunction(() => navigator.serviceWorker.controller !== null);
}

/** Asks the house as the person on the page. @param {Page} page @param {string} method @param {string} path */
async function ask(page, method, path) {
  const status = await page.evaluate(
    async ([method, path]) => {
      const headers = { 'x-teahouse': '1', 'content-type': 'application/json' };
      const body = method === 'POST' ? '{}' : null;
      return (await fetch(String(path), { method: String(method), headers, body })).status;
    },
    [method, path],
  );
  assert.ok(status < 300, `${method} ${path} answered ${status}`);
}

story('without a network the page opens with what was seen, and goes on', async (scene) => {
  const network = await scene.network();
  const [ada, xiaoman] = [await scene.person(), await scene.person()];
  await comeIn(ada, network.url, 'Ada');
  await comeIn(xiaoman, scene.house.url, '小满');
  await say(xiaoman, '茶好了');
  await hears(ada, '茶好了');
  await isInstalled(ada);
  await keeps(ada, '茶好了');
  network.cut();
  await ada.context().setOffline(true);
  await reloadOffline(ada);
  await hears(ada, '茶好了');
  await ada.getByText(/^As of \d\d:\d\d$/).waitFor();
  await ada.getByText('You are offline. Messages will go out when you are back.').waitFor();
  await ada.getByRole('link', { name: '1024' }).first().waitFor();
  for (const text of ['from the tunnel', 'still dark']) await say(ada, text);
  await unsent(ada).nth(1).waitFor();
  for (const text of ['还在吗？', '给你留了座']) await say(xiaoman, text);
  await shows(xiaoman, 3);
  // Once more: what was written without a network is in its place, too.
  await reloadOffline(ada);
  await hears(ada, '茶好了');
  await unsent(ada).nth(1).waitFor();
  network.mend();
  await ada.context().setOffline(false);
  const seen = await shows(ada, 5);
  agree(seen, await shows(xiaoman, 5));
  assert.deepEqual(seen, ['茶好了', '还在吗？', '给你留了座', 'from the tunnel', 'still dark']);
  await ada.getByText(/^As of /).waitFor({ state: 'detached' });
  await unsent(ada).first().waitFor({ state: 'detached' });
  // And it goes on, in both directions.
  await say(ada, 'out of it');
  await say(xiaoman, '好的');
  agree(await shows(ada, 7), await shows(xiaoman, 7));
});

story('what is deleted, and what was seen by who left, is not kept', async (scene) => {
  const page = await scene.person();
  await comeIn(page, scene.house.url, 'Ada');
  await say(page, 'a slip of the tongue');
  await hears(page, 'a slip of the tongue');
  await keeps(page, 'a slip of the tongue');
  const seq = await rows(page).first().getAttribute('data-seq');
  await ask(page, 'DELETE', `/v1/rooms/1024/messages/${seq}`);
  await forgets(page, 'a slip of the tongue');
  await say(page, 'something else');
  await keeps(page, 'something else');
  await ask(page, 'POST', '/v1/signout');
  await page.getByRole('dialog').waitFor();
  await forgets(page, 'something else');
  assert.equal(await composer(page).count(), 1);
});

story('what was deleted or closed meanwhile is forgotten on return', async (scene) => {
  const network = await scene.network();
  const [owner, guest] = [await scene.person(), await scene.person()];
  await setUp(owner, await scene.house.setUpLink());
  await makeRoom(owner, 'Garden');
  await say(owner, 'the roses are out');
  await hears(owner, 'the roses are out');
  const slip = await rows(owner).last().getAttribute('data-seq');
  await makeRoom(owner, 'News');
  await say(owner, 'closed on Monday');
  await comeIn(guest, `${network.url}/r/garden`, 'Ada');
  await keeps(guest, 'the roses are out');
  await guest.goto(`${network.url}/r/news`);
  await keeps(guest, 'closed on Monday');
  await isInstalled(guest);
  network.cut();
  await guest.context().setOffline(true);
  const garden = await owner.evaluate(async () => {
    const { rooms } = await (await fetch('/v1/rooms')).json();
    return rooms.find((/** @type {{slug: string}} */ { slug }) => slug === 'garden').id;
  });
  await ask(owner, 'DELETE', `/v1/rooms/${garden}/messages/${slip}`);
  await owner.goto(`${scene.house.url}/r/news/settings/who`);
  const saved = owner.waitForResponse((answer) => answer.request().method() === 'PATCH');
  await owner.getByLabel('Who may come in and read').selectOption({ label: 'Members, no guests' });
  assert.equal((await saved).status(), 200);
  // Until then it is as it was seen.
  await guest.goto(`${network.url}/r/garden`);
  await hears(guest, 'the roses are out');
  await roomLink(guest, /1024/).click();
  network.mend();
  await guest.context().setOffline(false);
  await guest.getByText(/^As of /).waitFor({ state: 'detached' });
  await forgets(guest, 'the roses are out');
  await forgets(guest, 'closed on Monday');
  assert.deepEqual(await texts(guest), []);
});
