// Settings: each works at once, does what it says, and is still there after the page was loaded again, before anything
// is drawn. In both languages.
import assert from 'node:assert/strict';
import { comeIn, composer, hears, rows, runsOn, say, setUp, stored, until } from '../acts.mjs';
import { story } from '../scene.mjs';

/** @typedef {import('playwright-core').Page} Page */

/** Opens a page of the settings. @param {Page} page @param {import('../scene.mjs').Scene} scene @param {string} name */
async function open(page, scene, name) {
  await page.goto(`${scene.house.url}/settings/${name}`);
  await page.locator('.pages-main').waitFor();
}

/** Back into the room, by its address. @param {Page} page @param {import('../scene.mjs').Scene} scene */
async function enter(page, scene) {
  await page.goto(scene.house.url);
  await composer(page).waitFor();
}

/**
 * The page obeys its keys: they come when there is nothing else to do. Runs in the page.
 * @param {string} key
 */
async function keysAreHere(key) {
  const way = { key, ctrlKey: true, bubbles: true, cancelable: true };
  return !document.body.dispatchEvent(new KeyboardEvent('keydown', way));
}

/** What a style comes out as. @param {Page} page @param {string} selector @param {string} property */
function style(page, selector, property) {
  return page
    .locator(selector)
    .first()
    .evaluate((element, name) => getComputedStyle(element).getPropertyValue(name), property);
}

/**
 * Runs in each page before its own scripts: notes how the page is when its body is there, long before the app has
 * come. What is another way then is a flash.
 */
function watchFirst() {
  new MutationObserver((_, watcher) => {
    if (document.body === null) return;
    watcher.disconnect();
    const { dataset, style: own } = document.documentElement;
    Object.assign(globalThis, { first: { ...dataset, text: own.getPropertyValue('--text') } });
  }).observe(document, { childList: true, subtree: true });
}

/** How the page was at first, and how it is now. @param {Page} page */
async function firstAndNow(page) {
  const first = await page.evaluate(() => /** @type {any} */ (globalThis).first);
  const now = await page.evaluate(() => {
    const { dataset, style: own } = document.documentElement;
    return { ...dataset, text: own.getPropertyValue('--text') };
  });
  return { first, now: /** @type {Record<string, string | undefined>} */ (now) };
}

story('the look: theme, contrast, density, text size, motion, hours', async (scene) => {
  const page = await scene.person({ colorScheme: 'light' });
  await page.addInitScript(watchFirst);
  await comeIn(page, scene.house.url, 'Ada');
  await say(page, 'one');
  await say(page, 'two');
  await hears(page, 'two');
  const message = '.message.first .message-text';
  const before = {
    size: await style(page, message, 'font-size'),
    ink: await style(page, '.message.first time', 'color'),
    paper: await style(page, 'body', 'background-color'),
    line: await style(page, message, 'line-height'),
    time: await rows(page)
      .first()
      .locator('.message-by time')
      .evaluate((element) => element.textContent),
  };
  assert.equal(before.size, '15px');
  assert.match(before.time, /^\d\d:\d\d$/);

  await open(page, scene, 'look');
  const sample = '.sample .message.first .message-text';
  await page.getByRole('radio', { name: 'Night' }).check();
  assert.notEqual(await style(page, 'body', 'background-color'), before.paper);
  await page.getByRole('radio', { name: 'Day' }).check();
  assert.equal(await style(page, 'body', 'background-color'), before.paper);
  await page.getByRole('switch', { name: 'High contrast' }).check();
  assert.notEqual(await style(page, '.sample time', 'color'), before.ink);
  await page.getByRole('radio', { name: 'Compact' }).check();
  assert.equal(await style(page, sample, 'line-height'), '20px');
  await page.getByRole('slider', { name: 'Text size' }).fill('18');
  assert.equal(await style(page, sample, 'font-size'), '18px');
  await page.getByRole('radio', { name: '12 hours' }).check();
  await page
    .locator('.sample time')
    .filter({ hasText: /^9:47\sPM$/ })
    .waitFor();
  await page.getByRole('switch', { name: 'Less motion' }).check();

  await enter(page, scene);
  await hears(page, 'two');
  const { first, now } = await firstAndNow(page);
  assert.deepEqual(first, now);
  assert.deepEqual(
    [now.theme, now.text, 'contrast' in now, 'compact' in now, 'still' in now],
    ['light', '18', true, true, true],
  );
  assert.equal(await style(page, message, 'font-size'), '18px');
  assert.equal(await style(page, message, 'line-height'), '24px');
  assert.notEqual(await style(page, '.message.first time', 'color'), before.ink);
  assert.match(
    await rows(page)
      .first()
      .locator('.message-by time')
      .evaluate((element) => element.textContent),
    /\d:\d\d\s[AP]M$/,
  );
  assert.equal(await style(page, '.composer', 'transition-property'), 'none');

  await open(page, scene, 'look');
  await page.getByRole('button', { name: 'Usual size' }).click();
  assert.equal(await style(page, sample, 'font-size'), '15px');
  await page.getByRole('radio', { name: '24 hours' }).check();
  await page
    .locator('.sample time')
    .filter({ hasText: /^21:47$/ })
    .waitFor();
});

