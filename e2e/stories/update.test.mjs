// A newer version of the app is offered, never forced, and nothing that was written is lost on the way.
import assert from 'node:assert/strict';
import { comeIn, composer, hears, say, until } from '../acts.mjs';
import { story } from '../scene.mjs';

/** The chip. @param {import('playwright-core').Page} page */
function chip(page) {
  return page.getByRole('region', { name: 'A new version is here.' });
}

/** Which version has the page. @param {import('playwright-core').Page} page */
function versions(page) {
  return page.evaluate(() => caches.keys());
}

story('a newer version waits for a press; drafts survive it', async (scene) => {
  const proxy = await scene.proxy({});
  const page = await scene.person();
  await comeIn(page, proxy.url, 'Ada');
  const other = await page.context().newPage();
  await other.goto(proxy.url);
  await say(page, '茶好了');
  await hears(page, '茶好了');
  await page.waitForFunction(() => navigator.serviceWorker.controller !== null);
  await other.waitForFunction(() => navigator.serviceWorker.controller !== null);
  const [before] = await versions(page);
  for (const each of [page, other]) {
    await each.evaluate(() => {
      Object.assign(globalThis, { sinceBefore: true });
    });
  }
  await composer(page).fill('half a sentence');
  // The house comes back as a newer one.
  proxy.rule({ version: 'newer' });
  await chip(page).waitFor();
  await chip(other).waitFor();
  assert.ok(await page.evaluate('sinceBefore'), 'nothing happens before a press');
  assert.deepEqual(await versions(page), [before, 'shell-newer']);
  await chip(page).getByRole('button', { name: 'Reload' }).click();
  await page.waitForFunction(() => !('sinceBefore' in globalThis));
  await hears(page, '茶好了');
  await page.waitForFunction((text) => {
    const field = /** @type {HTMLTextAreaElement | null} */ (document.querySelector('textarea'));
    return field?.value === text;
  }, 'half a sentence');
  assert.equal(await chip(page).count(), 0);
  // The other tab was not asked: it is as it was, and still finds its own files.
  assert.ok(await other.evaluate('sinceBefore'));
  await until(other, async () => (await caches.keys()).length === 2, undefined);
  await chip(other).getByRole('button', { name: 'Not now' }).click();
  await chip(other).waitFor({ state: 'detached' });
  assert.ok(await other.evaluate('sinceBefore'));
});
