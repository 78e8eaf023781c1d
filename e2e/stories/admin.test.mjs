// The house from a phone: everything that an owner does, with a thumb.
import assert from 'node:assert/strict';
import { choose, comeIn, hears, password, say, setUp } from '../acts.mjs';
import { story } from '../scene.mjs';

/** @typedef {import('playwright-core').Page} Page */

const phone = { viewport: { width: 390, height: 844 }, hasTouch: true };

story('an owner runs the house from a phone: people', async (scene) => {
  const [owner, ada, other] = [
    await scene.person(phone),
    await scene.person(),
    await scene.person(),
  ];
  await setUp(owner, await scene.house.setUpLink());
  await comeIn(ada, scene.house.url, 'Ada');
  await open(owner, scene.house.url, 'People');
  await owner.getByLabel('Name', { exact: true }).fill('Lin');
  await owner.getByRole('button', { name: 'Make the account' }).click();
  const link = await owner.getByRole('textbox', { name: 'Reset link' }).inputValue();
  await other.goto(link);
  await other.getByLabel('New password').fill(password);
  await other.getByRole('button', { name: 'Set and sign in' }).click();
  await say(other, 'I have a place here.');
  await hears(ada, 'I have a place here.');

  await owner.getByLabel('Find by name').fill('lin');
  await owner.getByRole('button', { name: 'What to do with Ada' }).waitFor({ state: 'detached' });
  await owner.getByRole('button', { name: 'What to do with Lin' }).click();
  await owner.getByLabel('Role').selectOption('moderator');
  await owner.getByRole('button', { name: 'Set the role' }).click();
  await owner.getByText('Moderator', { exact: true }).first().waitFor();
  await other.getByRole('button', { name: 'You and your settings' }).click();
  await other.getByRole('link', { name: 'The house' }).click();
  await other.getByRole('heading', { level: 1, name: 'Now' }).waitFor();
});

story('an owner runs the house from a phone: bans and the log', async (scene) => {
  const [owner, mallory] = [await scene.person(phone), await scene.person()];
  await setUp(owner, await scene.house.setUpLink());
  await comeIn(mallory, scene.house.url, 'Mallory');
  await open(owner, scene.house.url, 'People');
  await owner.getByRole('button', { name: 'What to do with Mallory' }).click();
  await owner.getByRole('button', { name: 'Ban', exact: true }).click();
  await owner.getByRole('button', { name: 'Ban', exact: true }).click();
  await mallory.getByRole('heading', { name: 'You have been sent out' }).waitFor();
  await open(owner, scene.house.url, 'Bans');
  await owner.getByText('Mallory').waitFor();
  await owner.getByRole('button', { name: 'Lift it' }).click();
  await owner.getByText('Nobody is banned.').waitFor();
  await open(owner, scene.house.url, 'Log');
  await owner
    .getByText(/Mallory/)
    .first()
    .waitFor();
});

story('an owner runs the house from a phone: reports', async (scene) => {
  const [owner, ada, mallory] = [
    await scene.person(phone),
    await scene.person(),
    await scene.person(),
  ];
  await setUp(owner, await scene.house.setUpLink());
  await comeIn(ada, scene.house.url, 'Ada');
  await comeIn(mallory, scene.house.url, 'Mallory');
  await say(mallory, 'Buy my tea.');
  await hears(ada, 'Buy my tea.');
  await choose(ada, 'Buy my tea.', 'Report');
  await ada.getByRole('dialog').getByRole('button', { name: 'Report' }).click();
  await ada.getByText('Reported. Thank you.').waitFor();
  await open(owner, scene.house.url, 'Reports');
  const card = owner.getByRole('article', { name: /^Ada reported/ });
  await card.getByText('Buy my tea.').waitFor();
  await card.focus();
  await owner.keyboard.press('x');
  await owner.getByText('Nothing to decide.').waitFor();
  await ada.getByText('Message deleted by a moderator').waitFor();
});

story('an owner runs the house from a phone: settings hold at once', async (scene) => {
  const [owner, ada] = [await scene.person(phone), await scene.person()];
  await setUp(owner, await scene.house.setUpLink());
  await open(owner, scene.house.url, 'Settings');
  await owner.getByLabel('Name of the house').fill('Leaf & Pot');
  await owner.getByRole('button', { name: 'Save' }).click();
  await owner.getByText('Saved.').waitFor();
  await owner.getByLabel('Largest file, MiB').fill('3');
  await owner.getByRole('button', { name: 'Save' }).click();
  await owner.getByRole('button', { name: 'Save' }).waitFor({ state: 'detached' });
  await owner.reload();
  await owner.waitForFunction(() => {
    const field = document.querySelector('input[type=number]');
    return field instanceof HTMLInputElement && field.value === '3';
  });
  await owner.getByLabel('A question at the door').fill('Which tea?');
  await owner.getByLabel('Its answer').fill('Oolong');
  await owner.getByRole('button', { name: 'Save' }).click();
  await owner.getByRole('button', { name: 'Ask nothing' }).waitFor();
  await ada.goto(scene.house.url);
  await ada.getByText('Leaf & Pot').first().waitFor();
  await ada.getByLabel('What should we call you?').fill('Ada');
  await ada.getByLabel('Which tea?').fill('Coffee');
  await ada.keyboard.press('Enter');
  await ada.getByText('That is not the answer.').waitFor();
  await owner.getByLabel('Proof of work at the door').selectOption('14');
  await ada.getByLabel('Which tea?').fill('oolong');
  await ada.keyboard.press('Enter');
  await say(ada, 'In at last.');
  await hears(ada, 'In at last.');
  await owner.getByLabel('Who may come in').selectOption('accounts');
  const late = await scene.person();
  await late.goto(scene.house.url);
  await late.getByRole('button', { name: 'Sign in with a passkey' }).waitFor();
  assert.equal(await late.getByLabel('What should we call you?').count(), 0);
});

story('an owner runs the house from a phone: rooms, invites and figures', async (scene) => {
  const owner = await scene.person(phone);
  await setUp(owner, await scene.house.setUpLink());
  await open(owner, scene.house.url, 'Rooms');
  await owner.getByText(/1024/).first().waitFor();
  await open(owner, scene.house.url, 'Invites');
  await owner.getByText('There are no invites that hold.').waitFor();
  await open(owner, scene.house.url, 'Now');
  await owner.getByText('WebSocket 1').first().waitFor();
  await owner.getByText('The figures as a table').click();
  await owner.getByRole('row', { name: /^People here 1/ }).waitFor();
  const { scrollWidth, clientWidth } = await owner.evaluate(() => document.documentElement);
  assert.equal(scrollWidth, clientWidth, 'nothing is wider than the phone');
});

/** A page of the house. @param {Page} page @param {string} url @param {string} name */
async function open(page, url, name) {
  await page.goto(`${url}/admin`);
  await page.getByRole('navigation', { name: 'The house' }).getByRole('link', { name }).click();
  await page.getByRole('heading', { level: 1, name }).waitFor();
}
