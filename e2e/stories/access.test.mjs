// Everybody can use it: axe finds nothing on the door and in the room, by day and by night, wide and on a phone.
import assert from 'node:assert/strict';
import { choose, comeIn, hears, rows, say, setUp } from '../acts.mjs';
import { content } from '../axe.mjs';
import { story } from '../scene.mjs';

const sizes = { wide: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } };

/** @type {[string, string][]} */
const pages = [
  ['/rooms?all', 'Browse all rooms'],
  ['/r/1024/settings/about', 'About'],
  ['/r/1024/settings/who', 'Who may'],
  ['/r/1024/settings/people', 'People'],
  ['/r/1024/settings/invites', 'Invites'],
  ['/settings/you', 'You'],
  ['/settings/devices', 'Devices and sign-in'],
  ['/settings/look', 'Look'],
  ['/settings/notifications', 'Notifications'],
  ['/settings/composer', 'Composer'],
  ['/settings/access', 'Accessibility'],
  ['/settings/transport', 'Transport'],
  ['/settings/data', 'Data'],
  ['/settings/about', 'About'],
  ['/admin/now', 'Now'],
  ['/admin/people', 'People'],
  ['/admin/rooms', 'Rooms'],
  ['/admin/reports', 'Reports'],
  ['/admin/bans', 'Bans'],
  ['/admin/settings', 'Settings'],
  ['/admin/log', 'Log'],
];

for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
  for (const [size, viewport] of Object.entries(sizes)) {
    story(`axe is content, ${colorScheme} and ${size}`, async (scene) => {
      const page = await scene.person({ colorScheme, viewport });
      await page.goto(scene.house.url);
      await page.getByLabel('What should we call you?').waitFor();
      await content(page, 'the door');
      await comeIn(page, scene.house.url, 'Ada');
      await say(page, 'Hello 你好 https://example.org');
      await hears(page, 'Hello');
      assert.equal(await page.locator('html').getAttribute('data-theme'), colorScheme);
      await content(page, 'the room');
      await page.goto(`${scene.house.url}/lab`);
      await page.locator('.time-dot.late').nth(1).waitFor({ state: 'attached' });
      await page.getByText('The figures as a table').click();
      await content(page, 'the lab');
      await page.getByRole('button', { name: 'How it is measured' }).click();
      await content(page, 'how the lab measures');
    });
  }
}

for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
  for (const [size, viewport] of Object.entries(sizes)) {
    story(`axe is content inside, ${colorScheme} and ${size}`, async (scene) => {
      // Colours are looked at when they have come, not on their way.
      const page = await scene.person({ colorScheme, viewport, reducedMotion: 'reduce' });
      const link = await scene.house.setUpLink();
      await page.goto(link);
      await page.getByLabel('Your name').waitFor();
      await content(page, 'setting up');
      await setUp(page, link);
      await say(page, 'Hello.');
      await hears(page, 'Hello.');
      await choose(page, 'Hello.', 'Delete', () => content(page, 'the menu of a message'));
      await content(page, 'deleting');
      await page.keyboard.press('Escape');
      await rows(page).first().getByRole('button', { name: '馆主' }).click();
      await page.getByRole('dialog', { name: '馆主' }).waitFor();
      await content(page, 'a card');
      await page.keyboard.press('Escape');
      for (const [address, heading] of pages) {
        await page.goto(`${scene.house.url}${address}`);
        await page.getByRole('heading', { level: 1, name: heading }).waitFor();
        await page.waitForLoadState('networkidle');
        await content(page, address);
      }
    });
  }
}
