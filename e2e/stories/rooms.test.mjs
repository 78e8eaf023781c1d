// Rooms: what is private stays unseen, what is joined is counted, conversations are between two.
import assert from 'node:assert/strict';
import { comeIn, composer, hears, makeRoom, roomLink, say, setUp } from '../acts.mjs';
import { story } from '../scene.mjs';

story('a private room stays unseen', async (scene) => {
  const [owner, guest] = [await scene.person(), await scene.person()];
  await setUp(owner, await scene.house.setUpLink());
  await comeIn(guest, scene.house.url, 'Ada');
  await makeRoom(owner, 'on-call', 'Private');
  await say(owner, 'The key is under the pot.');
  await hears(owner, 'The key is under the pot.');
  await guest.goto(`${scene.house.url}/rooms`);
  await guest.getByRole('heading', { name: 'Browse all rooms' }).waitFor();
  await guest.getByRole('link', { name: /1024/ }).first().waitFor();
  assert.equal(await guest.getByText('on-call').count(), 0);
  await guest.goto(`${scene.house.url}/r/on-call`);
  await guest.getByText('There is no such room, or it is not open to you.').waitFor();
  const answer = await fetch(`${scene.house.url}/v1/rooms/on-call`);
  assert.equal(answer.status, 404);
});

story('a public room is found, joined, counted and left', async (scene) => {
  const [owner, guest] = [await scene.person(), await scene.person()];
  await setUp(owner, await scene.house.setUpLink());
  await makeRoom(owner, 'Garden');
  await comeIn(guest, scene.house.url, 'Ada');
  await roomLink(guest, 'Browse all rooms').click();
  await guest.getByLabel('Find a room').fill('gard');
  await guest.getByRole('button', { name: 'Join Garden' }).click();
  await roomLink(guest, /Garden/).waitFor();
  await roomLink(guest, /1024/).click();
  await composer(guest).waitFor();
  await say(owner, 'The roses are out.');
  await roomLink(guest, /Garden.*New messages/).click();
  await hears(guest, 'The roses are out.');
  await owner.getByText('2 people joined').waitFor();

  await guest.getByRole('button', { name: 'More about this room' }).click();
  await guest.getByRole('menuitem', { name: 'Leave the room' }).click();
  await guest.getByRole('dialog').getByRole('button', { name: 'Leave the room' }).click();
  await roomLink(guest, /Garden/).waitFor({ state: 'detached' });
  await owner.getByText('Ada left').waitFor();
});

story('a room is closed to guests while one is writing in it', async (scene) => {
  const [owner, guest] = [await scene.person(), await scene.person()];
  await setUp(owner, await scene.house.setUpLink());
  await makeRoom(owner, 'News');
  await comeIn(guest, `${scene.house.url}/r/news`, 'Ada');
  await owner.goto(`${scene.house.url}/r/news/settings/who`);
  await owner.getByLabel('Who may write').selectOption({ label: 'Moderators (announcements)' });
  await guest.getByText('Only moderators write here.').waitFor();
  await owner.getByLabel('Who may come in and read').selectOption({ label: 'Members, no guests' });
  await guest.getByText('This room is not open to you any more.').waitFor();
});
