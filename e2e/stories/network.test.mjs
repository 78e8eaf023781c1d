// The network goes away, the page is reloaded, the server is killed: nothing is lost, repeated or swapped.
import assert from 'node:assert/strict';
import { agree, comeIn, hears, say, shows, unsent } from '../acts.mjs';
import { story } from '../scene.mjs';

story('both write while one is away, and both end with the same', async (scene) => {
  const network = await scene.network();
  const [ada, xiaoman] = [await scene.person(), await scene.person()];
  await comeIn(ada, network.url, 'Ada');
  await comeIn(xiaoman, scene.house.url, '小满');
  await say(ada, 'before');
  await hears(xiaoman, 'before');
  network.cut();
  await ada.context().setOffline(true);
  for (const text of ['from the train', 'through a tunnel', 'still dark']) await say(ada, text);
  for (const text of ['还在吗？', '给你留了座', '茶要凉了']) await say(xiaoman, text);
  await shows(xiaoman, 4);
  await unsent(ada).nth(2).waitFor();
  network.mend();
  await ada.context().setOffline(false);
  const seen = await shows(ada, 7);
  agree(seen, await shows(xiaoman, 7));
  const mine = seen.filter((text) => /train|tunnel|dark/.test(text));
  assert.deepEqual(mine, ['from the train', 'through a tunnel', 'still dark']);
  assert.equal(await unsent(ada).count(), 0);
});

story('a reload keeps what was not sent, and it goes out once', async (scene) => {
  const network = await scene.network();
  const ada = await scene.person({ serviceWorkers: 'block' });
  const xiaoman = await scene.person();
  await comeIn(ada, network.url, 'Ada');
  await comeIn(xiaoman, scene.house.url, '小满');
  // The page loads, and nothing carries: on a slow machine another transport would have time to be found.
  network.cutWebSockets();
  const others = /\/v1\/(stream|poll|send)/;
  await ada.context().route(others, (route) => route.abort());
  await say(ada, 'one');
  await say(ada, 'two');
  await unsent(ada).nth(1).waitFor();
  await ada.reload();
  await unsent(ada).nth(1).waitFor();
  assert.deepEqual(await unsent(ada).locator('.message-text').allTextContents(), ['one', 'two']);
  network.mend();
  await ada.context().unroute(others);
  await ada.reload();
  agree(await shows(ada, 2), ['one', 'two']);
  await say(ada, 'three');
  agree(await shows(xiaoman, 3), ['one', 'two', 'three']);
  assert.equal(await unsent(ada).count(), 0);
});

story('the server restarts in the middle, and the page goes on by itself', async (scene) => {
  const network = await scene.network();
  const [ada, xiaoman] = [await scene.person(), await scene.person()];
  await comeIn(ada, network.url, 'Ada');
  await comeIn(xiaoman, network.url, '小满');
  const written = [];
  for (const signal of /** @type {const} */ (['SIGTERM', 'SIGKILL'])) {
    written.push(`before ${signal}`);
    await say(ada, `before ${signal}`);
    await hears(xiaoman, `before ${signal}`);
    await scene.house.end(signal);
    written.push(`during ${signal}`);
    await say(ada, `during ${signal}`);
    await unsent(ada).first().waitFor();
    await scene.house.begin();
    network.target = scene.house.port;
    await hears(xiaoman, `during ${signal}`);
  }
  agree(await shows(ada, 4), written);
  agree(await shows(xiaoman, 4), written);
});

story(
  'a network that dies without a word is noticed',
  async (scene) => {
    const network = await scene.network();
    const [ada, xiaoman] = [await scene.person(), await scene.person()];
    await comeIn(ada, network.url, 'Ada');
    await comeIn(xiaoman, scene.house.url, '小满');
    await say(ada, 'before');
    await hears(xiaoman, 'before');
    network.hold();
    await say(xiaoman, '听得到吗？');
    await say(ada, 'into the silence');
    await hears(xiaoman, 'into the silence');
    await ada.getByText('Connection lost.').first().waitFor();
    network.release();
    agree(await shows(ada, 3), await shows(xiaoman, 3));
  },
  { TEAHOUSE_HEARTBEAT_S: '1', TEAHOUSE_PONG_S: '2' },
);
