// The network allows less and less, and the conversation goes on: nothing lost, nothing twice, nothing swapped.
import assert from 'node:assert/strict';
import { agree, comeIn, hears, runsOn, say, shows, stored, unsent } from '../acts.mjs';
import { story } from '../scene.mjs';

/** @typedef {import('playwright-core').Page} Page */

/** A better transport is tried again half a minute after a fall, the second time after a minute or a bit more. */
const upAgain_ms = 150_000;

story('WebSockets are blocked in the middle, and come back', async (scene) => {
  const proxy = await scene.proxy({});
  const [ada, xiaoman] = [await scene.person(), await scene.person()];
  await comeIn(ada, proxy.url, 'Ada');
  await comeIn(xiaoman, scene.house.url, '小满');
  await runsOn(ada, /WebSocket/);
  const said = await talk(ada, xiaoman, 'open');
  proxy.rule({ refusesUpgrades: true });
  await say(ada, 'written while the door was closing');
  await runsOn(ada, /Streaming/);
  said.push('written while the door was closing');
  said.push(...(await talk(ada, xiaoman, 'blocked')));
  await everywhere(scene, ada, xiaoman, said);
  proxy.rule({});
  said.push(...(await talk(ada, xiaoman, 'open again')));
  await runsOn(ada, /WebSocket/, upAgain_ms);
  said.push(...(await talk(ada, xiaoman, 'up again')));
  await everywhere(scene, ada, xiaoman, said);
});

story('a proxy that holds answers back leaves long polling', async (scene) => {
  const proxy = await scene.proxy({ refusesUpgrades: true, buffers: true });
  const [ada, xiaoman] = [await scene.person(), await scene.person()];
  await comeIn(ada, proxy.url, 'Ada');
  await comeIn(xiaoman, scene.house.url, '小满');
  const said = await talk(ada, xiaoman, 'first');
  await runsOn(ada, /Long polling/, upAgain_ms);
  said.push(...(await talk(ada, xiaoman, 'then')));
  await everywhere(scene, ada, xiaoman, said);
});

story('a proxy without patience leaves polling', async (scene) => {
  const proxy = await scene.proxy({ refusesUpgrades: true, patience_ms: 900 });
  const [ada, xiaoman] = [await scene.person(), await scene.person()];
  await comeIn(ada, proxy.url, 'Ada');
  await comeIn(xiaoman, scene.house.url, '小满');
  const said = await talk(ada, xiaoman, 'first');
  await runsOn(ada, /^(?!.*Long).*Polling/, upAgain_ms);
  said.push(...(await talk(ada, xiaoman, 'then')));
  await everywhere(scene, ada, xiaoman, said);
});

story('a server that restarts demotes nobody', async (scene) => {
  const proxy = await scene.proxy({});
  const [ada, xiaoman] = [await scene.person(), await scene.person()];
  await comeIn(ada, proxy.url, 'Ada');
  await comeIn(xiaoman, proxy.url, '小满');
  const said = await talk(ada, xiaoman, 'before');
  for (const signal of /** @type {const} */ (['SIGTERM', 'SIGKILL'])) {
    await scene.house.end(signal);
    await say(ada, `during ${signal}`);
    await unsent(ada).first().waitFor();
    await scene.house.begin();
    proxy.target = scene.house.port;
    await hears(xiaoman, `during ${signal}`);
    said.push(`during ${signal}`);
    await runsOn(ada, /Live · WebSocket/);
    await runsOn(xiaoman, /Live · WebSocket/);
  }
  said.push(...(await talk(ada, xiaoman, 'after')));
  await everywhere(scene, ada, xiaoman, said);
});

/** Both say something in turn. @param {Page} ada @param {Page} xiaoman @param {string} when */
async function talk(ada, xiaoman, when) {
  const lines = [`${when}: one`, `${when}：二`, `${when}: three`, `${when}：四`];
  for (const [index, line] of lines.entries()) {
    const [speaker, listener] = index % 2 === 0 ? [ada, xiaoman] : [xiaoman, ada];
    await say(speaker, line);
    await hears(listener, line);
  }
  return lines;
}

/**
 * The same stands in both pages and in the server's log.
 * @param {import('../scene.mjs').Scene} scene
 * @param {Page} ada
 * @param {Page} xiaoman
 * @param {string[]} said
 */
async function everywhere(scene, ada, xiaoman, said) {
  const seen = await shows(ada, said.length);
  agree(seen, await shows(xiaoman, said.length));
  agree(seen, await stored(scene.house.url));
  assert.deepEqual(seen, said);
  assert.equal(await unsent(ada).count(), 0);
}
