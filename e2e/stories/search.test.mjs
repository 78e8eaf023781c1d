// What was said is found again: one character of it, by whom, where, when and with what; and one gets there.
import assert from 'node:assert/strict';
import {
  choose,
  comeIn,
  composer,
  hears,
  makeRoom,
  rows,
  say,
  setUp,
  until,
  words,
} from '../acts.mjs';
import { story } from '../scene.mjs';

/** @typedef {import('playwright-core').Page} Page */

const fast = { TEAHOUSE_SENDS_PER_SECOND: '100000', TEAHOUSE_SENDS_BURST: '100000' };

/** Waits until the house has put everything into its index. @param {Page} page @param {string} word that the last message has */
async function indexed(page, word) {
  const isThere = async (/** @type {string} */ q) => {
    const answer = await fetch(`/v1/search?q=${encodeURIComponent(q)}`);
    const { hits, indexing } = await answer.json();
    return hits.length > 0 && indexing !== true;
  };
  await until(page, isThere, word);
}

/** Opens the search with its key and asks. @param {Page} page @param {string} text */
async function look(page, text) {
  const field = page.getByRole('searchbox', { name: 'Search messages' });
  if ((await field.count()) === 0) {
    await page.locator('[aria-keyshortcuts="Control+K"]').waitFor();
    await page.keyboard.press('Control+Shift+f');
  }
  await field.fill(text);
  await field.press('Enter');
}

/** Waits until exactly these are found, newest first. @param {Page} page @param {string[]} wanted */
async function finds(page, wanted) {
  await page.waitForFunction(
    (expected) => {
      const texts = [...document.querySelectorAll('.hit .hit-text')].map((hit) => hit.textContent);
      return JSON.stringify(texts) === JSON.stringify(expected);
    },
    wanted,
    { polling: 'raf' },
  );
}

/** What is marked in the hits. @param {Page} page */
function marked(page) {
  return page.locator('.hit mark').allTextContents();
}

/** The text of the row that is lit because one jumped there. @param {Page} page */
async function lit(page) {
  const row = page.locator('article.lit');
  await row.waitFor();
  return row.locator('.message-text').textContent();
}

story('words, one character, and every filter find what was said', async (scene) => {
  const [owner, ada] = [await scene.person(), await scene.person()];
  await setUp(owner, await scene.house.setUpLink());
  await makeRoom(owner, 'Garden');
  await comeIn(ada, `${scene.house.url}/r/garden`, 'Ada');
  await say(ada, '我们在茶馆见面');
  await hears(owner, '我们在茶馆见面');
  await say(owner, 'The Teahouse 茶馆 opens at nine: https://example.org/tea');
  await hears(ada, 'opens at nine');
  await say(ada, '```js\nlet kettle = 1;\n```');
  await hears(ada, 'let kettle');
  await owner.goto(`${scene.house.url}/r/1024`);
  await say(owner, '明天喝茶');
  await hears(owner, '明天喝茶');
  await indexed(owner, '明天喝茶');
  const meet = '我们在茶馆见面';
  const opens = 'The Teahouse 茶馆 opens at nine: https://example.org/tea';
  await look(owner, '茶馆');
  await finds(owner, [opens, meet]);
  assert.deepEqual(await marked(owner), ['茶馆', '茶馆']);
  await look(owner, '茶');
  await finds(owner, ['明天喝茶', opens, meet]);
  await owner.getByRole('status').filter({ hasText: '3 messages with “茶”' }).waitFor();
  await look(owner, 'teahouse 茶');
  await finds(owner, [opens]);
  await look(owner, 'in:Garden 茶');
  await finds(owner, [opens, meet]);
  await look(owner, 'from:Ada 茶');
  await finds(owner, [meet]);
  await owner.getByRole('button', { name: 'Take away: from Ada' }).click();
  await finds(owner, ['明天喝茶', opens, meet]);
  await owner.getByRole('button', { name: 'With links' }).click();
  await finds(owner, [opens]);
  await look(owner, 'has:code');
  await finds(owner, ['let kettle = 1;']);
  await look(owner, 'after:2020-01-01 见面');
  await finds(owner, [meet]);
  assert.match(owner.url(), /\/search\?q=after/);
  await owner.reload();
  await finds(owner, [meet]);
});

story('what is not found says why, and is looked for more widely', async (scene) => {
  const page = await scene.person();
  await comeIn(page, scene.house.url, 'Ada');
  await say(page, '我们在茶馆见面');
  await hears(page, '茶馆');
  await indexed(page, '茶馆');
  await look(page, 'before:2020-01-01 from:Ada in:1024 茶馆');
  await page.getByText('No messages with “茶馆”.').waitFor();
  await page.getByRole('button', { name: 'every date' }).click();
  await finds(page, ['我们在茶馆见面']);
  await look(page, 'from:Nobody 茶馆');
  await page.getByText('Nobody known here is called “Nobody”.').waitFor();
  await look(page, 'after:2020-01-01');
  await page.getByText('A date alone finds everything').waitFor();
  await look(page, 'coffee');
  await page.getByText('No messages with “coffee”.').waitFor();
  // What is taken out of a message, and what is deleted, is not found any more.
  await choose(page, '茶馆', 'Delete');
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await page.getByText('Message deleted', { exact: true }).waitFor();
  await look(page, '茶馆');
  await page.getByText('No messages with “茶馆”.').waitFor();
});

