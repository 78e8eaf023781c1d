// The past: scrolling up loads it, and what is being read does not move.
import assert from 'node:assert/strict';
import { comeIn, hears, rows, words } from '../acts.mjs';
import { story } from '../scene.mjs';

const written = 400;
const fast = { TEAHOUSE_SENDS_PER_SECOND: '100000', TEAHOUSE_SENDS_BURST: '100000' };

story(
  'scrolling up loads the past without a jump',
  async (scene) => {
    const network = await scene.network();
    const [writer, reader] = [await scene.person(), await scene.person()];
    await fill(writer, scene.house.url);
    await comeIn(reader, network.url, 'Ada');
    await hears(reader, `line ${written}`);
    const list = reader.getByRole('region', { name: words.en.messages });
    await list.hover();
    let loads = 0;
    while ((await oldest(reader)) > 1) {
      network.hold();
      await wheelToTop(reader);
      const [before, first] = [await place(reader), await oldest(reader)];
      network.release();
      await rows(reader)
        .first()
        .and(reader.locator(`:not([data-seq="${first}"])`))
        .waitFor({ state: 'attached' });
      const moved = Math.abs((await bottom(reader, before.seq)) - before.bottom);
      assert.ok(moved < 1, `row ${before.seq} moved by ${moved} px`);
      loads += 1;
    }
    assert.ok(loads > 2, `the past came in ${loads} pieces`);
  },
  fast,
);

story(
  'far back, the toolbar of a message stands beside the way to the end',
  async (scene) => {
    const [writer, reader] = [await scene.person(), await scene.person()];
    await fill(writer, scene.house.url);
    await comeIn(reader, scene.house.url, 'Ada');
    await hears(reader, `line ${written}`);
    await reader.getByRole('region', { name: words.en.messages }).hover();
    await wheelToTop(reader, true);
    const pill = reader.getByRole('button', { name: /^Latest/ });
    await pill.waitFor();
    const { y, height } = (await pill.boundingBox()) ?? assert.fail('the pill is there');
    // Along the pill, row by row, left of it.
    for (let at = y - 8; at < y + height + 12; at += 12) {
      await reader.mouse.move(500, at);
      const tools = reader.getByRole('toolbar', { name: 'What to do with this message' });
      await tools.waitFor();
      const [own, other] = [await tools.boundingBox(), await pill.boundingBox()];
      assert.ok(own !== null && other !== null);
      const apart =
        own.x + own.width <= other.x ||
        own.y + own.height <= other.y ||
        own.y >= other.y + other.height;
      assert.ok(apart, `with the mouse at ${at} both can be pressed`);
    }
  },
  fast,
);

/** Writes many lines through the plain-text room. @param {import('playwright-core').Page} page @param {string} url */
async function fill(page, url) {
  await page.goto(`${url}/index`);
  await page.evaluate((count) => {
    const socket = new WebSocket(`ws://${location.host}/chat`);
    socket.onopen = () => {
      for (let line = 1; line <= count; line += 1) socket.send(`line ${line}`);
    };
  }, written);
  await page.getByText(new RegExp(`: line ${written}$`)).waitFor();
}

/** The lowest number in the list. @param {import('playwright-core').Page} page */
async function oldest(page) {
  return Number(await rows(page).first().getAttribute('data-seq'));
}

/**
 * Turns the wheel until nothing is above, and waits until the list is at rest. Where more comes from above meanwhile,
 * any rest will do. The end of an earlier scroll may be told only now: it is not at the top.
 * @param {import('playwright-core').Page} page @param {boolean} [more]
 */
async function wheelToTop(page, more = false) {
  const rest = await page.evaluateHandle((more) => {
    const box = document.querySelector('#messages');
    return {
      promise: new Promise((done) => {
        box?.addEventListener('scrollend', () => {
          const above = box.scrollHeight - box.clientHeight + box.scrollTop;
          if (more || above < 1) done(undefined);
        });
      }),
    };
  }, more);
  await page.mouse.wheel(0, -100_000);
  await rest.evaluate(({ promise }) => promise.then(() => undefined));
}

/**
 * The first row that is wholly on the screen, and where its last line ends: its head goes when older rows of the
 * same person come before it.
 * @param {import('playwright-core').Page} page
 */
function place(page) {
  return rows(page).evaluateAll((all) => {
    const frame = all[0]?.closest('section')?.getBoundingClientRect().top ?? 0;
    const row = all.find((one) => one.getBoundingClientRect().top >= frame);
    return {
      seq: row?.getAttribute('data-seq') ?? '',
      bottom: row?.getBoundingClientRect().bottom ?? 0,
    };
  });
}

/** @param {import('playwright-core').Page} page @param {string} seq */
async function bottom(page, seq) {
  return page
    .locator(`article[data-seq="${seq}"]`)
    .evaluate((row) => row.getBoundingClientRect().bottom);
}
