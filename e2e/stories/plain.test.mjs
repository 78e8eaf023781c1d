// The plain-text room: the page at /index, the page of the README, and the app are in one room.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { comeIn, hears, rows, say } from '../acts.mjs';
import { launch } from '../browser.mjs';
import { story } from '../scene.mjs';

const markup = '<img src=x onerror="document.title=\'broken\'"> & <b>"bold"</b>';

story('the plain page and the app meet, and markup is text', async (scene) => {
  const [plain, app] = [await scene.person(), await scene.person()];
  await plain.goto(`${scene.house.url}/index`);
  await comeIn(app, scene.house.url, 'Ada');
  await plain.getByRole('textbox').fill(markup);
  await plain.getByRole('textbox').press('Enter');
  await hears(app, markup);
  await say(app, `again: ${markup}`);
  await plain.getByText(`Ada: again: ${markup}`).waitFor();
  assert.equal(await rows(app).locator('img, b:has-text("bold")').count(), 0);
  assert.equal(await plain.locator('img, b').count(), 0);
  for (const page of [plain, app]) assert.notEqual(await page.title(), 'broken');
  const fragment = plain.getByText(`Ada: again: ${markup}`);
  assert.match((await fragment.getAttribute('style')) ?? '', /margin: ?10px;.*khaki/);
});

story('the page of the README talks from another port, in two browsers', async (scene) => {
  const site = scene.keep(await serve(await readmePage(scene.house.port)));
  const browsers = [scene.keep(await launch()), scene.keep(await launch())];
  const pages = [];
  for (const browser of browsers) pages.push(await scene.person({ in: browser }));
  for (const page of pages) await page.goto(site.url);
  const [here, there] =
    /** @type {[import('playwright-core').Page, import('playwright-core').Page]} */ (pages);
  await here.getByRole('textbox').fill('one <two> three');
  await here.getByRole('button').click();
  for (const page of pages) await page.getByText(/: one <two> three$/).waitFor();
  await there.getByRole('textbox').fill('四');
  await there.getByRole('button').click();
  for (const page of pages) await page.getByText(/: 四$/).waitFor();
  const [mine, theirs] = [await said(here), await said(there)];
  assert.deepEqual(mine, theirs);
  assert.equal(mine.length, 2);
  for (const text of mine) assert.match(text, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}: /);
  const names = new Set(mine.map((text) => text.split(':')[0]));
  assert.equal(names.size, 2, 'each connection has a name of its own');
});

/** @param {import('playwright-core').Page} page */
function said(page) {
  return page.locator('#room > div').allTextContents();
}

/** The page that the README shows, at this server's port. @param {number} port */
async function readmePage(port) {
  const readme = await readFile(new URL('../../README.md', import.meta.url), 'utf8');
  const page = /```html\n([\s\S]*?)```/.exec(readme)?.[1] ?? '';
  assert.ok(page.includes(':8888/chat'), 'the README shows a page that opens /chat');
  assert.ok(page.trim().split('\n').length <= 12, 'about ten lines are enough');
  return page.replace(':8888', `:${port}`);
}

/** @param {string} page */
async function serve(page) {
  const server = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(page);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  return {
    url: `http://127.0.0.1:${address.port}`,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
