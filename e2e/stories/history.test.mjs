// The past: scrolling up loads it, and what is being read does not move.
import assert from 'node:assert/strict';
import { comeIn, hears, rows, words } from '../acts.mjs';
import { story } from '../scene.mjs';

const written = 400;
const fast = { TEAHOUSE_SENDS_PER_SECOND: '100000', TEAHOUSE_SENDS_BURST: '100000' };

story('scrolling up loads the past without a jump', async (scene) => {
  const network = await scene.network();
  const [writer, reader] = [await scene.person(), await scene.person()];
  await fill(writer, scene.house.url);
  await comeIn(reader, network.url, 'Ada');
  await hears(reader, `line ${written}`);
  const list = reader.getByRole('region', { name: words.en.messages });
  await list.hover();
  let loads = 0;
  while ((await rows(reader).filter({ hasText: /^\D*line 1\D/ }).count()) === 0) {
    network.hold();
    await reader.mouse.wheel(0, -100_000);
    const before = await place(reader);
    const count = await rows(reader).first().getAttribute('data-seq');
    network.release();
    if (count === '1') break;
    await rows(reader).and(reader.locator(`:not([data-seq="${count}"])`)).first().waitFor();
    assert.ok(Math.abs((await top(reader, before.seq)) - before.top) < 1, `row ${before.seq} stays where it is`);
    loads += 1;
  }
  assert.ok(loads > 2, `the past came in ${loads} pieces`);
}, fast);

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

/** The first row that is wholly on the screen. @param {import('playwright-core').Page} page */
function place(page) {
  return rows(page).evaluateAll((all) => {
    const frame = all[0]?.closest('section')?.getBoundingClientRect().top ?? 0;
    const row = all.find((one) => one.getBoundingClientRect().top >= frame);
    return { seq: row?.getAttribute('data-seq') ?? '', top: row?.getBoundingClientRect().top ?? 0 };
  });
}

/** @param {import('playwright-core').Page} page @param {string} seq */
async function top(page, seq) {
  return page.locator(`article[data-seq="${seq}"]`).evaluate((row) => row.getBoundingClientRect().top);
}
