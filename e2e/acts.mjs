// What people do in the app, by the names that they see.
import assert from 'node:assert/strict';

/** @typedef {import('playwright-core').Page} Page */

/** The words of the page, as far as the stories need them. */
export const words = {
  en: {
    name: 'What should we call you?',
    enter: 'Come in',
    send: 'Send',
    text: /^Message #/,
    messages: /^Messages in /,
  },
  zh: {
    name: '怎么称呼你？',
    enter: '进来坐',
    send: '发送',
    text: /^发消息到 #/,
    messages: /的消息$/,
  },
};

/** The box for the message. @param {Page} page */
export function composer(page, t = words.en) {
  return page.getByRole('textbox', { name: t.text });
}

/** Through the door with a name, into the room. @param {Page} page @param {string} url @param {string} name */
export async function comeIn(page, url, name, t = words.en) {
  await page.goto(url);
  await page.getByLabel(t.name).fill(name);
  await page.getByRole('button', { name: t.enter, exact: true }).click();
  await composer(page, t).waitFor();
}

/**
 * Waits until something that a page or its worker has to be asked for answers with yes. (`waitForFunction` takes a
 * promise for a yes.)
 * @template T
 * @param {{evaluate(text: string): Promise<unknown>}} there a page or a worker
 * @param {(what: T) => Promise<boolean>} is runs there
 * @param {T} what
 */
export async function until(there, is, what) {
  const text = `async (what) => {
    const end = Date.now() + 20_000;
    while (Date.now() < end) {
      if (await (${is})(what)) return true;
      await new Promise((go) => setTimeout(go, 16));
    }
    return false;
  }`;
  const asked = `(${text})(${JSON.stringify(what)})`;
  assert.ok(
    await there.evaluate(asked),
    `it never became true with ${JSON.stringify(what)}: ${is}`,
  );
}

/** Reloads a page that has no network: Chromium takes the new one for online until it is told again. @param {Page} page */
export async function reloadOffline(page) {
  await page.reload();
  const session = await page.context().newCDPSession(page);
  await session.send('Network.enable');
  const none = { offline: true, latency: 0, downloadThroughput: -1, uploadThroughput: -1 };
  await session.send('Network.overrideNetworkState', none);
}

/** Writes and sends with Enter. @param {Page} page @param {string} text */
export async function say(page, text, t = words.en) {
  await composer(page, t).fill(text);
  await composer(page, t).press('Enter');
}

/** Waits until that stands in the box for the message, also where the box itself is another by then. @param {Page} page @param {string} text */
export async function holds(page, text) {
  const is = (/** @type {string} */ wanted) => {
    const box = document.getElementById('composer');
    return box instanceof HTMLTextAreaElement && box.value === wanted;
  };
  await page.waitForFunction(is, text);
}

/** The rows that the house has numbered. @param {Page} page */
export function rows(page) {
  return page.getByRole('log').locator('article[data-seq]');
}

/** The rows that wait to be sent. @param {Page} page */
export function unsent(page) {
  return page.getByRole('log').locator('article:not([data-seq])');
}

/** Waits until that message stands in the list with its number. @param {Page} page @param {string} text */
export async function hears(page, text) {
  await rows(page).filter({ hasText: text }).first().waitFor();
}

/** What stands in the list, in order. @param {Page} page */
export async function texts(page) {
  const found = await rows(page).evaluateAll((all) =>
    all.map((row) => ({
      seq: Number(row.getAttribute('data-seq')),
      text: row.querySelector('.message-text')?.textContent ?? '',
    })),
  );
  for (const [index, row] of found.entries()) {
    const before = found[index - 1];
    assert.ok(
      before === undefined || before.seq < row.seq,
      'the rows stand in the order of their numbers',
    );
  }
  return found.map((row) => row.text);
}

/** Waits until a page shows so many numbered messages, then says which. @param {Page} page @param {number} count */
export async function shows(page, count) {
  await rows(page)
    .nth(count - 1)
    .waitFor({ state: 'attached' });
  return texts(page);
}

/** Both see the same, in the same order, and nothing twice. @param {string[]} mine @param {string[]} theirs */
export function agree(mine, theirs) {
  assert.deepEqual(mine, theirs);
  assert.equal(new Set(mine).size, mine.length, `a message stands twice: ${mine}`);
}

/** What the chat runs on, as the page says it. @param {Page} page */
export function wire(page) {
  return page.getByRole('button', { name: /^Connection: / });
}

/** Waits until the page says that. @param {Page} page @param {RegExp} text @param {number} [timeout] */
export async function runsOn(page, text, timeout) {
  const options = timeout === undefined ? {} : { timeout };
  await wire(page).filter({ hasText: text }).waitFor(options);
}

/** What the server has stored in the room, in the order of its numbers. @param {string} url */
export async function stored(url) {
  const answer = await fetch(`${url}/v1/rooms/1024/messages?limit=200`);
  assert.equal(answer.status, 200);
  const lines = (await answer.text()).split('\n').filter((line) => line !== '');
  const events = lines.map((line) => JSON.parse(line));
  for (const [index, event] of events.entries()) {
    const before = events[index - 1];
    assert.ok(before === undefined || before.seq < event.seq, 'the log stands in order');
  }
  return events.map((event) => String(event.body.text));
}

/** A password that is long enough. */
export const password = 'two cups of 龙井';

/** Makes the owner by the link of the first start. @param {Page} page @param {string} link */
export async function setUp(page, link, name = '馆主') {
  await page.goto(link);
  await page.getByLabel('Your name').fill(name);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Open the house' }).click();
  await composer(page).waitFor();
}

/** Makes a room and stands in it. @param {Page} page @param {string} name @param {string} [kind] */
export async function makeRoom(page, name, kind = 'Public') {
  await page.getByRole('button', { name: 'New room or invite' }).click();
  await page.getByRole('menuitem', { name: 'New room' }).click();
  const dialog = page.getByRole('dialog', { name: 'New room' });
  await dialog.getByLabel('Name', { exact: true }).fill(name);
  await dialog.getByRole('radio', { name: kind }).check();
  await dialog.getByRole('button', { name: 'Make the room' }).click();
  await page.getByRole('heading', { level: 1, name }).waitFor();
}

/** Makes an invite to the room that is open; answers with its link. @param {Page} page */
export async function invite(page) {
  await page.getByRole('button', { name: 'More about this room' }).click();
  await page.getByRole('menuitem', { name: 'Invite people' }).click();
  const dialog = page.getByRole('dialog', { name: /^Invite people to / });
  await dialog.getByRole('button', { name: 'Make a link' }).click();
  const link = await dialog.getByRole('textbox', { name: 'Invite link' }).inputValue();
  await dialog.getByRole('img', { name: /^QR code/ }).waitFor();
  await page.keyboard.press('Escape');
  return link;
}

/** The row of a room in the sidebar. @param {Page} page @param {string | RegExp} name */
export function roomLink(page, name) {
  return page.getByRole('navigation', { name: 'Rooms' }).getByRole('link', { name });
}

/**
 * Opens the menu of a message and takes something from it.
 * @param {Page} page
 * @param {string} text
 * @param {string} item
 * @param {() => Promise<void>} [look] at the menu, before
 */
export async function choose(page, text, item, look) {
  const row = rows(page).filter({ hasText: text }).first();
  await row.click({ button: 'right', position: { x: 8, y: 8 } });
  const found = page.getByRole('menuitem', { name: item });
  await found.waitFor();
  await look?.();
  await found.click();
}
