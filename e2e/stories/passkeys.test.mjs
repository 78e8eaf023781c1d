// Passkeys: made and used with the authenticator that Chromium plays.
import assert from 'node:assert/strict';
import { comeIn, composer, hears, rows, say } from '../acts.mjs';
import { story } from '../scene.mjs';

/** @typedef {import('playwright-core').Page} Page */

story('the owner is made with a passkey and signs in with it alone', async (scene) => {
  const page = await scene.person();
  await withPasskeys(page);
  const link = named(await scene.house.setUpLink());
  await page.goto(link);
  await page.getByLabel('Your name').fill('馆主');
  await page.getByRole('radio', { name: 'A passkey' }).check();
  await page.getByRole('button', { name: 'Open the house' }).click();
  await say(page, 'No password at all.');
  await hears(page, 'No password at all.');
  await signOut(page);
  await page.goto(`${named(scene.house.url)}/r/1024?signin`);
  await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
  await composer(page).waitFor();
  await say(page, 'Back again.');
  await hears(page, 'Back again.');
  assert.equal(await rows(page).getByText('Owner').count(), 1, 'one person wrote both');
});

story('a guest claims the name with a passkey', async (scene) => {
  const page = await scene.person();
  await withPasskeys(page);
  await comeIn(page, named(scene.house.url), 'Ada');
  await page.goto(`${named(scene.house.url)}/settings/you`);
  await page.getByRole('button', { name: 'Claim with a passkey' }).click();
  await page.getByText('Member', { exact: true }).waitFor();
  await page.goto(`${named(scene.house.url)}/settings/devices`);
  await page.getByText(/^made .*, not used yet$/).waitFor();
});

/** @param {Page} page */
async function withPasskeys(page) {
  const session = await page.context().newCDPSession(page);
  await session.send('WebAuthn.enable');
  await session.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
}

/** @param {Page} page */
async function signOut(page) {
  await page.getByRole('button', { name: 'You and your settings' }).click();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByLabel('What should we call you?').waitFor();
}

/** The same house by a name. @param {string} url */
function named(url) {
  return url.replace('127.0.0.1', 'localhost');
}