story('what the system asks for is done unasked, and followed', async (scene) => {
  const page = await scene.person({
    colorScheme: 'dark',
    reducedMotion: 'reduce',
    contrast: 'more',
  });
  await page.addInitScript(watchFirst);
  await comeIn(page, scene.house.url, 'Ada');
  const { first, now } = await firstAndNow(page);
  assert.deepEqual(first, now);
  assert.deepEqual([now.theme, 'contrast' in now, 'still' in now], ['dark', true, true]);
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'no-preference', contrast: null });
  await page.waitForFunction(() => {
    const { dataset } = document.documentElement;
    return dataset['theme'] === 'light' && !('still' in dataset) && !('contrast' in dataset);
  });
});

story('the composer: Enter, typing anywhere, telling that one types', async (scene) => {
  const ada = await scene.person();
  const mei = await scene.person();
  await comeIn(ada, scene.house.url, 'Ada');
  await comeIn(mei, scene.house.url, '小满');
  const typing = mei.getByText('Ada is typing');
  await composer(ada).pressSequentially('hel');
  await typing.waitFor();
  await composer(ada).fill('');
  await typing.waitFor({ state: 'hidden' });

  await open(ada, scene, 'composer');
  await ada.getByRole('radio', { name: 'Never' }).check();
  await ada.getByRole('switch', { name: 'Tell others' }).uncheck();
  await ada.getByRole('switch', { name: 'Typing anywhere' }).uncheck();
  await enter(ada, scene);
  await ada.getByText('Ctrl + Enter sends').waitFor();
  await composer(ada).pressSequentially('first');
  await composer(ada).press('Enter');
  await composer(ada).pressSequentially('second');
  assert.equal(await composer(ada).inputValue(), 'first\nsecond');
  await composer(ada).press('Control+Enter');
  await hears(mei, 'second');
  // What was told of typing would have come before the message.
  assert.equal(await typing.isVisible(), false);
  assert.deepEqual(await stored(scene.house.url), ['first\nsecond']);

  await until(ada, keysAreHere, 'F6');
  await ada.locator('main').focus();
  await ada.keyboard.type('x');
  assert.equal(await composer(ada).inputValue(), '');
  await open(ada, scene, 'composer');
  await ada.getByRole('switch', { name: 'Typing anywhere' }).check();
  await ada.getByRole('radio', { name: 'Always' }).check();
  await enter(ada, scene);
  await until(ada, keysAreHere, 'F6');
  await ada.locator('main').focus();
  await ada.keyboard.type('third');
  assert.equal(await composer(ada).inputValue(), 'third');
  await composer(ada).press('Enter');
  await hears(mei, 'third');
});

