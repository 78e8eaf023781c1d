// Getting anywhere without the mouse: Jump to…, its actions, the list of shortcuts, room to room, part to part.
import assert from 'node:assert/strict';
import { comeIn, composer, hears, makeRoom, say, setUp } from '../acts.mjs';
import { story } from '../scene.mjs';

/** @typedef {import('playwright-core').Page} Page */

/** Opens *Jump to…* with its key. @param {Page} page */
async function jump(page) {
  await page.locator('[aria-keyshortcuts="Control+K"]').waitFor();
  await page.keyboard.press('Control+k');
  const field = page.getByRole('combobox', { name: 'Jump to a room or a person' });
  await field.waitFor();
  return field;
}

/** @param {Page} page @param {string} name */
function room(page, name) {
  return page.getByRole('heading', { level: 1, name }).waitFor();
}

story('rooms are a few letters away, in Chinese by their initials', async (scene) => {
  const page = await scene.person();
  await setUp(page, await scene.house.setUpLink());
  await makeRoom(page, '早茶');
  await makeRoom(page, 'Rust and iron');
  const field = await jump(page);
  await field.pressSequentially('zc');
  await page.getByRole('option', { name: '早茶' }).waitFor();
  await page.keyboard.press('Enter');
  await room(page, '早茶');
  // The room that was open before stands first; Enter takes the choice, arrows move it.
  await jump(page);
  const options = page.getByRole('option');
  assert.match(String(await options.nth(0).textContent()), /早茶/);
  assert.match(String(await options.nth(1).textContent()), /Rust and iron/);
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await room(page, 'Rust and iron');
  await composer(page).and(page.locator(':focus')).waitFor();
});

story('a person is talked to, an action is done, Esc gives the focus back', async (scene) => {
  const [owner, other] = [await scene.person(), await scene.person()];
  await comeIn(other, scene.house.url, '林晓');
  await setUp(owner, await scene.house.setUpLink());
  const field = await jump(owner);
  await field.pressSequentially('lx');
  await owner.getByRole('option', { name: '林晓' }).click();
  await owner.getByRole('heading', { level: 1, name: '林晓' }).waitFor();
  await (await jump(owner)).pressSequentially('>night');
  await owner.keyboard.press('Enter');
  await owner.locator('html[data-theme="dark"]').waitFor();
  await jump(owner);
  await owner.keyboard.press('Escape');
  await owner.locator('#composer:focus').waitFor();
  await (await jump(owner)).pressSequentially('kettle');
  await owner.getByRole('option', { name: 'Search messages for “kettle”' }).waitFor();
  await owner.keyboard.press('Enter');
  await owner.waitForURL(/\/search\?q=kettle$/);
  assert.equal(
    await owner.getByRole('searchbox', { name: 'Search messages' }).inputValue(),
    'kettle',
  );
});

story('from room to room and from part to part', async (scene) => {
  const page = await scene.person();
  await setUp(page, await scene.house.setUpLink());
  await makeRoom(page, 'Alpha');
  await makeRoom(page, 'Beta');
  await say(page, 'a line');
  await hears(page, 'a line');
  await page.locator('[aria-keyshortcuts="Control+K"]').waitFor();
  await page.keyboard.press('Alt+ArrowUp');
  await room(page, 'Alpha');
  await page.keyboard.press('Alt+ArrowDown');
  await room(page, 'Beta');
  await hears(page, 'a line');
  const at = () =>
    page.evaluate(() =>
      document.activeElement?.closest('[data-region]')?.getAttribute('data-region'),
    );
  await page.locator('#composer:focus').waitFor();
  await page.keyboard.press('Shift+Tab');
  assert.equal(await page.evaluate(() => document.activeElement?.tagName), 'ARTICLE');
  const seen = [];
  for (let n = 0; n < 4; n += 1) {
    await page.keyboard.press('Control+F6');
    seen.push(await at());
  }
  assert.deepEqual([...seen].sort(), ['composer', 'header', 'messages', 'rooms']);
  await page.keyboard.press('Control+Shift+F6');
  assert.equal(await at(), seen[2]);
  await page.keyboard.press('Control+/');
  await page.getByRole('dialog', { name: 'Shortcuts' }).getByText('Next unread room').waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog', { name: 'Shortcuts' }).waitFor({ state: 'detached' });
});
