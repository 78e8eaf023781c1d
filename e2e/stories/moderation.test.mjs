// Moderation: what a moderator does holds at once, on the pages of everybody.
import assert from 'node:assert/strict';
import {
  choose,
  comeIn,
  composer,
  hears,
  holds,
  makeRoom,
  roomLink,
  say,
  setUp,
} from '../acts.mjs';
import { story } from '../scene.mjs';

/** @typedef {import('playwright-core').Page} Page */

story('a message is deleted by its author and by a moderator', async (scene) => {
  const [owner, guest] = [await scene.person(), await scene.person()];
  await setUp(owner, await scene.house.setUpLink());
  await comeIn(guest, scene.house.url, 'Ada');
  for (const text of ['mine', 'spam']) await say(guest, text);
  await hears(owner, 'spam');
  await choose(guest, 'mine', 'Delete');
  await guest.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await owner.getByText('Message deleted', { exact: true }).waitFor();
  await choose(owner, 'spam', 'Delete');
  await owner.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await guest.getByText('Message deleted by a moderator').waitFor();
  assert.equal(await guest.getByText('spam').count(), 0);
  await guest.reload();
  await guest.getByText('Message deleted').first().waitFor();
  assert.equal(await guest.getByText('spam').count(), 0, 'the text is gone from the house');
});

story('somebody is muted, and may write again', async (scene) => {
  const [owner, guest] = [await scene.person(), await scene.person()];
  await setUp(owner, await scene.house.setUpLink());
  await comeIn(guest, scene.house.url, 'Ada');
  await say(guest, 'Hello.');
  await hears(owner, 'Hello.');
  await measure(owner, 'Ada', 'Mute for…');
  await guest.getByText(/^You are muted in this room until/).waitFor();
  await letWrite(owner, scene.house.url);
  await composer(guest).waitFor();
  await say(guest, 'Thank you.');
  await hears(guest, 'Thank you.');
});

story('what was begun waits until one may write again', async (scene) => {
  const [owner, guest] = [await scene.person(), await scene.person()];
  await setUp(owner, await scene.house.setUpLink());
  await makeRoom(owner, 'Garden');
  await comeIn(guest, `${scene.house.url}/r/garden`, 'Ada');
  await guest.getByRole('button', { name: 'Join' }).click();
  await roomLink(guest, /1024/).click();
  await roomLink(owner, /1024/).click();
  await say(owner, 'Who makes tea?');
  await hears(guest, 'Who makes tea?');
  await say(guest, 'Hello.');
  await hears(owner, 'Hello.');
  await choose(guest, 'Who makes tea?', 'Reply');
  await composer(guest).fill('The kettle');
  await measure(owner, 'Ada', 'Mute for…');
  await guest.getByText(/^You are muted in this room until/).waitFor();
  await letWrite(owner, scene.house.url);
  await holds(guest, 'The kettle');
  await guest.getByText('Replying to').waitFor();

  // It is the box that is there now that counts.
  await composer(guest).fill('The kettle is on');
  await roomLink(guest, /Garden/).click();
  await roomLink(guest, /1024.*has a draft/).click();
  await holds(guest, 'The kettle is on');

  // Muted while one is elsewhere: the room is entered and left without a box.
  await roomLink(guest, /Garden/).click();
  await owner.goto(scene.house.url);
  const told = guest.waitForResponse((answer) => answer.url().endsWith('/v1/rooms'));
  await measure(owner, 'Ada', 'Mute for…');
  await (await told).finished();
  await roomLink(guest, /1024/).click();
  await guest.getByText(/^You are muted in this room until/).waitFor();
  await roomLink(guest, /Garden/).click();
  await composer(guest).waitFor();
  await letWrite(owner, scene.house.url);
  await roomLink(guest, /1024.*has a draft/).click();
  await holds(guest, 'The kettle is on');
});

story('who is banned from the house is out at once and cannot return', async (scene) => {
  const [owner, guest] = [await scene.person(), await scene.person()];
  await setUp(owner, await scene.house.setUpLink());
  await comeIn(guest, scene.house.url, 'Mallory');
  await say(guest, 'Buy my tea.');
  await hears(owner, 'Buy my tea.');
  await measure(owner, 'Mallory', 'Ban from house');
  await guest.getByRole('heading', { name: 'You have been sent out' }).waitFor();
  await guest.reload();
  await guest.getByText(/You have been sent out of this house/).waitFor();
  await guest.goto(`${scene.house.url}/r/1024`);
  await guest.getByText(/You have been sent out of this house/).waitFor();
});

/** @param {Page} page @param {string} url */
async function letWrite(page, url) {
  await page.goto(`${url}/r/1024/settings/people`);
  await page.getByRole('button', { name: 'Let write again' }).click();
}

/** By the card that a name opens. @param {Page} page @param {string} name @param {string} what */
async function measure(page, name, what) {
  await page.getByRole('log').getByRole('button', { name, exact: true }).first().click();
  const card = page.getByRole('dialog', { name });
  await card.getByRole('button', { name: what }).click();
  await card.locator('form').getByRole('button', { name: what }).click();
  await card.waitFor({ state: 'detached' });
}
