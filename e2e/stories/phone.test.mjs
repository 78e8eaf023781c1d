// The app on a phone: one screen at a time, tabs at the foot, fingers that rest.
import assert from 'node:assert/strict';
import { comeIn, composer, hears, makeRoom, rows, say, setUp } from '../acts.mjs';
import { story } from '../scene.mjs';

/** @typedef {import('playwright-core').Page} Page */
/** @typedef {import('playwright-core').Locator} Locator */

const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

story('tabs lead to four screens, and back leads back', async (scene) => {
  const page = await scene.person(phone);
  await comeIn(page, scene.house.url, 'Ada');
  assert.equal(await tabs(page).count(), 0, 'a room has no tabs');
  await page.getByRole('button', { name: 'Back to the rooms' }).click();
  await selected(page, 'Rooms');
  await tab(page, 'For you').click();
  await page.getByText('Nothing for you yet').waitFor();
  await selected(page, 'For you');
  await tab(page, 'Search').click();
  await page.getByRole('searchbox').waitFor();
  await selected(page, 'Search');
  await tab(page, 'You').click();
  await page.getByRole('link', { name: 'Notifications' }).waitFor();
  await selected(page, 'You');
  for (const name of ['Search', 'For you', 'Rooms']) {
    await page.goBack();
    await selected(page, name);
  }
  await page.getByRole('link', { name: /1024/ }).click();
  await tabs(page).waitFor({ state: 'detached' });
  await page.goto(`${scene.house.url}/search?q=tea`);
  await selected(page, 'Search');
  assert.equal(await page.getByRole('searchbox').inputValue(), 'tea');
});

story('the list says what was said last, also after a reload', async (scene) => {
  const [owner, guest] = [await scene.person(), await scene.person(phone)];
  await setUp(owner, await scene.house.setUpLink());
  await comeIn(guest, scene.house.url, 'Ada');
  await tell(guest, 'The kettle is on.');
  await hears(guest, 'The kettle is on.');
  await guest.getByRole('button', { name: 'Back to the rooms' }).click();
  const row = guest.getByRole('link', { name: /1024/ });
  await row.filter({ hasText: 'Ada: The kettle is on.' }).waitFor();
  await guest.reload();
  await row.filter({ hasText: 'Ada: The kettle is on.' }).waitFor();
  // Where only other things happened since, what was said is looked up.
  await hears(owner, 'The kettle is on.');
  for (const emoji of ['👍', '🍵', '🎉', '👀', '🙏', '🌱']) await react(owner, emoji);
  await guest.reload();
  await row.filter({ hasText: 'Ada: The kettle is on.' }).waitFor();
  // What was said to you is a number at the tab.
  await say(owner, '@Ada is it green?');
  await guest
    .getByRole('navigation', { name: 'Main screens' })
    .getByLabel('1 message for you')
    .waitFor();
});

story('a finger that rests opens the menu', async (scene) => {
  const page = await scene.person(phone);
  await setUp(page, await scene.house.setUpLink());
  await page.getByRole('button', { name: 'Back to the rooms' }).click();
  await makeRoom(page, 'Garden');
  await tell(page, 'The roses are out.');
  await hears(page, 'The roses are out.');
  const lift = await rest(page, page.getByText('The roses are out.'));
  await page.getByRole('menuitem', { name: 'Reply' }).waitFor();
  await lift();
  await page.keyboard.press('Escape');
  await page.getByRole('menuitem', { name: 'Reply' }).waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Back to the rooms' }).click();
  const row = page.getByRole('link', { name: /Garden/ });
  const liftAgain = await rest(page, row);
  await page.getByRole('menuitem', { name: 'Mute this room' }).waitFor();
  await liftAgain();
  await selected(page, 'Rooms');
  await page.getByRole('menuitem', { name: 'Mute this room' }).click();
  await row.filter({ hasText: 'muted' }).waitFor();
});

/** Enter breaks the line here. @param {Page} page @param {string} text */
async function tell(page, text) {
  await composer(page).fill(text);
  await page.getByRole('button', { name: 'Send' }).tap();
}

/** To the last message, as its own program would. @param {Page} page @param {string} emoji */
async function react(page, emoji) {
  const seq = await rows(page).last().getAttribute('data-seq');
  const path = `/v1/rooms/1024/messages/${seq}/reactions/${encodeURIComponent(emoji)}`;
  const status = await page.evaluate(async (address) => {
    const answer = await fetch(address, { method: 'PUT', headers: { 'x-teahouse': '1' } });
    return answer.status;
  }, path);
  assert.equal(status, 200);
}

/** @param {Page} page */
function tabs(page) {
  return page.getByRole('navigation', { name: 'Main screens' });
}

/** @param {Page} page @param {string} name */
function tab(page, name) {
  return tabs(page).getByRole('link', { name, exact: true });
}

/** @param {Page} page @param {string} name */
async function selected(page, name) {
  await tabs(page).locator('[aria-current="page"]').filter({ hasText: name }).waitFor();
}

/** Puts a finger there and leaves it. @param {Page} page @param {Locator} where @returns {Promise<() => Promise<void>>} lifts it */
async function rest(page, where) {
  const box = await where.boundingBox();
  assert.ok(box !== null);
  const cdp = await page.context().newCDPSession(page);
  const touchPoints = [{ x: box.x + box.width / 2, y: box.y + box.height / 2 }];
  await cdp.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints });
  return async () => {
    await cdp.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
    await cdp.detach();
  };
}
