// The transport lab: four lanes show arrivals and what they cost, and one that is blocked says so while the others go on.
import assert from 'node:assert/strict';
import { comeIn, runsOn, wire } from '../acts.mjs';
import { story } from '../scene.mjs';

/** @typedef {import('playwright-core').Page} Page */

const names = ['WebSocket', 'Server-sent events', 'Long polling', 'Polling'];

story('four lanes show the same messages and what each costs', async (scene) => {
  const page = await scene.person();
  await comeIn(page, scene.house.url, 'Ada');
  await wire(page).click();
  await page.getByRole('link', { name: 'Open the transport lab' }).click();
  await page.getByRole('heading', { name: 'Transport lab' }).waitFor();
  await page.getByRole('radio', { name: '½ s' }).check();
  for (const name of names)
    await lane(page, name).locator('.time-dot').nth(2).waitFor({ state: 'attached' });
  await page.getByRole('radio', { name: 'Off' }).check();
  await page.getByText('The figures as a table').click();
  const costs = await settled(page);
  scene.t.diagnostic(JSON.stringify(costs));
  const [socket, stream, long, poll] = names.map((name) => costs[name]);
  assert.ok(socket && stream && long && poll);
  for (const { text } of [socket, stream, long, poll]) assert.equal(text, 120);
  for (const { frame } of [socket, stream]) assert.ok(frame > 100 && frame < 400, `${frame}`);
  assert.ok(socket.transport >= 2 && socket.transport <= 16, `${socket.transport}`);
  assert.ok(stream.transport > socket.transport && stream.transport < 60, `${stream.transport}`);
  assert.ok(long.transport > 3 * stream.transport, `${long.transport}`);
  assert.ok(poll.idle > 3 * long.idle, 'what polling costs more is the asking for nothing');
  await page.getByRole('button', { name: 'How it is measured' }).click();
  await page.getByText(/^WebSocket: 1 request, /).waitFor();
});

story('a lane that is blocked says so, and the others go on', async (scene) => {
  const proxy = await scene.proxy({ refusesUpgrades: true });
  const page = await scene.person();
  // Also without a name: the lab is open to whoever comes by.
  await page.goto(`${proxy.url}/lab`);
  await lane(page, 'WebSocket').getByText('Blocked here').waitFor();
  for (const name of names.slice(1))
    await lane(page, name).locator('.time-dot').first().waitFor({ state: 'attached' });
  assert.equal(await lane(page, 'WebSocket').locator('.time-dot').count(), 0);
  proxy.rule({});
  await lane(page, 'WebSocket').locator('.time-dot').first().waitFor({ state: 'attached' });
});

story('a transport is fixed on this device, and let go again', async (scene) => {
  const page = await scene.person();
  await comeIn(page, scene.house.url, 'Ada');
  await runsOn(page, /Live · WebSocket/);
  await page.goto(`${scene.house.url}/lab`);
  await page
    .getByRole('button', { name: 'Use this: Long polling for the chat on this device' })
    .click();
  await lane(page, 'Long polling').getByText('In use').waitFor();
  await page.goto(scene.house.url);
  await runsOn(page, /Live · Long polling/);
  await wire(page).click();
  await page.getByRole('button', { name: 'Choose automatically' }).click();
  await runsOn(page, /Live · WebSocket/);
});

/** @param {Page} page @param {string} name */
function lane(page, name) {
  return page.getByRole('region', { name, exact: true });
}

/**
 * The figures of the table, once the counts of all lanes are there.
 * @param {Page} page
 * @returns {Promise<Record<string, {text: number, frame: number, transport: number, idle: number}>>}
 */
async function settled(page) {
  const cells = page.locator('.lab-table tbody tr td:nth-child(7)');
  for (const index of names.keys()) await cells.nth(index).filter({ hasText: /B$/ }).waitFor();
  const rows = await page
    .locator('.lab-table tbody tr')
    .evaluateAll((all) =>
      all.map((row) => [...row.children].map((cell) => cell.textContent ?? '')),
    );
  return Object.fromEntries(
    rows.map(([name = '', , , , text = '', frame = '', transport = '', idle = '']) => [
      name,
      { text: bytes(text), frame: bytes(frame), transport: bytes(transport), idle: bytes(idle) },
    ]),
  );
}

/** @param {string} text */
function bytes(text) {
  const [number = '', unit] = text.split(' ');
  return Number(number.replace(',', '')) * (unit === 'KB' ? 1000 : 1);
}
