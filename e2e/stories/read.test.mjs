// What is read: at one browser and so at the other, and not any more when one says so.
import assert from 'node:assert/strict';
import {
  choose,
  comeIn,
  composer,
  hears,
  makeRoom,
  password,
  roomLink,
  rows,
  say,
  setUp,
} from '../acts.mjs';
import { story } from '../scene.mjs';

story('what is read on one device is read on the other', async (scene) => {
  const [desk, phone, guest] = [
    await scene.person(),
    await scene.person({ viewport: { width: 390, height: 780 } }),
    await scene.person(),
  ];
  await setUp(desk, await scene.house.setUpLink());
  await makeRoom(desk, 'Garden');
  await comeIn(guest, `${scene.house.url}/r/garden`, 'Ada');
  await desk.goto(`${scene.house.url}/r/1024`);
  await composer(desk).waitFor();

  await phone.goto(`${scene.house.url}/r/1024?signin`);
  await phone.getByRole('button', { name: 'Sign in with a password' }).click();
  await phone.getByLabel('Name', { exact: true }).fill('馆主');
  await phone.getByLabel('Password', { exact: true }).fill(password);
  await phone.getByRole('button', { name: 'Sign in', exact: true }).click();
  await composer(phone).waitFor();
  await phone.goto(`${scene.house.url}/rooms`);

  await say(guest, 'The roses are out.');
  await roomLink(desk, /Garden.*New messages/).waitFor();
  await roomLink(phone, /Garden.*New messages/).click();
  await hears(phone, 'The roses are out.');
  await roomLink(desk, /Garden$/).waitFor();
});

story('what is marked unread stays so over a reload, until it is opened again', async (scene) => {
  const [owner, guest] = [await scene.person(), await scene.person()];
  await setUp(owner, await scene.house.setUpLink());
  await makeRoom(owner, 'Garden');
  await comeIn(guest, `${scene.house.url}/r/garden`, 'Ada');
  for (const text of ['one', 'two', 'three']) await say(guest, text);
  await hears(owner, 'three');
  const newLine = owner.getByText('2 new', { exact: true });
  await choose(owner, 'two', 'Mark unread from here');
  await newLine.waitFor();
  const list = owner.getByRole('navigation', { name: 'Rooms' });
  await roomLink(owner, /1024/).click();
  await roomLink(owner, /Garden.*New messages/).waitFor();
  await owner.reload();
  await roomLink(owner, /Garden.*New messages/).waitFor();
  // Opened again: the line shows where, and then it is read.
  await roomLink(owner, /Garden/).click();
  await newLine.waitFor();
  assert.equal(await list.getByRole('img', { name: 'New messages' }).count(), 0);
  await roomLink(owner, /1024/).click();
  await roomLink(owner, /Garden$/).waitFor();

  // A page that begins in the room goes on as it was; Mark read ends it.
  await roomLink(owner, /Garden/).click();
  await rows(owner).filter({ hasText: 'three' }).waitFor();
  await choose(owner, 'three', 'Mark unread from here');
  await owner.reload();
  await owner.getByText('1 new', { exact: true }).waitFor();
  await roomLink(owner, /1024/).click();
  await roomLink(owner, /Garden.*New messages/).click({ button: 'right' });
  await owner.getByRole('menuitem', { name: 'Mark read' }).click();
  await roomLink(owner, /Garden$/).waitFor();
});
