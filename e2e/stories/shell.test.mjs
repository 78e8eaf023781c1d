// The shell is on the device: the list of its files is right, and every screen begins without a network.
import assert from 'node:assert/strict';
import { comeIn } from '../acts.mjs';
import { story } from '../scene.mjs';

/** The files that the worker keeps. @param {string} url */
async function files(url) {
  const answer = await fetch(`${url}/worker.js`);
  assert.equal(answer.status, 200);
  const [, list = ''] = /^const FILES = (.*);$/m.exec(await answer.text()) ?? [];
  return /** @type {string[]} */ (JSON.parse(list));
}

story(
  'every file that the worker keeps is there, and every file that one names is kept',
  async (scene) => {
    const { url } = scene.house;
    const kept = await files(url);
    assert.ok(kept.length > 30, `the worker keeps only ${kept.length} files`);
    const types = { js: 'javascript', css: 'text/css', svg: 'image/svg', png: 'image/png' };
    let names = 0;
    for (const file of kept) {
      const answer = await fetch(`${url}${file}`);
      assert.equal(answer.status, 200, file);
      const text = await answer.text();
      const [, ending = ''] = /\.(js|css|svg|png)$/.exec(file) ?? [];
      const type = /** @type {Record<string, string>} */ (types)[ending];
      const said = answer.headers.get('content-type') ?? '';
      // A house answers an address that it does not know with the page.
      if (type !== undefined) assert.ok(said.includes(type), `${file} is ${said}`);
      const named =
        text.match(/(?<=["'`(/])(?:assets\/)?[\w.~-]+-[\w-]{7}\.(?:js|css)(?=["'`)])/g) ?? [];
      for (const name of named) {
        names += 1;
        assert.ok(kept.includes(`/assets/${name.replace('assets/', '')}`), `${file} names ${name}`);
      }
    }
    assert.ok(names > kept.length, `only ${names} names were found in the files`);
  },
);

story('every screen begins from the device alone', async (scene) => {
  const network = await scene.network();
  const page = await scene.person();
  await comeIn(page, network.url, 'Ada');
  await page.waitForFunction(() => navigator.serviceWorker.controller !== null);
  // What the browser keeps by itself may go at any time: only the worker's own files count.
  const session = await page.context().newCDPSession(page);
  await session.send('Network.clearBrowserCache');
  network.cut();
  await page.context().setOffline(true);
  /** @type {string[]} */
  const missed = [];
  page.on('requestfailed', (request) => {
    const { pathname } = new URL(request.url());
    // What was still on its way when the page went on is not missed.
    const why = request.failure()?.errorText;
    if (pathname.startsWith('/v1/') || why === 'net::ERR_ABORTED') return;
    missed.push(`${pathname} on ${page.url()}: ${why}`);
  });
  const screens = {
    '/': '1024',
    '/r/1024': '1024',
    '/rooms?all': 'Browse all rooms',
    '/you': 'For you',
    '/search?q=tea': 'Search',
    '/settings/notifications': 'Notifications',
    '/settings/look': 'Look',
    '/lab': 'Transport lab',
  };
  for (const [address, heading] of Object.entries(screens)) {
    await page.goto(`${network.url}${address}`);
    await page.getByRole('heading', { name: heading }).first().waitFor();
  }
  assert.deepEqual(missed, []);
});
