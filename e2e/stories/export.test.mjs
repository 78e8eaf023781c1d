// A room that somebody takes along: one page that reads without the house, and lines for programs.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { comeIn, hears, say } from '../acts.mjs';
import { story } from '../scene.mjs';

story('a room is taken along and read without the house', async (scene) => {
  const ada = await scene.person();
  await comeIn(ada, scene.house.url, 'Ada');
  await say(ada, 'We meet at <b>the 茶馆</b>.');
  await hears(ada, 'We meet at');
  /** @param {string} form */
  const take = async (form) => {
    await ada.getByRole('button', { name: 'More about this room' }).click();
    await ada.getByRole('menuitem', { name: 'Export the room' }).click();
    const saved = ada.waitForEvent('download');
    await ada.getByRole('dialog').getByRole('link', { name: form }).click();
    const download = await saved;
    return {
      name: download.suggestedFilename(),
      text: await readFile(await download.path(), 'utf8'),
    };
  };
  const lines = await take('For programs (NDJSON)');
  assert.equal(lines.name, '1024.ndjson');
  const said = lines.text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
  assert.ok(said.some((event) => event.body.text === 'We meet at <b>the 茶馆</b>.'));

  const page = await take('A page to read (HTML)');
  assert.equal(page.name, '1024.html');
  await scene.house.end('SIGTERM');
  const reader = await scene.person({ offline: true, javaScriptEnabled: false });
  await reader.setContent(page.text);
  await reader.getByRole('heading', { level: 1, name: /1024/ }).waitFor();
  await reader.getByText('We meet at <b>the 茶馆</b>.').waitFor();
});
