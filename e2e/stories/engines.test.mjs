// The list and the composer in three engines: what stays where it is, and what a key does.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { engines, Reader } from '../engines/engine.mjs';
import { House } from '../house.mjs';

const fast = { TEAHOUSE_SENDS_PER_SECOND: '100000', TEAHOUSE_SENDS_BURST: '100000' };

for (const Engine of engines) {
  test(`the list stands still in ${Engine.name}`, async () => {
    const house = await House.start(fast);
    const engine = await Engine.start();
    try {
      const writer = await guest(house.url, 'Bo');
      await writer.write(lines('early', 200));
      const reader = new Reader(engine);
      await comeIn(reader, house.url);
      await reader.until(endsWith, 'early 200');
      await appendsAtTheEnd(reader, writer);
      await holdsInTheMiddle(reader, writer);
      await holdsAtTheTop(reader);
      await holdsWhenAboveGrows(reader);
      await composes(reader, house.url);
    } finally {
      await engine.close();
      await house.close();
    }
  });
}

/** At the live end every message comes into view by itself. @param {Reader} reader @param {Writer} writer */
async function appendsAtTheEnd(reader, writer) {
  for (const text of lines('live', 3)) {
    await writer.write([text]);
    await reader.until(endsWith, text);
    assert.ok((await reader.on(belowEnd)) < 2, `${text} is on the screen`);
  }
}

/** While somebody reads, a thousand events move nothing. @param {Reader} reader @param {Writer} writer */
async function holdsInTheMiddle(reader, writer) {
  await reader.on(scrollUp, 1200);
  await reader.until(rests);
  const before = await seen(reader);
  await writer.write(lines('more', 1000));
  await reader.until(() =>
    /1,000 new/.test(document.querySelector('.latest-pill')?.textContent ?? ''),
  );
  assert.deepEqual(await seen(reader), before, 'the first visible row has not moved by a pixel');
}

/** Older messages come in above; what was read stays. @param {Reader} reader */
async function holdsAtTheTop(reader) {
  for (let pages = 0; pages < 3; pages += 1) {
    const oldest = await reader.on(oldestSeq);
    if (oldest === 1) break;
    await reader.on(scrollUp, 100_000);
    const before = await seen(reader);
    await reader.until(
      (seq) => Number(document.querySelector('article')?.dataset['seq']) < seq,
      oldest,
    );
    await reader.until(rests);
    const moved = Math.abs((await reader.on(bottomOf, before.seq)) - before.bottom);
    assert.ok(moved < 1, `row ${before.seq} moved by ${moved} px`);
  }
}

/** An image above comes to its size, rows above are cut. @param {Reader} reader */
async function holdsWhenAboveGrows(reader) {
  await reader.on(scrollUp, -600);
  await reader.until(rests);
  const before = await seen(reader);
  await reader.on((seq) => {
    const above = document.querySelector(`article[data-seq="${seq}"]`)?.previousElementSibling;
    /** @type {HTMLElement} */ (above).style.paddingBlockEnd = '300px';
  }, before.seq);
  await reader.until(rests);
  const after = await reader.on(bottomOf, before.seq);
  assert.ok(Math.abs(after - before.bottom) < 1, 'what grows above moves nothing');
}

/** Keys and words of a person at the composer. @param {Reader} reader @param {string} url */
async function composes(reader, url) {
  await reader.on(() => document.getElementById('composer')?.focus());
  await reader.type('one');
  await reader.press('Shift', 'Enter');
  await reader.type('two 茶馆');
  assert.equal(await reader.on(composerText), 'one\ntwo 茶馆');
  await reader.press('Enter');
  await reader.until(endsWith, 'one\ntwo 茶馆');
  assert.equal(await reader.on(composerText), '', 'what was sent has left the composer');
  assert.ok((await reader.on(belowEnd)) < 2, 'sending leads to the end');
  await reader.type('not yet');
  await reader.until(isKept, 'not yet');
  await reader.engine.goTo(`${url}/r/1024`);
  await reader.until(() => document.querySelector('textarea')?.value === 'not yet');
}

