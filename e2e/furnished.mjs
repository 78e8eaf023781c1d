// A room in which everything has happened that one can do: for stories that look at all of it.
import { choose, comeIn, hears, rows, say, setUp } from './acts.mjs';

/** @typedef {import('playwright-core').Page} Page */

/** An image made by the browser itself. @param {Page} page @param {number} width @param {number} height */
export async function image(page, width, height) {
  const base64 = await page.evaluate(
    async ([wide, high]) => {
      const canvas = document.createElement('canvas');
      Object.assign(canvas, { width: wide, height: high });
      const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
      const colours = context.createLinearGradient(0, 0, wide ?? 0, high ?? 0);
      colours.addColorStop(0, '#2f6f5e');
      colours.addColorStop(1, '#e0a33a');
      context.fillStyle = colours;
      context.fillRect(0, 0, wide ?? 0, high ?? 0);
      return canvas.toDataURL('image/png').split(',')[1] ?? '';
    },
    [width, height],
  );
  return Buffer.from(base64, 'base64');
}

/**
 * The owner, and a guest who wrote, answered, called, reacted, sent a picture; something is pinned.
 * @param {import('./scene.mjs').Scene} scene
 * @param {import('playwright-core').BrowserContextOptions} options of the owner's browser
 */
export async function furnished(scene, options) {
  const [ada, mei] = [await scene.person(options), await scene.person()];
  await setUp(ada, await scene.house.setUpLink(), 'Ada');
  await comeIn(mei, scene.house.url, '小满');
  await say(ada, 'The kettle is on.');
  await hears(mei, 'The kettle is on.');
  for (const text of ['Then I bring **cups**, @Ada, and `tea`.', 'And sugar.']) {
    await choose(mei, 'The kettle', 'Reply');
    await mei.keyboard.type(text);
    await mei.keyboard.press('Enter');
    await hears(ada, text.slice(0, 9));
  }
  const chooser = mei.waitForEvent('filechooser');
  await mei.getByRole('button', { name: 'Attach files' }).click();
  await (await chooser).setFiles([
    { name: 'cup.png', mimeType: 'image/png', buffer: await image(mei, 400, 300) },
  ]);
  await mei.getByRole('list', { name: 'Attached files' }).getByText('Ready').waitFor();
  await say(mei, 'This one');
  await hears(ada, 'This one');
  await rows(ada).getByRole('img', { name: /cup/ }).waitFor();
  await choose(ada, 'The kettle', 'Pin to room');
  await mei.getByRole('button', { name: '1 pinned message' }).waitFor();
  return { ada, mei };
}
