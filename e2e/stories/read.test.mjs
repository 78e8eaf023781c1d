// One person at two browsers: what is read at one is read at the other.
import { comeIn, composer, hears, makeRoom, password, roomLink, say, setUp } from '../acts.mjs';
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