story(
  'from a hit to its message, far back, and from hit to hit',
  async (scene) => {
    const page = await scene.person({ viewport: { width: 1440, height: 900 } });
    await fill(page, scene.house.url, 400);
    await comeIn(page, scene.house.url, 'Ada');
    await hears(page, 'line 400');
    await indexed(page, '400');
    await look(page, 'line 77');
    await page.locator('.hit').first().filter({ hasText: 'line 77' }).waitFor();
    await page.keyboard.press('ArrowDown');
    await page.locator('.hit:focus').waitFor();
    await page.keyboard.press('Enter');
    assert.equal(await lit(page), 'line 77');
    assert.match(page.url(), /at=\d+&search=line\+77$/);
    // The list stays beside the room, and arrows go on in it and back to the field.
    await look(page, 'line');
    await page.locator('.hit').nth(3).waitFor();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    assert.equal(await page.locator('.hit').nth(1).and(page.locator(':focus')).count(), 1);
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('ArrowUp');
    await page.locator('#search-field:focus').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('complementary', { name: 'Search' }).waitFor({ state: 'detached' });
  },
  fast,
);

story('a phone searches on a screen of its own', async (scene) => {
  const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
  const page = await scene.person({ ...phone, locale: 'zh-CN' });
  await comeIn(page, scene.house.url, '小满', words.zh);
  await say(page, '我们在茶馆见面', words.zh);
  await page.getByRole('button', { name: words.zh.send, exact: true }).tap();
  await hears(page, '茶馆');
  await indexed(page, '茶馆');
  await page.goto(`${scene.house.url}/search`);
  await page.getByRole('searchbox', { name: '搜索消息' }).fill('茶');
  await finds(page, ['我们在茶馆见面']);
  const box = await page.getByRole('complementary', { name: '搜索' }).boundingBox();
  assert.equal(box?.width, 390);
  await page.locator('.hit').tap();
  assert.equal(await lit(page), '我们在茶馆见面');
  await page.goBack();
  await finds(page, ['我们在茶馆见面']);
});

story(
  'to a day, by the menu of the room and by the date over the list',
  async (scene) => {
    const [page, later] = [await scene.person(), await scene.person()];
    await fill(page, scene.house.url, 400);
    await comeIn(page, scene.house.url, 'Ada');
    await hears(page, 'line 400');
    await jumpToDate(page, 'The beginning of the room');
    assert.equal(await lit(page), 'line 1');
    await page.getByRole('button', { name: /^Latest/ }).click();
    await hears(page, 'line 400');
    // What stands at that day is what the house says.
    const day = new Date();
    day.setHours(0, 0, 0, 0);
    const { seq } = await (await fetch(`${scene.house.url}/v1/rooms/1024/at?ms=${+day}`)).json();
    await page.locator('#messages').hover();
    await page.mouse.wheel(0, -400);
    await page.locator('.floating-date').click();
    await page
      .getByRole('dialog', { name: 'Jump to a date' })
      .getByRole('button', { name: 'Jump' })
      .click();
    await page.locator(`article.lit[data-seq="${seq}"]`).waitFor();
    // For somebody who comes three days later, nothing was said since yesterday: the last message is next to it.
    await later.clock.install({ time: Date.now() + 3 * 86_400_000 });
    await comeIn(later, `${scene.house.url}/r/1024?at=5`, 'Ben');
    assert.equal(await lit(later), 'line 5');
    await jumpToDate(later, 'Yesterday');
    await later.locator('article.lit').filter({ hasText: 'line 400' }).waitFor();
  },
  fast,
);

story(
  'a link to a message leads to it',
  async (scene) => {
    const [page, other] = [await scene.person(), await scene.person()];
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await fill(page, scene.house.url, 300);
    await comeIn(page, scene.house.url, 'Ada');
    await hears(page, 'line 300');
    await jumpToDate(page, 'The beginning of the room');
    await choose(page, 'line 12', 'Copy link');
    const link = await page.evaluate(() => navigator.clipboard.readText());
    assert.match(link, /\/r\/1024\?at=\d+$/);
    await comeIn(other, link, 'Ben');
    assert.equal(await lit(other), 'line 12');
    await composer(other).waitFor();
    assert.ok((await rows(other).count()) < 200, 'what lies between is not fetched');
  },
  fast,
);

/** @param {Page} page @param {string} where the button of the dialog */
async function jumpToDate(page, where) {
  await page.getByRole('button', { name: 'More about this room' }).click();
  await page.getByRole('menuitem', { name: 'Jump to a date' }).click();
  await page.getByRole('dialog').getByRole('button', { name: where }).click();
}

/** Writes many lines through the plain-text room. @param {Page} page @param {string} url @param {number} count */
async function fill(page, url, count) {
  await page.goto(`${url}/index`);
  await page.evaluate((lines) => {
    const socket = new WebSocket(`ws://${location.host}/chat`);
    socket.onopen = () => {
      for (let line = 1; line <= lines; line += 1) socket.send(`line ${line}`);
    };
  }, count);
  await page.getByText(new RegExp(`: line ${count}$`)).waitFor();
}
