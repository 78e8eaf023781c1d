// Files: chosen, pasted, dropped, taken back; seen in the message, large, and after a reload; they go on where the
// network broke.
import assert from 'node:assert/strict';
import {
  comeIn,
  composer,
  hears,
  holds,
  makeRoom,
  roomLink,
  rows,
  say,
  setUp,
  unsent,
} from '../acts.mjs';
import { image } from '../furnished.mjs';
import { story } from '../scene.mjs';

/** @typedef {import('playwright-core').Page} Page */

/** Chooses files with the button. @param {Page} page @param {{name: string, mimeType: string, buffer: Buffer}[]} files */
async function choose(page, files) {
  const chooser = page.waitForEvent('filechooser');
  await page.getByRole('button', { name: 'Attach files' }).click();
  await (await chooser).setFiles(files);
}

/** @param {string} name @param {string} text */
function textFile(name, text) {
  return { name, mimeType: 'text/plain', buffer: Buffer.from(text) };
}

story('an image and a file go with a message', async (scene) => {
  const [ada, ben] = [await scene.person(), await scene.person()];
  await comeIn(ada, scene.house.url, 'Ada');
  await comeIn(ben, scene.house.url, 'Ben');
  const buffer = await image(ada, 1600, 900);
  await choose(ada, [
    { name: 'garden.png', mimeType: 'image/png', buffer },
    textFile('plan.txt', 'tea at four'),
  ]);
  const tray = ada.getByRole('list', { name: 'Attached files' });
  await tray.getByText('Ready').nth(1).waitFor();
  await tray.getByRole('textbox', { name: /Describe this image/ }).fill('A garden at dusk');
  await tray.getByRole('textbox', { name: /Describe this image/ }).press('Enter');
  await say(ada, 'Where we meet');
  await tray.waitFor({ state: 'detached' });

  const row = rows(ben).filter({ hasText: 'Where we meet' });
  const picture = row.getByRole('img', { name: 'A garden at dusk' });
  await picture.waitFor();
  // Its box has its size before the bytes come, and after.
  const box = await picture.evaluate((img) => [
    img.getAttribute('width'),
    img.getAttribute('height'),
  ]);
  assert.deepEqual(box, ['440', '248']);
  await picture.evaluate((img) => /** @type {HTMLImageElement} */ (img).decode());
  assert.match(
    (await row.getAttribute('aria-label')) ?? '',
    /^Ada: Where we meet\. A garden at dusk\. File, plan\.txt, 11/,
  );

  // Large, with the keyboard, and the focus goes back.
  await picture.click();
  const large = ben.getByRole('dialog', { name: 'Image' });
  await large.getByRole('img', { name: 'A garden at dusk' }).waitFor();
  await ben.keyboard.press('+');
  await large.getByRole('button', { name: 'Fit to the window', pressed: true }).waitFor();
  await ben.keyboard.press('Escape');
  await large.waitFor({ state: 'detached' });

  const saved = ben.waitForEvent('download');
  await row.getByRole('link', { name: /plan\.txt/ }).click();
  assert.equal((await saved).suggestedFilename(), 'plan.txt');

  // A deleted message takes its files along.
  const address = await picture.evaluate((img) => /** @type {HTMLImageElement} */ (img).src);
  const own = rows(ada).filter({ hasText: 'Where we meet' });
  await own.focus();
  await ada.keyboard.press('Delete');
  await ada.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await rows(ben).filter({ hasText: 'Message deleted' }).waitFor();
  const gone = await ben.evaluate(
    async (url) => (await fetch(url, { cache: 'reload' })).status,
    address,
  );
  assert.equal(gone, 404);
});

