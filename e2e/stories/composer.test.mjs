// What helps to write: suggestions beside an input method, mentions, formatting, commands, drafts.
import assert from 'node:assert/strict';
import {
  comeIn,
  composer,
  hears,
  holds,
  makeRoom,
  roomLink,
  rows,
  say,
  setUp,
  texts,
  words,
} from '../acts.mjs';
import { story } from '../scene.mjs';

/** @typedef {import('playwright-core').Page} Page */

/** The suggestions over the composer. @param {Page} page */
function options(page) {
  return page.getByRole('listbox', { name: 'Suggestions' }).getByRole('option');
}

story('a name is found by its pinyin and becomes a mention', async (scene) => {
  const [ada, xiaoman] = [await scene.person(), await scene.person()];
  await comeIn(ada, scene.house.url, 'Ada');
  await comeIn(xiaoman, scene.house.url, '小满');
  await composer(ada).focus();
  await ada.getByRole('button', { name: 'Formatting' }).waitFor();
  await ada.keyboard.type('Look, @xm');
  await options(ada).filter({ hasText: '小满' }).waitFor();
  assert.equal(
    await composer(ada).getAttribute('aria-activedescendant'),
    await options(ada).first().getAttribute('id'),
  );
  await ada.keyboard.press('Enter');
  assert.equal(await composer(ada).inputValue(), 'Look, @小满 ');
  await ada.keyboard.type('the kettle. @Ada too.');
  await ada.keyboard.press('Escape');
  await ada.keyboard.press('Enter');
  await hears(xiaoman, 'the kettle');
  await xiaoman.locator('article.calls').waitFor();
  assert.match(
    (await rows(xiaoman).last().getAttribute('aria-label')) ?? '',
    /^Ada: Look, @小满 the kettle\. @Ada too\./,
  );
  assert.equal(await ada.locator('article.calls').count(), 0, 'one does not call oneself');
});

story('while an input method composes, suggestions take no keys', async (scene) => {
  const [page, other] = [await scene.person(), await scene.person()];
  await comeIn(page, scene.house.url, 'Ada');
  await comeIn(other, scene.house.url, '林晓');
  await composer(page).focus();
  await page.getByRole('button', { name: 'Formatting' }).waitFor();
  const devtools = await page.context().newCDPSession(page);
  /** @param {string} text */
  const compose = (text) =>
    devtools.send('Input.imeSetComposition', {
      text,
      selectionStart: text.length,
      selectionEnd: text.length,
    });
  /** @param {string} key @param {number} code */
  const press = async (key, code) => {
    for (const type of /** @type {const} */ (['rawKeyDown', 'keyUp']))
      await devtools.send('Input.dispatchKeyEvent', {
        type,
        key,
        code: key,
        windowsVirtualKeyCode: code,
      });
  };
  await page.keyboard.type('@');
  await options(page).first().waitFor();
  await compose("l'x");
  await options(page).filter({ hasText: '林晓' }).waitFor();
  await press('Enter', 13);
  assert.equal(await composer(page).inputValue(), "@l'x", 'the Enter belongs to the input method');
  await press('ArrowDown', 40);
  await devtools.send('Input.insertText', { text: '林' });
  await press('Enter', 229);
  assert.equal(await composer(page).inputValue(), '@林', 'the late Enter belongs to it, too');
  await options(page).filter({ hasText: '林晓' }).waitFor();
  await press('Enter', 13);
  assert.equal(await composer(page).inputValue(), '@林晓 ');
});

story('marks, links and code', async (scene) => {
  const page = await scene.person();
  await comeIn(page, scene.house.url, 'Ada');
  await page.getByRole('button', { name: 'Formatting' }).waitFor();
  const field = composer(page);
  await field.fill('hot tea');
  await field.press('Control+a');
  await field.press('Control+b');
  assert.equal(await field.inputValue(), '**hot tea**');
  await field.press('Control+b');
  assert.equal(await field.inputValue(), 'hot tea');
  await field.press('Control+z');
  assert.equal(await field.inputValue(), '**hot tea**', 'undo works');
  await field.fill('see this');
  await field.evaluate((box) => /** @type {HTMLTextAreaElement} */ (box).setSelectionRange(4, 8));
  await paste(page, 'https://tea.example/');
  assert.equal(await field.inputValue(), 'see [this](https://tea.example/)');
  await field.fill('');
  await paste(page, 'fn main() {\n    brew();\n}');
  await page.getByRole('button', { name: 'Paste as code' }).click();
  assert.match(await field.inputValue(), /^```\nfn main\(\) \{\n {4}brew\(\);\n\}\n```/);
  await field.fill('```\nlet x');
  await field.press('Enter');
  assert.equal(await field.inputValue(), '```\nlet x\n', 'in a block Enter breaks the line');
});

/** As the browser does it, with what the clipboard would hold. @param {Page} page @param {string} text */
async function paste(page, text) {
  await composer(page).evaluate((field, pasted) => {
    const data = new DataTransfer();
    data.setData('text/plain', pasted);
    const event = new ClipboardEvent('paste', {
      clipboardData: data,
      bubbles: true,
      cancelable: true,
    });
    if (field.dispatchEvent(event)) document.execCommand('insertText', false, pasted);
  }, text);
}

