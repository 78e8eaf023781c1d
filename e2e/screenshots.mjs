// Makes the pictures of the README from a real server and a short conversation: npm run screenshots
import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { comeIn, composer, hears, say, words } from './acts.mjs';
import { launch } from './browser.mjs';
import { House } from './house.mjs';

/** @typedef {import('playwright-core').BrowserContextOptions} ContextOptions */

const folder = fileURLToPath(new URL('../docs/screenshots', import.meta.url));
const wide = { viewport: { width: 1360, height: 850 } };
const phone = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, hasTouch: true };

const talk = [
  ['Ada', 'Morning. Is the kettle on?'],
  ['小满', '水刚开，今天泡的是明前龙井。'],
  ['Ada', 'Save me a cup, the train goes into the tunnel in a minute.'],
  ['Noor', 'What is 明前?'],
  ['小满', 'Picked before Qingming, early April. 叶子最嫩，味道最淡。'],
  ['Ada', 'Back. Nothing lost, and three lines I wrote in the dark went out by themselves.'],
  ['Noor', 'In the right order, too. 🍵'],
  ['小满', '那就好。晚上八点，老地方见？'],
];

const house = await House.start();
const browser = await launch();
try {
  await mkdir(folder, { recursive: true });
  /** @type {Map<string, import('playwright-core').Page>} */
  const people = new Map();
  for (const name of ['Ada', '小满', 'Noor']) {
    const page = await person(wide);
    await comeIn(page, house.url, name);
    people.set(name, page);
  }
  for (const [name = '', text = ''] of talk) {
    const page = people.get(name);
    if (page === undefined) throw new Error(`${name} is not here`);
    await say(page, text);
    await hears(page, text);
  }
  await door('door-light', { ...wide, colorScheme: 'light' });
  await picture('room-light', { ...wide, colorScheme: 'light' }, 'Mei', words.en);
  await picture('room-dark', { ...wide, colorScheme: 'dark', locale: 'zh-CN' }, '阿青', words.zh);
  await picture(
    'phone-light',
    { ...phone, colorScheme: 'light', locale: 'zh-CN' },
    '林晓',
    words.zh,
  );
  await door('door-light', { ...wide, colorScheme: 'light' });
  const tall = { viewport: { width: 1440, height: 900 } };
  // One after the other: in a lab with others, their messages count too.
  await lab('lab-light', { ...tall, colorScheme: 'light' }, 'Lin', words.en);
  await lab('lab-dark', { ...tall, colorScheme: 'dark', locale: 'zh-CN' }, '小舟', words.zh);
  await lab('lab-phone', { ...phone, colorScheme: 'dark' }, 'Bo', words.en);
} finally {
  await browser.close();
  await house.close();
}

/** @param {ContextOptions} options */
async function person(options) {
  return (await browser.newContext({ locale: 'en-GB', ...options })).newPage();
}

/** The room as somebody sees it who comes in now. @param {string} file @param {ContextOptions} options @param {string} name @param {typeof words.en} t */
async function picture(file, options, name, t) {
  const page = await person(options);
  await comeIn(page, house.url, name, t);
  await hears(page, talk.at(-1)?.[1] ?? '');
  await composer(page, t).blur();
  await page.mouse.move(0, 0);
  await page.screenshot({ path: `${folder}/${file}.png` });
  await page.context().close();
}

/** The door, with the room behind it. @param {string} file @param {ContextOptions} options */
async function door(file, options) {
  const page = await person(options);
  await page.goto(house.url);
  await page.getByText(talk.at(-1)?.[1] ?? '').waitFor();
  await page.screenshot({ path: `${folder}/${file}.png` });
}

/**
 * The transport lab after half a minute and a bit: by then a heartbeat was counted too.
 * @param {string} file
 * @param {ContextOptions} options
 * @param {string} name
 * @param {typeof words.en} t
 */
async function lab(file, options, name, t) {
  const page = await person(options);
  await comeIn(page, house.url, name, t);
  await page.goto(`${house.url}/lab`);
  const figures = page.locator('[data-lane="stream"] .figure b').nth(2);
  await figures.filter({ hasText: /\d/ }).waitFor({ timeout: 60_000 });
  await page.mouse.move(0, 0);
  await page.screenshot({ path: `${folder}/${file}.png` });
  await page.context().close();
}
