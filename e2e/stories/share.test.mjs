// The app on a device: what the browser says of it, and what another app shares with it.
import assert from 'node:assert/strict';
import { comeIn, composer, hears, makeRoom, rows, say, setUp, until } from '../acts.mjs';
import { story } from '../scene.mjs';

/** @typedef {import('playwright-core').Page} Page */

/** The worker has the page. @param {Page} page */
async function isInstalled(page) {
  await page.waitForFunction(() => navigator.serviceWorker.controller !== null);
}

/**
 * Shares as the system does: a form that is posted to the address of the manifest.
 * @param {Page} page @param {Record<string, string>} said @param {{name: string, type: string}} [file]
 */
async function share(page, said, file) {
  await page.evaluate(
    ({ said, file }) => {
      const form = document.createElement('form');
      Object.assign(form, { method: 'post', action: '/share', enctype: 'multipart/form-data' });
      for (const [name, value] of Object.entries(said)) {
        const field = document.createElement('input');
        form.append(Object.assign(field, { name, value }));
      }
      if (file !== undefined) {
        const files = new DataTransfer();
        files.items.add(new File(['茶'], file.name, { type: file.type }));
        const field = document.createElement('input');
        Object.assign(field, { type: 'file', name: 'files', files: files.files });
        form.append(field);
      }
      document.body.append(form);
      form.submit();
    },
    { said, ...(file !== undefined && { file }) },
  );
}

/** That text is a draft on this device. @param {string} text */
async function isKept(text) {
  const answer = (/** @type {IDBRequest} */ request) =>
    new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  const db = await answer(indexedDB.open('teahouse'));
  const drafts = await answer(db.transaction('drafts').objectStore('drafts').getAll());
  db.close();
  return JSON.stringify(drafts).includes(text);
}

/** Where it goes. @param {Page} page */
function where(page) {
  return page.getByRole('dialog', { name: 'Share to…' });
}

story('the browser can install the app', async (scene) => {
  const page = await scene.person();
  await comeIn(page, scene.house.url, 'Ada');
  await isInstalled(page);
  const session = await page.context().newCDPSession(page);
  const { url, errors, data } = await session.send('Page.getAppManifest');
  assert.equal(url, `${scene.house.url}/manifest.webmanifest`);
  assert.deepEqual(errors, []);
  assert.ok(data?.includes('share_target'));
  const { installabilityErrors } = await session.send('Page.getInstallabilityErrors');
  const ids = installabilityErrors.map(({ errorId }) => errorId);
  // A test has a profile of its own, in which nothing is ever installed.
  assert.deepEqual(
    ids.filter((id) => id !== 'in-incognito'),
    [],
  );
});

story('what another app shares goes to the room that one chooses', async (scene) => {
  const page = await scene.person();
  await setUp(page, await scene.house.setUpLink());
  await makeRoom(page, 'Garden');
  await page.getByRole('link', { name: '1024' }).first().click();
  await composer(page).fill('look at this:');
  await until(page, isKept, 'look at this:');
  await isInstalled(page);
  await share(
    page,
    { title: 'Tea', text: 'https://tea.test/roses', url: 'https://tea.test/roses' },
    { name: '茶.txt', type: 'text/plain' },
  );
  await where(page).waitFor();
  await page.keyboard.type('gard');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 1, name: 'Garden' }).waitFor();
  const wanted = 'Tea\nhttps://tea.test/roses';
  await page.waitForFunction((text) => document.querySelector('textarea')?.value === text, wanted);
  await page.getByRole('list', { name: 'Attached files' }).getByText('茶.txt').waitFor();
  await composer(page).press('Enter');
  await hears(page, 'https://tea.test/roses');
  await rows(page).getByText('茶.txt').first().waitFor();
  // It has its place: nobody is asked again, and what was written elsewhere is as it was.
  await page.reload();
  await hears(page, 'https://tea.test/roses');
  await page.getByRole('link', { name: '1024' }).first().click();
  await page.waitForFunction(
    (text) => document.querySelector('textarea')?.value === text,
    'look at this:',
  );
  assert.equal(await where(page).count(), 0);
  // To the room that is open: after what is written there.
  await share(page, { url: 'https://tea.test/bees' });
  await where(page).waitFor();
  await page.getByRole('option', { name: /1024/ }).first().click();
  await page.waitForFunction(
    (text) => document.querySelector('textarea')?.value === text,
    'look at this:\nhttps://tea.test/bees',
  );
  // Who does not want it closes it, and it is gone.
  await share(page, { url: 'https://tea.test/wasps' });
  await where(page).waitFor();
  await page.keyboard.press('Escape');
  await where(page).waitFor({ state: 'detached' });
  await page.waitForFunction(() => navigator.serviceWorker.controller !== null);
  await say(page, '好的');
  await hears(page, '好的');
  assert.equal(await page.evaluate(() => caches.has('shared')), false);
});
