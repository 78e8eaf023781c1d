// What one does with a message: reply, react, edit, delete, pin, by mouse, by keyboard alone, and by finger.
import assert from 'node:assert/strict';
import { choose, comeIn, composer, hears, rows, say, setUp, texts, words } from '../acts.mjs';
import { story } from '../scene.mjs';

/** @typedef {import('playwright-core').Page} Page */

/** @param {Page} page @param {string} text */
function row(page, text) {
  return rows(page).filter({ hasText: text }).first();
}

/** A reaction under a message. @param {Page} page @param {string} text @param {string} emoji */
function reaction(page, text, emoji) {
  return row(page, text).locator(`.reaction[data-react="${emoji}"]`);
}

/**
 * Writes over plain HTTP, as a new guest or as the one of that token.
 * @param {string} url @param {{text: string, target?: number}} message @param {string} [token]
 * @returns {Promise<{seq: number, token: string}>}
 */
async function answer(url, message, token) {
  const stored = await fetch(`${url}/v1/rooms/1024/messages`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify(message),
  });
  assert.equal(stored.status, 201);
  return stored.json();
}

story(
  'a reply stands under what it answers, and the chain opens beside the room',
  async (scene) => {
    const [ada, xiaoman] = [await scene.person(), await scene.person()];
    await comeIn(ada, scene.house.url, 'Ada');
    await comeIn(xiaoman, scene.house.url, '小满');
    await say(ada, 'Who has the kettle?');
    await hears(xiaoman, 'Who has the kettle?');
    await choose(xiaoman, 'Who has the kettle?', 'Reply');
    await xiaoman.getByText('Replying to Ada').waitFor();
    await xiaoman.keyboard.type('我有。');
    await xiaoman.keyboard.press('Enter');
    await row(ada, '我有。').getByRole('button', { name: 'Who has the kettle?' }).waitFor();
    assert.equal(await xiaoman.getByText('Replying to').count(), 0, 'the next message is none');
    await row(ada, '我有。').hover();
    await ada
      .getByRole('toolbar', { name: 'What to do with this message' })
      .getByRole('button', { name: 'Reply' })
      .click();
    await ada.keyboard.type('Thanks.');
    await ada.keyboard.press('Enter');
    await choose(ada, 'Who has the kettle?', 'Show replies');
    const panel = ada.getByRole('complementary', { name: 'Replies' });
    await panel.getByRole('article', { name: /^小满: 我有。/ }).waitFor();
    assert.match(ada.url(), /#replies-\d+$/);
    await panel.getByRole('textbox', { name: 'Reply to Ada' }).fill('Bring it, please.');
    await panel.getByRole('textbox').press('Enter');
    await hears(xiaoman, 'Bring it, please.');
    await row(xiaoman, 'Bring it').getByRole('button', { name: 'Who has the kettle?' }).waitFor();
    await row(xiaoman, 'Who has')
      .getByRole('button', { name: /^2 replies/ })
      .click();
    await xiaoman.getByRole('complementary', { name: 'Replies' }).waitFor();
    await xiaoman.goBack();
    await xiaoman.getByRole('complementary', { name: 'Replies' }).waitFor({ state: 'detached' });
  },
);

story(
  'a long chain comes in parts, to its last reply',
  async (scene) => {
    const page = await scene.person();
    await comeIn(page, scene.house.url, 'Ada');
    await say(page, 'Which tea?');
    const { seq, token } = await answer(scene.house.url, { text: 'Let me think.' });
    for (let count = 1; count <= 230; count += 1)
      await answer(scene.house.url, { text: `tea ${count}`, target: seq }, token);
    await hears(page, 'tea 230');
    await page.goto(`${page.url()}#replies-${seq}`);
    const panel = page.getByRole('complementary', { name: 'Replies' });
    await panel.getByText('At least 199 replies').waitFor();
    await panel.getByRole('textbox').fill('Oolong!');
    await panel.getByRole('textbox').press('Enter');
    await panel.getByRole('article').filter({ hasText: 'Oolong!' }).waitFor();
    assert.equal(await panel.getByRole('article').count(), 201, 'the rest is still missing');
    await panel.getByRole('article').last().scrollIntoViewIfNeeded();
    await panel.getByText('231 replies', { exact: true }).waitFor({ state: 'attached' });
    const told = await panel.getByRole('article').allInnerTexts();
    const teas = told.map((text) => /tea \d+|Oolong!/.exec(text)?.[0]).slice(1);
    const all = Array.from({ length: 230 }, (_, index) => `tea ${index + 1}`);
    assert.deepEqual(teas, [...all, 'Oolong!']);
  },
  { TEAHOUSE_SENDS_PER_SECOND: '100000', TEAHOUSE_SENDS_BURST: '100000' },
);

story('reactions are counted for everybody and survive a reload', async (scene) => {
  const [ada, xiaoman] = [await scene.person(), await scene.person()];
  await comeIn(ada, scene.house.url, 'Ada');
  await comeIn(xiaoman, scene.house.url, '小满');
  await say(ada, 'Tea is ready.');
  await hears(xiaoman, 'Tea is ready.');
  await row(xiaoman, 'Tea is ready.').hover();
  await xiaoman
    .getByRole('toolbar', { name: 'What to do with this message' })
    .getByRole('button', { name: 'React with 👍' })
    .click();
  await reaction(ada, 'Tea is ready.', '👍').and(ada.getByText('1')).waitFor();
  await reaction(ada, 'Tea is ready.', '👍').click();
  await reaction(xiaoman, 'Tea is ready.', '👍').and(xiaoman.getByText('2')).waitFor();
  assert.equal(await reaction(ada, 'Tea is ready.', '👍').getAttribute('aria-pressed'), 'true');
  assert.match((await reaction(ada, 'Tea is ready.', '👍').getAttribute('title')) ?? '', /小满/);
  await ada.reload();
  await reaction(ada, 'Tea is ready.', '👍').and(ada.getByText('2')).waitFor();
  assert.equal(await reaction(ada, 'Tea is ready.', '👍').getAttribute('aria-pressed'), 'true');
  await reaction(ada, 'Tea is ready.', '👍').click();
  await reaction(xiaoman, 'Tea is ready.', '👍').and(xiaoman.getByText('1')).waitFor();
  await reaction(xiaoman, 'Tea is ready.', '👍').click();
  await reaction(ada, 'Tea is ready.', '👍').waitFor({ state: 'detached' });
});

story('the tools come to the row where the mouse rests, however late they are', async (scene) => {
  const ada = await scene.person();
  const xiaoman = await scene.person({ serviceWorkers: 'block' });
  await comeIn(ada, scene.house.url, 'Ada');
  await say(ada, 'Tea is ready.');
  /** @type {() => void} */
  let rest = () => undefined;
  const rests = new Promise((resolve) => (rest = () => resolve(undefined)));
  await xiaoman.route(/assets\/talk-/, async (route) => {
    await rests;
    await route.continue();
  });
  await comeIn(xiaoman, scene.house.url, '小满');
  await row(xiaoman, 'Tea is ready.').hover();
  rest();
  await xiaoman
    .getByRole('toolbar', { name: 'What to do with this message' })
    .getByRole('button', { name: 'React with 👍' })
    .click();
  await reaction(ada, 'Tea is ready.', '👍').waitFor();
});

story('reply, react, edit and delete by keyboard alone', async (scene) => {
  const [ada, xiaoman] = [await scene.person(), await scene.person()];
  await comeIn(ada, scene.house.url, 'Ada');
  await comeIn(xiaoman, scene.house.url, '小满');
  await say(xiaoman, '水开了。');
  await hears(ada, '水开了。');
  await ada.keyboard.press('Control+Shift+F6');
  await ada.locator('article:focus').waitFor();
  await ada.keyboard.press('a');
  await ada.getByRole('combobox', { name: /^Search/ }).waitFor();
  await ada.keyboard.type('teacup');
  await ada.getByRole('option', { name: 'teacup' }).first().waitFor();
  await ada.keyboard.press('Enter');
  await reaction(xiaoman, '水开了。', '🍵').waitFor();
  await ada.locator('article:focus').waitFor();
  await ada.keyboard.press('r');
  await ada.locator('textarea:focus').waitFor();
  await ada.keyboard.type('Comming');
  await ada.keyboard.press('Enter');
  await hears(xiaoman, 'Comming');
  await ada.keyboard.press('ArrowUp');
  await ada.getByText('Editing your message').waitFor();
  await ada.keyboard.press('Control+a');
  await ada.keyboard.type('Coming');
  await ada.keyboard.press('Enter');
  await row(xiaoman, 'Coming').getByText('(edited)').waitFor();
  await ada.keyboard.press('ArrowUp');
  await ada.keyboard.press('Control+a');
  await ada.keyboard.press('Delete');
  await ada.keyboard.press('Enter');
  await ada.getByRole('dialog', { name: 'Delete this message for everyone?' }).waitFor();
  await ada.getByRole('dialog').getByRole('button', { name: 'Delete' }).focus();
  await ada.keyboard.press('Enter');
  await xiaoman.getByText('Message deleted', { exact: true }).waitFor();
  assert.deepEqual(
    (await texts(xiaoman)).filter((text) => text !== ''),
    ['水开了。'],
  );
});

story('a moderator pins, sees earlier versions, and everybody finds the pin', async (scene) => {
  const [owner, guest] = [await scene.person(), await scene.person()];
  await setUp(owner, await scene.house.setUpLink());
  await comeIn(guest, scene.house.url, 'Ada');
  await say(guest, 'The wifi is called tea.');
  await hears(owner, 'The wifi is called tea.');
  await choose(guest, 'The wifi', 'Edit');
  await guest.keyboard.type(' No password.');
  await guest.keyboard.press('Enter');
  await row(owner, 'No password.').waitFor();
  await choose(owner, 'The wifi', 'Earlier versions');
  const versions = owner.getByRole('dialog', { name: 'Earlier versions' });
  await versions.getByText('The wifi is called tea.', { exact: true }).waitFor();
  await owner.keyboard.press('Escape');
  await choose(owner, 'The wifi', 'Pin to room');
  await guest.getByRole('button', { name: '1 pinned message' }).click();
  const panel = guest.getByRole('complementary', { name: 'Pinned messages' });
  await panel.getByText('No password.').waitFor();
  await panel.getByRole('button', { name: 'Show in the room' }).click();
  await guest.locator('article.lit').waitFor();
  await choose(owner, 'The wifi', 'Take down the pin');
  await panel.getByText('Nothing is pinned yet.').waitFor();
});

story(
  'what is done without a network waits, survives a reload, and happens once',
  async (scene) => {
    const page = await scene.person();
    const network = await scene.network();
    await comeIn(page, network.url, 'Ada');
    await say(page, 'One.');
    await hears(page, 'One.');
    await row(page, 'One.').hover();
    await page.getByRole('button', { name: 'React with 👍' }).waitFor();
    await page.getByRole('button', { name: 'Formatting' }).waitFor();
    network.cut();
    await page.context().setOffline(true);
    await page.getByRole('button', { name: 'React with 👍' }).click();
    await reaction(page, 'One.', '👍').waitFor();
    await composer(page).press('ArrowUp');
    await page.keyboard.type(' Two.');
    await page.keyboard.press('Enter');
    await row(page, 'One. Two.').waitFor();
    network.mend();
    await page.context().setOffline(false);
    await page.reload();
    await row(page, 'One. Two.').getByText('(edited)').waitFor();
    await reaction(page, 'One. Two.', '👍').and(page.getByText('1')).waitFor();
    const other = await scene.person();
    await comeIn(other, scene.house.url, 'Bob');
    await reaction(other, 'One. Two.', '👍').and(other.getByText('1')).waitFor();
  },
);

story('a finger reacts, replies and sees who reacted', async (scene) => {
  const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
  const page = await scene.person({ ...phone, locale: 'zh-CN' });
  const ada = await scene.person();
  await comeIn(ada, scene.house.url, 'Ada');
  await comeIn(page, scene.house.url, '小满', words.zh);
  await say(ada, 'Hello.');
  await hears(page, 'Hello.');
  await row(page, 'Hello.').dispatchEvent('contextmenu', { clientX: 90, clientY: 300 });
  await page.getByRole('button', { name: '用 🍵 回应' }).tap();
  await reaction(ada, 'Hello.', '🍵').waitFor();
  const swipe = await page.context().newCDPSession(page);
  const { x, y } = (await row(page, 'Hello.').boundingBox()) ?? { x: 0, y: 0 };
  /** @param {'touchStart' | 'touchMove' | 'touchEnd'} type @param {number} [right] */
  const touch = (type, right) =>
    swipe.send('Input.dispatchTouchEvent', {
      type,
      touchPoints: right === undefined ? [] : [{ x: x + 60 + right, y: y + 20 }],
    });
  await touch('touchStart', 0);
  for (const right of [20, 40, 60, 80]) await touch('touchMove', right);
  await touch('touchEnd');
  await page.getByText('回复 Ada').waitFor();
  await composer(page, words.zh).fill('你好');
  await page.getByRole('button', { name: words.zh.send, exact: true }).tap();
  await row(ada, '你好').getByRole('button', { name: 'Hello.' }).waitFor();
});
