// Everybody can use it: axe finds nothing on the door and in the room, by day and by night, wide and on a phone.
import assert from 'node:assert/strict';
import { choose, comeIn, hears, reloadOffline, rows, say, setUp, until } from '../acts.mjs';
import { content } from '../axe.mjs';
import { story } from '../scene.mjs';

const sizes = { wide: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } };

/** @type {[string, string][]} */
const pages = [
  ['/rooms?all', 'Browse all rooms'],
  ['/r/1024/settings/about', 'About'],
  ['/r/1024/settings/who', 'Who may'],
  ['/r/1024/settings/people', 'People'],
  ['/r/1024/settings/invites', 'Invites'],
  ['/settings/you', 'You'],
  ['/settings/devices', 'Devices and sign-in'],
  ['/settings/look', 'Look'],
  ['/settings/notifications', 'Notifications'],
  ['/settings/composer', 'Composer'],
  ['/settings/access', 'Accessibility'],
  ['/settings/transport', 'Transport'],
  ['/settings/data', 'Data'],
  ['/settings/about', 'About'],
  ['/admin/now', 'Now'],
  ['/admin/people', 'People'],
  ['/admin/rooms', 'Rooms'],
  ['/admin/reports', 'Reports'],
  ['/admin/bans', 'Bans'],
  ['/admin/settings', 'Settings'],
  ['/admin/log', 'Log'],
];

/** What other screens say without a network. @type {[string, RegExp][]} */
const offline = [
  ['/you', /did not come/],
  ['/settings/notifications', /Try again/],
  ['/rooms?all', /Browse all rooms/],
];

for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
  for (const [size, viewport] of Object.entries(sizes)) {
    story(`axe is content, ${colorScheme} and ${size}`, async (scene) => {
      const page = await scene.person({ colorScheme, viewport });
      await page.goto(scene.house.url);
      await page.getByLabel('What should we call you?').waitFor();
      await content(page, 'the door');
      await comeIn(page, scene.house.url, 'Ada');
      await say(page, 'Hello 你好 https://example.org');
      await hears(page, 'Hello');
      assert.equal(await page.locator('html').getAttribute('data-theme'), colorScheme);
      await content(page, 'the room');
      await page.goto(`${scene.house.url}/lab`);
      await page.locator('.time-dot.late').nth(1).waitFor({ state: 'attached' });
      await page.getByText('The figures as a table').click();
      await content(page, 'the lab');
      await page.getByRole('button', { name: 'How it is measured' }).click();
      await content(page, 'how the lab measures');
    });
  }
}

for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
  for (const [size, viewport] of Object.entries(sizes)) {
    story(`axe is content inside, ${colorScheme} and ${size}`, async (scene) => {
      // Colours are looked at when they have come, not on their way.
      const page = await scene.person({ colorScheme, viewport, reducedMotion: 'reduce' });
      const link = await scene.house.setUpLink();
      await page.goto(link);
      await page.getByLabel('Your name').waitFor();
      await content(page, 'setting up');
      await setUp(page, link);
      await say(page, 'Hello.');
      await hears(page, 'Hello.');
      await choose(page, 'Hello.', 'Delete', () => content(page, 'the menu of a message'));
      await content(page, 'deleting');
      await page.keyboard.press('Escape');
      await rows(page).first().getByRole('button', { name: '馆主' }).click();
      await page.getByRole('dialog', { name: '馆主' }).waitFor();
      await content(page, 'a card');
      await page.keyboard.press('Escape');
      for (const [address, heading] of pages) {
        await page.goto(`${scene.house.url}${address}`);
        await page.getByRole('heading', { level: 1, name: heading }).waitFor();
        await page.waitForLoadState('networkidle');
        await content(page, address);
      }
    });
  }
}

for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
  for (const [size, viewport] of Object.entries(sizes)) {
    story(
      `axe is content with what was said to you, and offline, ${colorScheme} and ${size}`,
      async (scene) => {
        const network = await scene.network();
        const owner = await scene.person();
        await setUp(owner, await scene.house.setUpLink());
        const page = await scene.person({ colorScheme, viewport, reducedMotion: 'reduce' });
        await comeIn(page, network.url, 'Ada');
        await say(page, 'Hello 你好');
        await hears(page, 'Hello');
        await page.goto(`${network.url}/you`);
        await page.getByText('Nothing for you yet.').waitFor();
        await content(page, 'For you, empty');
        const id = await page.evaluate(async () => (await (await fetch('/v1/me')).json()).you.id);
        await say(owner, `The water is hot, <@${id}>.`);
        await page.getByRole('link', { name: /馆主 mentioned you/ }).waitFor();
        await content(page, 'For you');
        await page.waitForFunction(() => navigator.serviceWorker.controller !== null);
        await page.goto(`${network.url}/r/1024`);
        await hears(page, 'The water is hot');
        await until(page, isKept, 'The water is hot');
        network.cut();
        await page.context().setOffline(true);
        await reloadOffline(page);
        await hears(page, 'The water is hot');
        await page.getByText(/^As of /).waitFor();
        await say(page, 'from the tunnel');
        await page.getByText('Waiting for the connection').waitFor();
        await content(page, 'the room without a network');
        for (const [address, text] of offline) {
          await page.goto(`${network.url}${address}`);
          await page.getByText(text).first().waitFor();
          await content(page, `${address} without a network`);
        }
      },
    );
  }
}

/** That text is kept on this device. @param {string} text */
async function isKept(text) {
  const answer = (/** @type {IDBRequest} */ request) =>
    new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  const names = (await indexedDB.databases()).map(({ name }) => name);
  if (!names.includes('teahouse-kept')) return false;
  const db = await answer(indexedDB.open('teahouse-kept'));
  const rooms = await answer(db.transaction('rooms').objectStore('rooms').getAll());
  db.close();
  return JSON.stringify(rooms).includes(text);
}