story('a file that is pasted at once is not lost', async (scene) => {
  const ada = await scene.person({ serviceWorkers: 'block' });
  // The part that takes files is long on its way.
  /** @type {(() => void)[]} */
  const waiting = [];
  let isHeld = true;
  await ada.route(/assets\/(?:files|compose)-/, async (route) => {
    if (isHeld) await new Promise((go) => waiting.push(() => go(undefined)));
    await route.continue();
  });
  await comeIn(ada, scene.house.url, 'Ada');
  await composer(ada).evaluate((box) => {
    const data = new DataTransfer();
    data.items.add(new File(['early'], 'early.txt', { type: 'text/plain' }));
    box.dispatchEvent(
      new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }),
    );
  });
  isHeld = false;
  for (const go of waiting) go();
  const tray = ada.getByRole('list', { name: 'Attached files' });
  await tray.getByText('Ready').waitFor();
  await composer(ada).press('Enter');
  await rows(ada)
    .filter({ hasText: /early\.txt/ })
    .waitFor();
});

story('files are pasted and dropped, taken away, and wait for a reload', async (scene) => {
  const ada = await scene.person();
  await comeIn(ada, scene.house.url, 'Ada');
  const field = composer(ada);
  // What takes files is there as soon as one sees that it is.
  await ada.getByRole('button', { name: 'Attach files' }).waitFor();
  await field.evaluate((box) => {
    const data = new DataTransfer();
    data.items.add(new File(['pasted'], 'pasted.txt', { type: 'text/plain' }));
    box.dispatchEvent(
      new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }),
    );
  });
  const tray = ada.getByRole('list', { name: 'Attached files' });
  await tray.getByText('pasted.txt').waitFor();
  const dropped = await ada.evaluateHandle(() => {
    const data = new DataTransfer();
    data.items.add(new File(['dropped'], 'dropped.txt', { type: 'text/plain' }));
    return data;
  });
  await ada.locator('main').dispatchEvent('dragover', { dataTransfer: dropped });
  await ada.getByText('Drop to attach').waitFor();
  await ada.locator('main').dispatchEvent('drop', { dataTransfer: dropped });
  await tray.getByText('dropped.txt').waitFor();
  await tray.getByText('Ready').nth(1).waitFor();
  await ada.getByRole('button', { name: 'Remove pasted.txt' }).click();
  await tray.getByText('pasted.txt').waitFor({ state: 'detached' });

  await ada.reload();
  await tray.getByText('dropped.txt').waitFor();
  await field.press('Enter');
  await rows(ada)
    .getByRole('link', { name: /dropped\.txt/ })
    .waitFor();
  assert.equal(await tray.count(), 0);
});

story('an upload goes on where the network broke, and the message waits for it', async (scene) => {
  const ada = await scene.person({ serviceWorkers: 'block' });
  await comeIn(ada, scene.house.url, 'Ada');
  let pieces = 0;
  await ada.route('**/v1/files/**', async (route) => {
    const isPiece = route.request().method() === 'PATCH';
    // The second piece is lost on the way.
    if (isPiece && ++pieces === 2) return route.abort('connectionreset');
    return route.continue();
  });
  await choose(ada, [textFile('long.txt', 'tea '.repeat(300_000))]);
  await say(ada, 'It is long');
  await rows(ada)
    .filter({ hasText: 'It is long' })
    .getByRole('link', { name: /long\.txt/ })
    .waitFor();
  assert.ok(pieces > 2, `${pieces} pieces`);
});

story('a message that waits for its files goes once, wherever its writer is', async (scene) => {
  const ada = await scene.person({ serviceWorkers: 'block' });
  await setUp(ada, await scene.house.setUpLink());
  await makeRoom(ada, 'Garden');
  const garden = roomLink(ada, /Garden/);
  const main = roomLink(ada, /1024/);
  const goes = ada.getByText('The message goes out when its files are there.');
  /** @type {() => void} */
  let letGo = () => {};
  await ada.route('**/v1/files/**', async (route) => {
    if (route.request().method() === 'PATCH') await held;
    await route.continue();
  });
  const hold = () =>
    new Promise((go) => {
      letGo = () => go(undefined);
    });
  /** @param {string} text */
  const sent = (text) => rows(ada).filter({ hasText: text }).getByRole('link', { name: /long/ });

  // Who came back has another box than the one in which they pressed Enter.
  let held = hold();
  await choose(ada, [textFile('long-1.txt', 'tea '.repeat(300_000))]);
  await say(ada, 'The first');
  await goes.waitFor();
  await main.click();
  await garden.and(ada.getByRole('link', { name: /has a draft/ })).click();
  await holds(ada, 'The first');
  await composer(ada).fill('The very first');
  letGo();
  await sent('The very first').waitFor();
  await holds(ada, '');

  // Who is elsewhere finds there what they write there.
  held = hold();
  await choose(ada, [textFile('long-2.txt', 'tea '.repeat(300_000))]);
  await say(ada, 'The second');
  await goes.waitFor();
  await main.click();
  await ada.getByRole('heading', { level: 1, name: /1024/ }).waitFor();
  await composer(ada).fill('Meanwhile');
  const drafted = roomLink(ada, /Garden.*has a draft/);
  await drafted.waitFor();
  letGo();
  await drafted.waitFor({ state: 'detached' });
  await holds(ada, 'Meanwhile');
  assert.equal(await rows(ada).count(), 0, 'nothing went out here');
  await garden.click();
  await sent('The second').waitFor();
  await holds(ada, '');
  await composer(ada).press('Enter');
  assert.equal(await rows(ada).count(), 2);
  assert.equal(await unsent(ada).count(), 0);
});

