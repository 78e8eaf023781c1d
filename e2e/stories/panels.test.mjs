// Everything that opens over a room or beside it: axe finds nothing in it, keys alone open it, go through it and close
// it, and the focus returns to where it was.
import assert from 'node:assert/strict';
import { composer, rows, words } from '../acts.mjs';
import { content } from '../axe.mjs';
import { furnished } from '../furnished.mjs';
import { story } from '../scene.mjs';

/** @typedef {import('playwright-core').Page} Page */
/** @typedef {import('playwright-core').Locator} Locator */

/** Gives a message the focus. @param {Page} page @param {string} text */
async function select(page, text) {
  await rows(page).filter({ hasText: text }).first().focus();
}

/** The button in the head of the room. @param {Page} page */
function roomButton(page) {
  return page.getByRole('button', { name: 'More about this room' });
}

/** Presses a button by its key. @param {import('playwright-core').Locator} button */
async function enter(button) {
  await button.focus();
  await button.press('Enter');
}

/** Opens the room's menu and takes something from it, by keys alone. @param {Page} page @param {string} item */
async function fromRoomMenu(page, item) {
  await enter(roomButton(page));
  await page.getByRole('menuitem', { name: item }).focus();
  await page.keyboard.press('Enter');
}

/** Opens *Jump to…* from the text box and types. @param {Page} page @param {string} text */
async function jump(page, text) {
  await composer(page, anyComposer).focus();
  await page.keyboard.press('Control+k');
  await page
    .getByRole('combobox', { name: /^Jump to/ })
    .and(page.locator(':focus'))
    .waitFor();
  await page.keyboard.type(text);
}

/** On a phone the field has a shorter name. */
const anyComposer = { ...words.en, text: /^Message/ };

/** A panel by its name. @param {Page} page @param {string} name */
function panel(page, name) {
  return page.getByRole('complementary', { name });
}

/** @param {Page} page */
function message(page) {
  return rows(page).filter({ hasText: 'The kettle' }).first();
}

/**
 * What opens: how, by keys; the box of it, and what stands in it then; where the focus is again after Esc.
 * @typedef {{
 *   name: string,
 *   open: (page: Page) => Promise<void>,
 *   box: (page: Page) => Locator,
 *   shown: (box: Locator) => Locator,
 *   back: (page: Page) => Locator,
 * }} Thing
 */

/** @type {Thing[]} */
const over = [
  {
    name: 'the menu of a message',
    open: async (page) => {
      await select(page, 'The kettle');
      await page.keyboard.press('Enter');
    },
    box: (page) => page.getByRole('dialog'),
    shown: (box) => box.getByRole('menuitem', { name: 'Reply', exact: true }),
    back: message,
  },
  {
    name: 'the emoji picker',
    open: async (page) => {
      await select(page, 'The kettle');
      await page.keyboard.press('a');
    },
    box: (page) => page.getByRole('dialog', { name: 'Emoji' }),
    shown: (box) => box.getByRole('option').first(),
    back: message,
  },
  {
    name: 'the lightbox',
    open: (page) => enter(rows(page).locator('a.pic')),
    box: (page) => page.getByRole('dialog', { name: /^Image/ }),
    shown: (box) => box.getByRole('img', { name: /cup/ }),
    back: (page) => rows(page).locator('a.pic'),
  },
  {
    name: 'Jump to…',
    open: (page) => jump(page, ''),
    box: (page) => page.getByRole('dialog'),
    shown: (box) => box.getByRole('option').first(),
    back: (page) => composer(page, anyComposer),
  },
  {
    name: 'the command menu',
    open: (page) => jump(page, '>'),
    box: (page) => page.getByRole('dialog'),
    shown: (box) => box.getByRole('option', { name: 'Settings', exact: true }),
    back: (page) => composer(page, anyComposer),
  },
  {
    name: 'the shortcuts',
    open: async (page) => {
      await composer(page, anyComposer).focus();
      await page.keyboard.press('Control+/');
    },
    box: (page) => page.getByRole('dialog', { name: 'Shortcuts' }),
    shown: (box) => box.getByText('Search messages'),
    back: (page) => composer(page, anyComposer),
  },
  {
    name: 'the menu of the room',
    open: (page) => enter(roomButton(page)),
    box: (page) => page.getByRole('dialog'),
    shown: (box) => box.getByRole('menuitem', { name: 'Export the room' }),
    back: roomButton,
  },
  {
    name: 'the export dialog',
    open: (page) => fromRoomMenu(page, 'Export the room'),
    box: (page) => page.getByRole('dialog', { name: /^Take / }),
    shown: (box) => box.getByRole('link', { name: 'A page to read (HTML)' }),
    back: roomButton,
  },
  {
    name: 'jumping to a date',
    open: (page) => fromRoomMenu(page, 'Jump to a date'),
    box: (page) => page.getByRole('dialog', { name: 'Jump to a date' }),
    shown: (box) => box.getByRole('button').first(),
    back: roomButton,
  },
  {
    name: 'an invite',
    open: (page) => fromRoomMenu(page, 'Invite people'),
    box: (page) => page.getByRole('dialog', { name: /^Invite people to/ }),
    shown: (box) => box.getByRole('button', { name: 'Make a link' }),
    back: roomButton,
  },
  {
    name: 'deleting',
    open: async (page) => {
      await select(page, 'The kettle');
      await page.keyboard.press('Delete');
    },
    box: (page) => page.getByRole('dialog', { name: 'Delete this message for everyone?' }),
    shown: (box) => box.getByRole('button', { name: 'Delete' }),
    back: message,
  },
  {
    name: 'the card of a person',
    open: (page) => enter(rows(page).getByRole('button', { name: '小满' }).first()),
    box: (page) => page.getByRole('dialog', { name: '小满' }),
    shown: (box) => box.getByRole('button').nth(1),
    back: (page) => rows(page).getByRole('button', { name: '小满' }).first(),
  },
];