story('what is read aloud: everything, only what is for one, nothing', async (scene) => {
  const ada = await scene.person();
  const mei = await scene.person();
  await comeIn(ada, scene.house.url, 'Ada');
  await comeIn(mei, scene.house.url, '小满');
  // Only one page of a browser has the focus; both of these do, each in its own.
  const said = ada.locator('[role="status"][aria-live="polite"].sr');
  /** @param {string} choice */
  const wish = async (choice) => {
    await open(ada, scene, 'access');
    await ada.getByRole('radio', { name: choice }).check();
    await enter(ada, scene);
    await ada.bringToFront();
  };
  await wish('Every new message');
  await say(mei, 'the kettle is on');
  await said.filter({ hasText: '小满: the kettle is on' }).waitFor();
  await wish('Only what is for me');
  await say(mei, 'to nobody');
  await hears(ada, 'to nobody');
  await say(mei, 'tea is ready, @Ada, come');
  await said.filter({ hasText: 'tea is ready, @Ada, come' }).waitFor();
  assert.ok(!(await said.evaluate((element) => element.textContent)).includes('to nobody'));
  await wish('No messages');
  await say(mei, 'still there, @Ada, or not?');
  await hears(ada, 'still there');
  // What would be read is read in the same task in which the row comes.
  await ada.evaluate(() => new Promise((done) => requestAnimationFrame(done)));
  assert.equal(await said.evaluate((element) => element.textContent), '');
  await open(ada, scene, 'access');
  await ada.getByRole('switch', { name: 'Write what sounds' }).check();
  await ada.waitForLoadState('networkidle');
  await say(mei, 'can you see it, @Ada, or not?');
  await ada.locator('.toast').filter({ hasText: '小满 mentioned you' }).waitFor();
});

story('the transport: fixed, at once, and again after a reload', async (scene) => {
  const page = await scene.person();
  await comeIn(page, scene.house.url, 'Ada');
  await runsOn(page, /WebSocket/);
  await open(page, scene, 'transport');
  const now = page.locator('.wire-now dd').first();
  await now.filter({ hasText: 'WebSocket' }).waitFor();
  await page.getByRole('radio', { name: 'Long polling' }).check();
  await now.filter({ hasText: 'Long polling' }).waitFor();
  await enter(page, scene);
  await runsOn(page, /Long polling/);
  await say(page, 'slowly');
  await hears(page, 'slowly');
  await open(page, scene, 'transport');
  assert.ok(await page.getByRole('radio', { name: 'Long polling' }).isChecked());
  await page.getByRole('radio', { name: 'Whatever works best' }).check();
  await now.filter({ hasText: 'WebSocket' }).waitFor();
});

story('about: versions and licences; all of it in Chinese too', async (scene) => {
  const page = await scene.person();
  await setUp(page, await scene.house.setUpLink());
  await open(page, scene, 'about');
  const house = page.locator('.facts dd').nth(1);
  await house.filter({ hasText: /^\d+\.\d+\.\d+/ }).waitFor();
  assert.equal(
    await page
      .locator('.facts dd')
      .first()
      .evaluate((element) => element.textContent),
    await house.evaluate((element) => element.textContent),
  );
  const licences = await page.request.get(
    `${scene.house.url}${await page.getByRole('link', { name: 'Licences' }).getAttribute('href')}`,
  );
  assert.match(await licences.text(), /preact/i);

  await open(page, scene, 'you');
  await page.getByRole('radio', { name: '中文' }).check();
  await page.getByRole('heading', { level: 1, name: '我' }).waitFor();
  for (const [name, heading] of [
    ['look', '外观'],
    ['notifications', '通知'],
    ['composer', '输入框'],
    ['access', '无障碍'],
    ['transport', '传输'],
    ['about', '关于'],
  ]) {
    await open(page, scene, name ?? '');
    await page.getByRole('heading', { level: 1, name: heading ?? '', exact: true }).waitFor();
    const latin = await page.locator('.pages-main').evaluate((element) => element.textContent);
    assert.doesNotMatch(latin, /\b(the|and|for|what)\b/i, `${name} is in Chinese`);
  }
  await open(page, scene, 'look');
  await page.getByRole('radio', { name: '12 小时制' }).check();
  await page
    .locator('.sample time')
    .filter({ hasText: /^下午9:47$/ })
    .waitFor();
});