story('what was refused is written again with its files, beside what is begun', async (scene) => {
  const owner = await scene.person();
  await setUp(owner, await scene.house.setUpLink());
  await makeRoom(owner, 'Garden');
  const network = await scene.network();
  const ada = await scene.person();
  await comeIn(ada, `${network.url}/r/garden`, 'Ada');
  const tray = ada.getByRole('list', { name: 'Attached files' });
  const buffer = await image(ada, 320, 180);
  await choose(ada, [
    { name: 'rose.png', mimeType: 'image/png', buffer },
    textFile('plan.txt', 'tea at four'),
  ]);
  await tray.getByText('Ready').nth(1).waitFor();
  network.cut();
  await say(ada, 'The roses');
  await unsent(ada).waitFor();
  await owner.goto(`${scene.house.url}/r/garden/settings/who`);
  /** @param {string} label */
  const mayWrite = async (label) => {
    const saved = owner.waitForResponse((answer) => answer.request().method() === 'PATCH');
    await owner.getByLabel('Who may write').selectOption({ label });
    await saved;
  };
  await mayWrite('Moderators (announcements)');
  network.mend();
  const edit = unsent(ada).getByRole('button', { name: 'Edit' });
  await edit.waitFor();
  await mayWrite('Everybody who may read');
  await composer(ada).fill('By the way');
  await edit.click();
  await holds(ada, 'By the way\nThe roses');
  await unsent(ada).waitFor({ state: 'detached' });
  await tray.getByText('Ready').nth(1).waitFor();
  await tray.locator('img').evaluate((img) => /** @type {HTMLImageElement} */ (img).decode());
  await tray.getByRole('textbox', { name: /Describe this image/ }).fill('A rose');
  await tray.getByRole('textbox', { name: /Describe this image/ }).press('Enter');

  // All of it waits for a new page, too.
  await roomLink(ada, /1024/).click();
  await ada.getByRole('heading', { level: 1, name: /1024/ }).waitFor();
  await ada.goto(`${network.url}/r/garden`);
  await tray.getByText('Ready').nth(1).waitFor();
  await holds(ada, 'By the way\nThe roses');
  await composer(ada).press('Enter');
  await hears(ada, 'By the way');
  const row = rows(ada).filter({ hasText: 'The roses' });
  await row.getByRole('link', { name: /plan\.txt/ }).waitFor();
  await row.getByRole('img', { name: 'A rose' }).waitFor();
});

story('what is too large is refused and says so', async (scene) => {
  await scene.house.end('SIGTERM');
  scene.house.settings = { TEAHOUSE_FILE_BYTES_MAX: '2000000' };
  await scene.house.begin();
  const ada = await scene.person();
  await comeIn(ada, scene.house.url, 'Ada');
  await choose(ada, [textFile('large.txt', 'x'.repeat(2_000_001))]);
  await ada.getByText('It is too large: 2 MB at most.').waitFor();
  assert.equal(await ada.getByRole('button', { name: /Send large.txt again/ }).count(), 0);
  await ada.getByRole('button', { name: 'Remove large.txt' }).click();
});