/** @type {Thing[]} */
const beside = [
  {
    name: 'replies',
    open: (page) =>
      enter(
        rows(page)
          .getByRole('button', { name: /^2 repl/ })
          .first(),
      ),
    box: (page) => panel(page, 'Replies'),
    shown: (box) => box.getByRole('article').nth(1),
    back: (page) =>
      rows(page)
        .getByRole('button', { name: /^2 repl/ })
        .first(),
  },
  {
    name: 'pins',
    open: async (page) => {
      const pins = page.locator('.room-pins');
      await ((await pins.isVisible()) ? enter(pins) : fromRoomMenu(page, 'Pinned messages'));
    },
    box: (page) => panel(page, 'Pinned messages'),
    shown: (box) => box.getByText('The kettle is on.'),
    back: (page) => page.locator('.room-pins'),
  },
  {
    name: 'search with hits',
    open: async (page) => {
      await enter(page.locator('#search-button'));
      await page.getByRole('searchbox', { name: 'Search messages' }).fill('cups');
      await page.keyboard.press('Enter');
    },
    box: (page) => panel(page, 'Search'),
    shown: (box) => box.locator('.hit mark').first(),
    back: (page) => page.locator('#search-button'),
  },
  {
    name: 'For you',
    open: async (page) => {
      const link = page.getByRole('link', { name: /^For you/ });
      // On a phone it is a tab beside the list. A page that is loaded anew would have its keys only a moment later.
      if (!(await link.isVisible()))
        await page.getByRole('button', { name: 'Back to the rooms' }).click();
      return enter(link);
    },
    box: (page) => panel(page, 'For you'),
    shown: (box) => box.getByText('小满 mentioned you'),
    back: (page) => page.getByRole('link', { name: /^For you/ }),
  },
  {
    name: 'the people',
    open: async (page) => {
      const button = page.locator('#panel-button');
      // On a phone the way to them is in the menu of the room.
      if (!(await button.isVisible())) return fromRoomMenu(page, 'People in this room');
      if ((await button.getAttribute('aria-expanded')) === 'true') await enter(button);
      await enter(button);
    },
    box: (page) => panel(page, 'People'),
    shown: (box) => box.getByText('小满'),
    back: (page) => page.locator('#panel-button'),
  },
];

/** Opens it, and waits for what stands in it. @param {Page} page @param {Thing} thing */
async function opened(page, thing) {
  await thing.open(page);
  const box = thing.box(page);
  await thing.shown(box).waitFor();
  return box;
}

/** Where the keys of the app act, which is when the page had a moment. @param {Page} page @param {boolean} narrow */
async function keysAct(page, narrow) {
  if (narrow) await page.getByRole('button', { name: 'Back to the rooms' }).click();
  await page.locator('[aria-keyshortcuts="Control+K"]').waitFor();
  if (narrow) await intoRoom(page);
  await composer(page, anyComposer).waitFor();
  await message(page).waitFor();
}

/** From the list, which on a phone is a screen. @param {Page} page */
async function intoRoom(page) {
  await page.getByRole('link', { name: /1024/ }).first().click();
  await composer(page, anyComposer).waitFor();
}