/** What is at the top of the screen. @param {Reader} reader */
async function seen(reader) {
  const found = await reader.on(place);
  assert.ok(found.seq !== '' && Number.isFinite(found.bottom), 'a message is on the screen');
  return found;
}

/** @param {Reader} reader @param {string} url */
async function comeIn(reader, url) {
  await reader.engine.goTo(url);
  await reader.until(() => document.activeElement?.id === 'name');
  await reader.type('Ada');
  await reader.press('Enter');
  await reader.until(() => document.activeElement?.id === 'composer');
}

/** @param {string} word @param {number} count */
function lines(word, count) {
  return Array.from({ length: count }, (_, index) => `${word} ${index + 1}`);
}

/** @typedef {Awaited<ReturnType<typeof guest>>} Writer */

/** Somebody who writes over plain HTTP. @param {string} url @param {string} name */
async function guest(url, name) {
  const answer = await fetch(`${url}/v1/guests`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name }),
  });
  const { token } = /** @type {{token: string}} */ (await answer.json());
  return {
    /** @param {string[]} texts */
    async write(texts) {
      for (const body of texts) {
        const headers = { authorization: `Bearer ${token}`, 'content-type': 'text/plain' };
        const stored = await fetch(`${url}/v1/rooms/1024/messages`, {
          method: 'POST',
          headers,
          body,
        });
        assert.ok(stored.ok, `${body}: ${stored.status}`);
      }
    },
  };
}

// What follows runs in the page.

/** @param {string} text */
function endsWith(text) {
  const last = [...document.querySelectorAll('article[data-seq]')].at(-1);
  return last?.querySelector('.message-text')?.textContent === text;
}

/** How far the end is below the screen. */
function belowEnd() {
  return Math.abs(document.querySelector('#messages')?.scrollTop ?? Number.NaN);
}

/** @param {number} by */
function scrollUp(by) {
  document.querySelector('#messages')?.scrollBy({ top: -by, behavior: 'instant' });
}

/** Nothing scrolled and nothing was drawn in twenty frames. */
async function rests() {
  const box = document.querySelector('#messages');
  const state = () =>
    `${box?.scrollTop} ${box?.scrollHeight} ${box?.querySelectorAll('article').length}`;
  const before = state();
  for (let frame = 0; frame < 20; frame += 1)
    await new Promise((done) => requestAnimationFrame(() => done(undefined)));
  return state() === before;
}

/** The first row that is wholly on the screen, and where it ends. */
function place() {
  const top = document.querySelector('#messages')?.getBoundingClientRect().top ?? 0;
  const all = [...document.querySelectorAll('article[data-seq]')];
  const row = all.find((one) => one.getBoundingClientRect().top >= top);
  return {
    seq: row?.getAttribute('data-seq') ?? '',
    bottom: row?.getBoundingClientRect().bottom ?? Number.NaN,
  };
}

/** @param {string} seq */
function bottomOf(seq) {
  return (
    document.querySelector(`article[data-seq="${seq}"]`)?.getBoundingClientRect().bottom ??
    Number.NaN
  );
}

function oldestSeq() {
  return Number(document.querySelector('article[data-seq]')?.getAttribute('data-seq'));
}

/** The draft is on the disk. @param {string} text */
async function isKept(text) {
  const asked = indexedDB.open('teahouse');
  await new Promise((done) => {
    asked.onsuccess = done;
  });
  const all = asked.result.transaction('drafts').objectStore('drafts').getAll();
  await new Promise((done) => {
    all.onsuccess = done;
  });
  asked.result.close();
  return JSON.stringify(all.result).includes(text);
}

function composerText() {
  return document.querySelector('textarea')?.value;
}
