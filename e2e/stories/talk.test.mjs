// People talk: two at once, by keyboard alone, with an input method, in Chinese, on a phone.
import assert from 'node:assert/strict';
import { agree, comeIn, composer, hears, say, shows, words } from '../acts.mjs';
import { story } from '../scene.mjs';

story('two people talk, and each sees the other', async (scene) => {
  const [ada, xiaoman] = [await scene.person(), await scene.person()];
  await comeIn(ada, scene.house.url, 'Ada');
  await comeIn(xiaoman, scene.house.url, '小满');
  await say(ada, 'Is the kettle on?');
  await hears(xiaoman, 'Is the kettle on?');
  await say(xiaoman, '水开了，快来。');
  await hears(ada, '水开了，快来。');
  agree(await shows(ada, 2), await shows(xiaoman, 2));
  assert.match((await ada.getByRole('article').last().getAttribute('aria-label')) ?? '', /^小满: /);
});

story('from the door to the first message by keyboard alone', async (scene) => {
  const page = await scene.person();
  const begun = performance.now();
  await page.goto(scene.house.url);
  await page.locator('input:focus').waitFor();
  await page.keyboard.type('Ada');
  await page.keyboard.press('Enter');
  await page.locator('textarea:focus').waitFor();
  await page.keyboard.type('Hello');
  await page.keyboard.press('Enter');
  await hears(page, 'Hello');
  scene.t.diagnostic(
    `from opening the page to the first message: ${Math.round(performance.now() - begun)} ms`,
  );
  await page.locator('textarea:focus').waitFor();
});

story('the quickest fingers lose nothing', async (scene) => {
  const page = await scene.person();
  await comeIn(page, scene.house.url, 'Ada');
  // Text and Enter within one frame: what is drawn is older than what is written.
  const written = Array.from({ length: 25 }, (_, index) => `line ${index}`);
  await composer(page).evaluate((field, lines) => {
    for (const line of lines) {
      /** @type {HTMLTextAreaElement} */ (field).value = line;
      field.dispatchEvent(new InputEvent('input', { bubbles: true }));
      field.dispatchEvent(
        new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true }),
      );
    }
  }, written);
  agree(await shows(page, written.length), written);
});

story('the Enter of an input method does not send', async (scene) => {
  const page = await scene.person();
  await comeIn(page, scene.house.url, '小满');
  const presses = await page.evaluateHandle(() => {
    /** @type {[boolean, number][]} */
    const seen = [];
    addEventListener('keydown', (event) => seen.push([event.isComposing, event.keyCode]), true);
    return seen;
  });
  await composer(page).focus();
  const devtools = await page.context().newCDPSession(page);
  /** @param {number} code */
  const enter = async (code) => {
    const key = { key: 'Enter', code: 'Enter', windowsVirtualKeyCode: code };
    await devtools.send('Input.dispatchKeyEvent', { type: 'rawKeyDown', ...key });
    await devtools.send('Input.dispatchKeyEvent', { type: 'keyUp', ...key });
  };
  await devtools.send('Input.imeSetComposition', {
    text: 'ni hao',
    selectionStart: 6,
    selectionEnd: 6,
  });
  await enter(13);
  assert.equal(await composer(page).inputValue(), 'ni hao');
  await devtools.send('Input.insertText', { text: '你好' });
  await enter(229);
  assert.equal(await composer(page).inputValue(), '你好');
  await enter(13);
  await hears(page, '你好');
  assert.deepEqual(await presses.jsonValue(), [
    [true, 13],
    [false, 229],
    [false, 13],
  ]);
  assert.deepEqual(await shows(page, 1), ['你好']);
});

story('the page speaks Chinese', async (scene) => {
  const page = await scene.person({ locale: 'zh-CN' });
  await comeIn(page, scene.house.url, '小满', words.zh);
  assert.equal(await page.locator('html').getAttribute('lang'), 'zh-CN');
  await say(page, '春水初生，春林初盛。', words.zh);
  await hears(page, '春水初生，春林初盛。');
});

story('a phone talks with its button', async (scene) => {
  const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
  const page = await scene.person({ ...phone, locale: 'zh-CN' });
  await comeIn(page, scene.house.url, '小满', words.zh);
  await composer(page, words.zh).fill('在路上');
  await composer(page, words.zh).press('Enter');
  await page.keyboard.type('马上到');
  await page.getByRole('button', { name: words.zh.send, exact: true }).tap();
  await hears(page, '马上到');
  assert.deepEqual(await shows(page, 1), ['在路上\n马上到']);
  const [wide, tall] = await page.evaluate(() => {
    const { scrollWidth, clientWidth, scrollHeight, clientHeight } = document.documentElement;
    return [scrollWidth - clientWidth, scrollHeight - clientHeight];
  });
  assert.deepEqual([wide, tall], [0, 0], 'the page itself never scrolls');
});