for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
  for (const [size, width] of /** @type {const} */ ([
    ['wide', 1440],
    ['phone', 390],
  ])) {
    story(`axe is content with all that opens, ${colorScheme} and ${size}`, async (scene) => {
      const viewport = { width, height: width > 720 ? 900 : 844 };
      const { ada } = await furnished(scene, { colorScheme, viewport, reducedMotion: 'reduce' });
      await keysAct(ada, width < 720);
      for (const thing of [...over, ...beside]) {
        const box = await opened(ada, thing);
        await content(ada, thing.name);
        await ada.keyboard.press('Escape');
        if (thing.name !== 'the people' || width < 720) await box.waitFor({ state: 'detached' });
        if (width < 720 && thing.name === 'For you') await intoRoom(ada);
      }
      for (const other of width > 720 ? [768] : [320]) {
        await ada.setViewportSize({ width: other, height: 800 });
        await message(ada).waitFor();
        await content(ada, `the room, ${other} wide`);
      }
    });
  }
}

story('keys alone go through all that opens, and the focus comes back', async (scene) => {
  const { ada } = await furnished(scene, { viewport: { width: 1100, height: 800 } });
  await keysAct(ada, false);
  for (const thing of [...over, ...beside]) {
    const box = await opened(ada, thing);
    await throughAll(ada, box, thing.name);
    if (beside.includes(thing)) await box.locator('[data-walk]').first().focus();
    await ada.keyboard.press('Escape');
    await box.waitFor({ state: 'detached' });
    await hasFocus(thing.back(ada), thing.name);
  }
});

story('on a phone and on a wide screen the focus is never lost either', async (scene) => {
  const { ada } = await furnished(scene, { viewport: { width: 1440, height: 900 } });
  await keysAct(ada, false);
  // The people stand beside the room: what is opened takes their place, and gives it back.
  for (const thing of beside.filter(({ name }) => name !== 'the people')) {
    const box = await opened(ada, thing);
    await box.getByRole('button').first().focus();
    await ada.keyboard.press('Escape');
    await box.waitFor({ state: 'detached' });
    await hasFocus(thing.back(ada), thing.name);
  }
  await ada.setViewportSize({ width: 390, height: 844 });
  await ada.reload();
  await keysAct(ada, true);
  for (const thing of [...over, ...beside]) {
    const box = await opened(ada, thing);
    await ada.keyboard.press('Escape');
    await box.waitFor({ state: 'detached' });
    await hasFocus(ada.locator('body *'), thing.name);
    // For you is a tab there: behind it is the list.
    if (thing.name === 'For you') await intoRoom(ada);
  }
});

/** @param {Locator} place @param {string} after */
async function hasFocus(place, after) {
  await place
    .and(place.page().locator(':focus'))
    .waitFor()
    .catch(async () => {
      const is = await place.page().evaluate(() => document.activeElement?.outerHTML.slice(0, 200));
      assert.fail(`after ${after} the focus is at ${is}`);
    });
}

/** Tab reaches everything in it that can be pressed or written in. @param {Page} page @param {Locator} box @param {string} name */
async function throughAll(page, box, name) {
  const wanted = await box.evaluate((element) => {
    const all = element.querySelectorAll('a[href], button, input, select, textarea, [tabindex]');
    const there = [...all].filter(
      (one) =>
        one instanceof HTMLElement &&
        one.tabIndex >= 0 &&
        one.checkVisibility({ visibilityProperty: true }) &&
        !one.matches(':disabled'),
    );
    for (const [index, one] of there.entries()) one.setAttribute('data-walk', String(index));
    const [first] = there;
    if (first instanceof HTMLElement) first.focus();
    return there.length;
  });
  /** @type {Set<string | null>} */
  const seen = new Set();
  // A field for a date has several stops.
  for (let step = 0; step <= 3 * wanted && seen.size < wanted; step += 1) {
    const at = await page.evaluate(() => document.activeElement?.getAttribute('data-walk'));
    if (at != null) seen.add(at);
    // In a menu arrows move; there Tab does nothing.
    await page.keyboard.press('Tab');
  }
  // What went meanwhile need not be reached: a row's own button gives way to its toolbar.
  const missed = await box.evaluate(
    (element, found) =>
      [...element.querySelectorAll('[data-walk]')]
        .filter((one) => !found.includes(one.getAttribute('data-walk')) && one.checkVisibility())
        .map((one) => one.outerHTML),
    [...seen],
  );
  assert.deepEqual(missed, [], `Tab reaches everything in ${name}`);
}
