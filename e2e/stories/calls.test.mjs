// Who is called finds it: a badge, the panel, a jump; and it is read on every device.
import { comeIn, composer, hears, makeRoom, roomLink, rows, say, setUp } from '../acts.mjs';
import { story } from '../scene.mjs';

story('a name calls, the panel leads there', async (scene) => {
  const [owner, guest] = [await scene.person(), await scene.person()];
  await setUp(owner, await scene.house.setUpLink());
  await makeRoom(owner, 'Garden');
  await comeIn(guest, `${scene.house.url}/r/garden`, 'Ada');
  await owner.goto(`${scene.house.url}/r/1024`);
  await composer(owner).waitFor();
  const id = await owner.evaluate(async () => (await (await fetch('/v1/me')).json()).you.id);
  await say(guest, `The roses are out, <@${id}>.`);
  await roomLink(owner, /Garden.*1/).waitFor();
  await roomLink(owner, /^For you/).click();
  const panel = owner.getByRole('complementary', { name: 'For you' });
  await panel.getByRole('link', { name: /Ada mentioned you in Garden/ }).click();
  await owner.getByRole('heading', { level: 1, name: 'Garden' }).waitFor();
  await hears(owner, 'The roses are out');
  await rows(owner).filter({ hasText: 'The roses are out' }).first().waitFor();
  await panel.getByRole('heading', { name: 'Earlier' }).waitFor();
});
