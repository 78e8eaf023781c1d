// Rooms: what is private stays unseen, what is joined is counted, conversations are between two.
import assert from 'node:assert/strict';
import {
  comeIn,
  composer,
  hears,
  holds,
  invite,
  makeRoom,
  roomLink,
  say,
  setUp,
  unsent,
} from '../acts.mjs';
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

story('the list stands still, but for what is pinned and newest first', async (scene) => {
  const [owner, guest] = [await scene.person(), await scene.person()];
  await setUp(owner, await scene.house.setUpLink());
  await comeIn(guest, scene.house.url, 'Ada');
  for (const name of ['Amber', 'Birch', 'Cedar']) await makeRoom(owner, name);
  await listed(owner, ['1024', 'Amber', 'Birch', 'Cedar']);
  await say(owner, 'Somebody spoke.');
  await hears(owner, 'Somebody spoke.');
  await listed(owner, ['1024', 'Amber', 'Birch', 'Cedar']);

  await roomLink(owner, /Cedar/).click({ button: 'right' });
  await owner.getByRole('menuitem', { name: 'Pin to the top of the list' }).click();
  await listed(owner, ['Cedar', '1024', 'Amber', 'Birch']);
  await owner.reload();
  await listed(owner, ['Cedar', '1024', 'Amber', 'Birch']);

  await owner.goto(`${scene.house.url}/settings/look`);
  await owner.getByRole('radio', { name: 'Newest first' }).check();
  await guest.goto(`${scene.house.url}/r/birch`);
  await guest.getByRole('button', { name: 'Join' }).click();
  await say(guest, 'Here is news.');
  await owner.goto(scene.house.url);
  await listed(owner, ['Cedar', 'Birch', 'Amber', '1024']);
  await roomLink(owner, /Cedar/).click({ button: 'right' });
  await owner.getByRole('menuitem', { name: 'Unpin from the top' }).click();
  await listed(owner, ['Birch', 'Cedar', 'Amber', '1024']);
});

story('a room says what is muted, begun and not sent there', async (scene) => {
  const owner = await scene.person();
  await setUp(owner, await scene.house.setUpLink());
  await makeRoom(owner, 'Garden');
  const network = await scene.network();
  const guest = await scene.person();
  await comeIn(guest, `${network.url}/r/garden`, 'Ada');
  await guest.getByRole('button', { name: 'Join' }).click();
  await roomLink(guest, /Garden/).click({ button: 'right' });
  await guest.getByRole('menuitem', { name: 'Mute this room' }).click();
  await roomLink(guest, /Garden.*muted/).waitFor();
  await composer(guest).fill('The roses');
  await roomLink(guest, /1024/).click();
  await roomLink(guest, /Garden.*has a draft/).click();
  await holds(guest, 'The roses');

  network.cut();
  await composer(guest).press('Enter');
  await unsent(guest).waitFor();
  await roomLink(guest, /1024/).click();
  await owner.goto(`${scene.house.url}/r/garden/settings/who`);
  const saved = owner.waitForResponse((answer) => answer.request().method() === 'PATCH');
  await owner.getByLabel('Who may write').selectOption({ label: 'Moderators (announcements)' });
  await saved;
  network.mend();
  await roomLink(guest, /Garden.*Not sent/).click();
  await unsent(guest).getByRole('button', { name: 'Delete' }).click();
  await roomLink(guest, /1024/).click();
  await roomLink(guest, /Garden.*Not sent/).waitFor({ state: 'detached' });
});

story('a code lets somebody in who is in the house already', async (scene) => {
  const [owner, guest] = [await scene.person(), await scene.person()];
  await setUp(owner, await scene.house.setUpLink());
  await makeRoom(owner, 'on-call', 'Private');
  const link = await invite(owner);
  await comeIn(guest, scene.house.url, 'Ada');
  await guest.getByRole('button', { name: 'New room or invite' }).click();
  await guest.getByRole('menuitem', { name: 'I have an invite code' }).click();
  await guest.getByRole('textbox', { name: /invite/i }).fill(link);
  await guest.keyboard.press('Enter');
  await guest.getByRole('button', { name: /on-call|Come in|Join/ }).click();
  await guest.getByRole('heading', { level: 1, name: 'on-call' }).waitFor();
  await roomLink(guest, /on-call/).waitFor();
});

/** Waits until the rooms stand in that order. @param {import('playwright-core').Page} page @param {string[]} names */
async function listed(page, names) {
  await page.waitForFunction((wanted) => {
    const rows = [...document.querySelectorAll('.sidebar a[data-room] .room-row-name')];
    const found = rows.map((row) => row.textContent ?? '');
    return (
      found.length === wanted.length && found.every((name, i) => name.startsWith(wanted[i] ?? '-'))
    );
  }, names);
}
