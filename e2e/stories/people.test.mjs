// Who is in a room: here or not, what they are, and what one can do with them.
import assert from 'node:assert/strict';
import { comeIn, composer, hears, makeRoom, setUp } from '../acts.mjs';
import { story } from '../scene.mjs';

/** @typedef {import('playwright-core').Page} Page */

story('who is not here stands under who is', async (scene) => {
  const [owner, guest] = [await scene.person(wide), await scene.person()];
  await setUp(owner, await scene.house.setUpLink());
  await makeRoom(owner, 'Garden');
  await comeIn(guest, `${scene.house.url}/r/garden`, 'Ada');
  await guest.getByRole('button', { name: 'Join' }).click();
  await inGroup(owner, 'Here · 2', /Ada/);
  await composer(guest).pressSequentially('The ros');
  await inGroup(owner, 'Here · 2', /Ada typing…/);
  await guest.context().close();
  await inGroup(owner, 'Not here · 1', /Ada Joined .* Guest/);
  await inGroup(owner, 'Here · 1', /馆主 You Owner/);
});

story('who stepped away says so, and what time it is there', async (scene) => {
  const [ada, bo] = [await scene.person(wide), await scene.person({ timezoneId: 'Asia/Shanghai' })];
  await comeIn(ada, scene.house.url, 'Ada');
  await comeIn(bo, scene.house.url, 'Bo');
  await bo.goto(`${scene.house.url}/settings/you`);
  await bo.getByLabel('About you').fill('they, oolong');
  await bo.getByRole('button', { name: 'Save' }).last().click();
  await bo.getByText('Saved').waitFor();
  // Whoever leaves at once takes the change along with them.
  const kept = bo.waitForResponse(
    (answer) => answer.ok() && answer.request().postData()?.includes('zone') === true,
  );
  await bo.getByRole('switch', { name: /^Show what time it is where I am/ }).click();
  await kept;
  await bo.goto(scene.house.url);
  await bo.getByRole('button', { name: /Bo.*settings/i }).click();
  await bo.getByRole('button', { name: 'Step away' }).click();
  await inGroup(ada, 'Stepped away · 1', /Bo/);
  await card(ada, 'Bo');
  const dialog = ada.getByRole('dialog', { name: 'Bo' });
  await dialog.getByText('they, oolong').waitFor();
  await dialog.getByText(/^Stepped away · \d\d:\d\d where they are$/).waitFor();
  await ada.keyboard.press('Escape');
  await bo.getByRole('button', { name: 'I am back' }).click();
  await inGroup(ada, 'Here · 2', /Bo/);
});

story('somebody is called, made silent and heard again from their card', async (scene) => {
  const [ada, bo] = [await scene.person(wide), await scene.person()];
  await comeIn(ada, scene.house.url, 'Ada');
  await comeIn(bo, scene.house.url, 'Bo');
  await composer(ada).fill('Tea,');
  await card(ada, 'Bo');
  await ada.getByRole('dialog').getByRole('button', { name: 'Mention' }).click();
  assert.equal(await composer(ada).inputValue(), 'Tea, @Bo ');
  await ada.keyboard.type('is ready.');
  await ada.keyboard.press('Enter');
  await bo.getByRole('article', { name: /Tea, @Bo is ready/ }).waitFor();
  await bo.getByRole('link', { name: /^For you/ }).click();
  await bo.getByText('Ada mentioned you').waitFor();

  await card(ada, 'Bo');
  await ada.getByRole('button', { name: 'Mute for me' }).click();
  await ada.getByText('You muted this person.').waitFor();
  await ada.getByRole('button', { name: 'Unmute' }).click();
  await ada.getByRole('button', { name: 'Mute for me' }).waitFor();
});

story('on a phone the name waits in the field', async (scene) => {
  const ada = await scene.person({ viewport: { width: 390, height: 844 }, hasTouch: true });
  const bo = await scene.person();
  await comeIn(ada, scene.house.url, 'Ada');
  await comeIn(bo, scene.house.url, 'Bo');
  await ada.getByRole('button', { name: 'More about this room' }).click();
  await ada.getByRole('menuitem', { name: 'People in this room' }).click();
  await card(ada, 'Bo');
  await ada.getByRole('dialog').getByRole('button', { name: 'Mention' }).click();
  await ada.waitForFunction(() => document.querySelector('textarea')?.value === '@Bo ');
  await composer(ada).press('End');
  await composer(ada).pressSequentially('hello');
  await ada.getByRole('button', { name: 'Send' }).click();
  await hears(bo, '@Bo hello');
});

const wide = { viewport: { width: 1440, height: 900 } };

/** @param {Page} page */
function panel(page) {
  return page.getByRole('complementary', { name: 'People' });
}

/** Waits until somebody stands under that heading. @param {Page} page @param {string} group @param {RegExp} name */
async function inGroup(page, group, name) {
  const heading = panel(page).getByRole('heading', { name: group });
  const row = heading.locator('xpath=following-sibling::ul[1]').getByRole('button', { name });
  // Whoever is gone is here for another 30 s: they may come back.
  await row.waitFor({ timeout: 60_000 });
}

/** Opens the card of somebody. @param {Page} page @param {string} name */
async function card(page, name) {
  await panel(page)
    .getByRole('button', { name: new RegExp(`^${name} `) })
    .click();
  await page.getByRole('dialog', { name }).waitFor();
}
