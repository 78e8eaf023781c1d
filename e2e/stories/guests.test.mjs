// A guest comes by an invite, talks, and keeps the name; then is the same person on another device.
import assert from 'node:assert/strict';
import {
  composer,
  hears,
  invite,
  makeRoom,
  password,
  roomLink,
  rows,
  say,
  setUp,
} from '../acts.mjs';
import { story } from '../scene.mjs';

story('a guest comes by invite, talks, claims the name, and is known elsewhere', async (scene) => {
  const [owner, guest, phone] = [
    await scene.person({ viewport: { width: 1440, height: 900 } }),
    await scene.person(),
    await scene.person({ viewport: { width: 390, height: 844 }, hasTouch: true }),
  ];
  await setUp(owner, await scene.house.setUpLink());
  await makeRoom(owner, 'Morning tea 早茶', 'Private');
  const link = await invite(owner);
  await guest.goto(link);
  await guest.getByRole('heading', { name: '馆主 invites you to Morning tea 早茶' }).waitFor();
  await guest.getByLabel('What should we call you?').fill('Ada');
  await guest.getByRole('button', { name: 'Come in', exact: true }).click();
  await guest.getByRole('heading', { level: 1, name: 'Morning tea 早茶' }).waitFor();
  await say(guest, 'What a nice room.');
  await hears(owner, 'What a nice room.');
  assert.deepEqual(await guest.evaluate(() => document.cookie), '', 'no script sees the cookie');

  await claim(guest);
  await guest.getByRole('button', { name: 'Close', exact: true }).click();
  await guest.getByRole('heading', { level: 1, name: 'Morning tea 早茶' }).waitFor();
  await owner
    .getByRole('complementary')
    .getByRole('button', { name: /Ada.*Member/ })
    .waitFor();

  await phone.goto(`${scene.house.url}/r/1024?signin`);
  await phone.getByRole('button', { name: 'Sign in with a password' }).click();
  await phone.getByLabel('Name', { exact: true }).fill('Ada');
  await phone.getByLabel('Password', { exact: true }).fill(password);
  await phone.getByRole('button', { name: 'Sign in', exact: true }).click();
  await composer(phone).waitFor();
  await phone.getByRole('button', { name: 'Back to the rooms' }).click();
  await roomLink(phone, /Morning tea/).click();
  await hears(phone, 'What a nice room.');
  await composer(phone).fill('From the phone.');
  await phone.getByRole('button', { name: 'Send' }).click();
  await hears(guest, 'From the phone.');
});

story('another device signs in by a code, and is signed out from the first', async (scene) => {
  const [owner, other] = [await scene.person(), await scene.person()];
  await setUp(owner, await scene.house.setUpLink());
  await owner.goto(`${scene.house.url}/settings/devices`);
  await owner.getByRole('button', { name: 'Show a code' }).click();
  const code = await owner.locator('.code-big').textContent();
  await other.goto(`${scene.house.url}/signin`);
  await other.getByLabel('Code').fill(String(code).toLowerCase());
  await other.getByRole('button', { name: 'Sign in', exact: true }).click();
  await say(other, 'Here, too.');
  await hears(other, 'Here, too.');
  assert.equal(await rows(other).last().getByText('Owner').count(), 1);

  await owner.reload();
  await owner.getByText('This device', { exact: true }).waitFor();
  await owner.getByRole('button', { name: 'Sign out', exact: true }).click();
  await other.getByRole('heading', { name: 'You are signed out' }).waitFor();
});

story('somebody takes everything along, and is gone', async (scene) => {
  const [owner, guest] = [await scene.person(), await scene.person()];
  await setUp(owner, await scene.house.setUpLink());
  await guest.goto(scene.house.url);
  await guest.getByLabel('What should we call you?').fill('Ada');
  await guest.keyboard.press('Enter');
  await say(guest, 'Something private.');
  await hears(owner, 'Something private.');
  await guest.goto(`${scene.house.url}/settings/data`);
  const download = guest.waitForEvent('download');
  await guest.getByRole('button', { name: 'Download' }).click();
  assert.match((await download).suggestedFilename(), /^teahouse-.*\.json$/);
  await guest.getByLabel('To be sure, type “Ada”').fill('Ada');
  await guest.getByRole('button', { name: 'Delete my account' }).click();
  await guest.getByLabel('What should we call you?').waitFor();
  await owner.reload();
  await owner.getByText('Message deleted').waitFor();
  assert.equal(await owner.getByText('Something private.').count(), 0);
});

/** @param {import('playwright-core').Page} page */
async function claim(page) {
  await page.getByRole('button', { name: 'You and your settings' }).click();
  await page.getByRole('link', { name: 'Claim your name' }).click();
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Claim with a password' }).click();
  await page.getByText('The name is yours.').waitFor();
}
