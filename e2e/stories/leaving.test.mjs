// Who signs out is out, and leaves nothing to the next person; whose sign-in ended finds what they had begun.
import assert from 'node:assert/strict';
import {
  comeIn,
  composer,
  hears,
  makeRoom,
  password,
  roomLink,
  say,
  setUp,
  until,
} from '../acts.mjs';
import { story } from '../scene.mjs';

/** @typedef {import('playwright-core').Page} Page */

/** This device keeps so many drafts. @param {number} count */
async function hasDrafts(count) {
  const answer = (/** @type {IDBRequest} */ request) =>
    new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  const db = await answer(indexedDB.open('teahouse'));
  const drafts = await answer(db.transaction('drafts').objectStore('drafts').count());
  db.close();
  return drafts === count;
}

/** Presses the way out, and says yes. @param {Page} page @param {string} label */
async function leave(page, label) {
  await page.getByRole('button', { name: 'You and your settings' }).click();
  await page.getByRole('button', { name: label }).click();
  await page.getByRole('button', { name: label }).click();
  await page.getByLabel('What should we call you?').waitFor();
}

/** Takes a name at the door that is open. @param {Page} page @param {string} name */
async function takesName(page, name) {
  await page.getByLabel('What should we call you?').fill(name);
  await page.getByRole('button', { name: 'Come in', exact: true }).click();
  await composer(page).waitFor();
}

/** Ends the sign-in elsewhere, while no page is open: the browser keeps its cookie. @param {Page} page @param {string} url */
async function endSignIn(page, url) {
  await page.goto('about:blank');
  const [kept] = await page.context().cookies();
  const headers = { cookie: `${kept?.name}=${kept?.value}`, 'x-teahouse': '1' };
  const ended = await fetch(`${url}/v1/signout`, { method: 'POST', headers });
  assert.equal(ended.status, 200);
}

story('who signs out without an answer is told, and is still in', async (scene) => {
  const network = await scene.network();
  const page = await scene.person();
  await comeIn(page, network.url, 'Ada');
  await page.getByRole('button', { name: 'You and your settings' }).click();
  await page.getByRole('button', { name: 'Leave the house' }).click();
  network.cut();
  const out = page.getByRole('button', { name: 'Leave the house' });
  await out.click();
  await page.getByRole('alert').getByText('You are still signed in.').waitFor();
  await composer(page).waitFor();
  network.mend();
  await out.click();
  await page.getByLabel('What should we call you?').waitFor();
  // The cookie is gone as well: nobody comes back by it.
  await page.reload();
  await page.getByLabel('What should we call you?').waitFor();
});

story('who comes next finds nothing of who signed out', async (scene) => {
  const page = await scene.person();
  await setUp(page, await scene.house.setUpLink());
  await makeRoom(page, 'Party', 'Private');
  await say(page, 'a surprise for Bob');
  await hears(page, 'a surprise for Bob');
  await roomLink(page, /^1024/).click();
  const chooser = page.waitForEvent('filechooser');
  await page.getByRole('button', { name: 'Attach files' }).click();
  const file = { name: 'guests.txt', mimeType: 'text/plain', buffer: Buffer.from('all but Bob') };
  await (await chooser).setFiles([file]);
  await page.getByText('guests.txt').waitFor();
  await composer(page).fill('not a word to Bob');
  await until(page, hasDrafts, 1);
  await page.goto(`${scene.house.url}/search?q=surprise`);
  await page.locator('.hit').waitFor();
  await page.getByText('guests.txt').waitFor();
  await leave(page, 'Sign out');

  await takesName(page, 'Bob');
  await page.getByRole('button', { name: 'Attach files' }).waitFor();
  assert.equal(await composer(page).inputValue(), '');
  assert.equal(await page.getByText(/surprise|guests\.txt/).count(), 0);
  assert.equal(await page.getByRole('searchbox', { name: 'Search messages' }).count(), 0);
  // Nor after a reload.
  await until(page, hasDrafts, 0);
  await page.reload();
  await page.getByRole('button', { name: 'Attach files' }).waitFor();
  assert.equal(await composer(page).inputValue(), '');
  assert.equal(await page.getByText('guests.txt').count(), 0);
  await page.goto(`${scene.house.url}/search`);
  await page.getByRole('searchbox', { name: 'Search messages' }).waitFor();
  assert.equal(await page.getByText('surprise').count(), 0);
});

story('whose sign-in ended meanwhile finds the draft, but only they', async (scene) => {
  const page = await scene.person();
  await setUp(page, await scene.house.setUpLink(), 'Lin');
  await say(page, 'back in a minute');
  await hears(page, 'back in a minute');
  await composer(page).fill('I was about to say');
  await until(page, hasDrafts, 1);
  await endSignIn(page, scene.house.url);
  await page.goto(`${scene.house.url}/r/1024?signin`);
  await page.getByRole('button', { name: 'Sign in with a password' }).click();
  await page.getByLabel('Name', { exact: true }).fill('Lin');
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await hears(page, 'back in a minute');
  await page.waitForFunction(
    () => document.querySelector('textarea')?.value === 'I was about to say',
  );
  // Somebody else by a name, where the page had begun with the room.
  await endSignIn(page, scene.house.url);
  await comeIn(page, scene.house.url, 'Bob');
  await hears(page, 'back in a minute');
  await page.getByRole('button', { name: 'Attach files' }).waitFor();
  assert.equal(await composer(page).inputValue(), '');
  assert.equal(await page.getByText('Something went wrong').count(), 0);
  await until(page, hasDrafts, 0);
});
