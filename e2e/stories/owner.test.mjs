// The owner: made once by the link that the first start prints, and back from another browser.
import assert from 'node:assert/strict';
import { comeIn, composer, hears, rows, say } from '../acts.mjs';
import { story } from '../scene.mjs';

const password = 'two cups of 龙井';

story('the set-up link makes the owner, who signs in again elsewhere', async (scene) => {
  const [home, office, stranger] = [
    await scene.person(),
    await scene.person(),
    await scene.person(),
  ];
  const link = await scene.house.setUpLink();
  await home.goto(link);
  await home.getByLabel('Your name').fill('馆主');
  await home.getByLabel('Password', { exact: true }).fill(password);
  await home.getByRole('button', { name: 'Open the house' }).click();
  await say(home, 'The house is open.');
  await hears(home, 'The house is open.');
  assert.equal(await rows(home).last().getByText('Owner').count(), 1);

  await office.goto(scene.house.url);
  await office.getByRole('link', { name: 'Sign in' }).click();
  await office.getByRole('button', { name: 'Sign in with a password' }).click();
  await office.getByLabel('Name', { exact: true }).fill('馆主');
  await office.getByLabel('Password', { exact: true }).fill('three cups');
  await office.getByRole('button', { name: 'Sign in', exact: true }).click();
  await office.getByText('Name and password do not match.').waitFor();
  await office.getByLabel('Password', { exact: true }).fill(password);
  await office.getByRole('button', { name: 'Sign in', exact: true }).click();
  await composer(office).waitFor();
  await say(office, 'From the office.');
  await hears(home, 'From the office.');
  assert.equal(await rows(home).getByText('Owner').count(), 1, 'one person wrote both');

  await stranger.goto(link);
  await stranger.getByLabel('Your name').fill('Mallory');
  await stranger.getByLabel('Password', { exact: true }).fill(password);
  await stranger.getByRole('button', { name: 'Open the house' }).click();
  await stranger.getByText('This link has been used').waitFor();
});

story('nobody else comes in under a name that is taken', async (scene) => {
  const [ada, other] = [await scene.person(), await scene.person()];
  await comeIn(ada, scene.house.url, 'Ada');
  await other.goto(scene.house.url);
  await other.getByLabel('What should we call you?').fill('ＡＤＡ');
  await other.keyboard.press('Enter');
  await other.getByText('Someone here is already called ＡＤＡ.').waitFor();
  await other.getByLabel('What should we call you?').fill('Bo');
  await other.keyboard.press('Enter');
  await composer(other).waitFor();
});