story('commands act, and what is none is asked about', async (scene) => {
  const page = await scene.person();
  await setUp(page, await scene.house.setUpLink());
  await page.getByRole('button', { name: 'Formatting' }).waitFor();
  await composer(page).focus();
  await page.keyboard.type('/to');
  await options(page).filter({ hasText: '/topic' }).waitFor();
  await page.keyboard.press('Tab');
  await page.keyboard.type('Tea and work');
  await page.keyboard.press('Enter');
  await page.locator('.room-topic').getByText('Tea and work').waitFor();
  assert.equal(await composer(page).inputValue(), '');
  await say(page, '/teapot now');
  await page.getByText('There is no command /teapot. Send it as a message?').waitFor();
  assert.equal(await rows(page).count(), 0);
  await page.getByRole('button', { name: 'Send it' }).click();
  await hears(page, '/teapot now');
  await say(page, '/me pours tea');
  await hears(page, 'pours tea');
  await say(page, '/nick 老周');
  await page.getByRole('log').getByRole('button', { name: '老周' }).first().waitFor();
});

story('a command that could not be done gives its text back', async (scene) => {
  const ada = await scene.person({ serviceWorkers: 'block' });
  const ben = await scene.person();
  await comeIn(ada, scene.house.url, 'Ada');
  await comeIn(ben, scene.house.url, 'Ben');
  await ada.getByRole('button', { name: 'Formatting' }).waitFor();
  await ada.getByText('2 here').waitFor();
  await say(ada, '/msg Bne a long story');
  await ada.getByText('Nobody here is called “Bne”.').waitFor();
  await holds(ada, '/msg Bne a long story');

  /** @type {() => void} */
  let letGo = () => {};
  let held = Promise.resolve();
  await ada.route('**/v1/rooms', async (route) => {
    if (route.request().method() !== 'POST') return route.continue();
    await held;
    await route.abort('internetdisconnected');
  });
  const failed = ada.waitForEvent('requestfailed');
  await say(ada, '/msg Ben a long story');
  await failed;
  await holds(ada, '/msg Ben a long story');

  // What was written meanwhile stays, and the other comes back when it is wanted.
  held = new Promise((go) => {
    letGo = () => go(undefined);
  });
  const asked = ada.waitForRequest((request) => request.method() === 'POST');
  await composer(ada).press('Enter');
  await asked;
  await composer(ada).fill('Good morning');
  letGo();
  await ada.getByText('Not sent: /msg Ben a long story').waitFor();
  await holds(ada, 'Good morning');
  await composer(ada).press('Enter');
  await hears(ben, 'Good morning');
  await ada.getByRole('button', { name: 'Put it back' }).click();
  await holds(ada, '/msg Ben a long story');
});

story('what begins with a slash goes once, however often Enter is pressed', async (scene) => {
  const ada = await scene.person({ serviceWorkers: 'block' });
  /** @type {(() => void)[]} */
  const waiting = [];
  let isHeld = true;
  await ada.route(/assets\/compose-.*js/, async (route) => {
    if (isHeld) await new Promise((go) => waiting.push(() => go(undefined)));
    await route.continue();
  });
  await comeIn(ada, scene.house.url, 'Ada');
  await say(ada, '/5 of the pot');
  await composer(ada).press('Enter');
  await say(ada, '/5 of the pot is left');
  await composer(ada).press('Enter');
  isHeld = false;
  for (const go of waiting) go();
  await hears(ada, '/5 of the pot is left');
  await say(ada, 'Who drinks it?');
  await hears(ada, 'Who drinks it?');
  assert.deepEqual(await texts(ada), ['/5 of the pot is left', 'Who drinks it?']);
});

story('a draft waits, with what it answers, and is marked in the list', async (scene) => {
  const page = await scene.person();
  await setUp(page, await scene.house.setUpLink());
  await makeRoom(page, 'Garden');
  await say(page, 'Who waters the plants?');
  await hears(page, 'Who waters');
  await rows(page).first().hover();
  await page.getByRole('button', { name: 'Reply', exact: true }).click();
  await page.keyboard.type('I could');
  await roomLink(page, /1024/).click();
  await page.getByRole('heading', { level: 1, name: /1024/ }).waitFor();
  await roomLink(page, /Garden.*has a draft/).waitFor();
  await page.reload();
  await roomLink(page, /Garden.*has a draft/).click();
  await page.getByText('Replying to').waitFor();
  assert.equal(await composer(page).inputValue(), 'I could');
  await composer(page).press('Escape');
  await page.getByText('Replying to').waitFor({ state: 'detached' });
});

story('an emoji by two letters, by one character, and with the picker', async (scene) => {
  const page = await scene.person({ locale: 'zh-CN' });
  await comeIn(page, scene.house.url, '小满', words.zh);
  await page.getByRole('button', { name: '格式' }).waitFor();
  await composer(page, words.zh).focus();
  const list = page.getByRole('listbox', { name: '建议' }).getByRole('option');
  await page.keyboard.type('好:');
  await page.keyboard.insertText('茶');
  await list.filter({ hasText: '🍵' }).click();
  await page.keyboard.type(' :teapo');
  await list.filter({ hasText: '🫖' }).waitFor();
  await page.keyboard.press('Tab');
  await page.getByRole('button', { name: '表情', exact: true }).click();
  await page.getByRole('combobox', { name: /^搜索/ }).fill('panda');
  await page.getByRole('option').filter({ hasText: '🐼' }).waitFor();
  await page.keyboard.press('Enter');
  assert.equal(await composer(page, words.zh).inputValue(), '好🍵 🫖🐼');
});
