// Large text, a narrow window, few colours: nothing is lost, nothing is cut off, nothing scrolls sideways.
import assert from 'node:assert/strict';
import { composer, rows, words } from '../acts.mjs';
import { furnished } from '../furnished.mjs';
import { story } from '../scene.mjs';

/** @typedef {import('playwright-core').Page} Page */

const anyComposer = { ...words.en, text: /^Message/ };

/**
 * What is cut: a text higher than its box, a page or a scroller wider than it is shown, a control outside the window.
 * What is shortened with dots on purpose, with its whole text elsewhere, may be narrower than its text.
 * @param {Page} page
 */
function whole(page) {
  return page.evaluate(() => {
    /** @type {string[]} */
    const cut = [];
    /** @param {Element} element */
    const name = (element) =>
      `${element.tagName}.${element.className}: ${element.textContent.slice(0, 40)}`;
    const { clientWidth, scrollWidth } = document.documentElement;
    if (scrollWidth > clientWidth) cut.push(`the page is ${scrollWidth} wide in ${clientWidth}`);
    for (const element of document.body.querySelectorAll('*')) {
      if (!(element instanceof HTMLElement) || !element.checkVisibility()) continue;
      const style = getComputedStyle(element);
      if (style.clipPath !== 'none' || element.closest('.sr, .skip, svg, [inert]') !== null)
        continue;
      const scrolls = /auto|scroll/.test(style.overflowX + style.overflowY);
      const wider = element.scrollWidth > element.clientWidth + 1;
      const higher = element.scrollHeight > element.clientHeight + 1;
      if (scrolls && wider && !element.matches('pre, .code *, .scrolls-x'))
        cut.push(`sideways: ${name(element)}`);
      if (
        style.overflowY === 'hidden' &&
        higher &&
        !element.matches('.folded') &&
        style.webkitLineClamp === 'none'
      )
        cut.push(`cut: ${name(element)}`);
      const box = element.getBoundingClientRect();
      for (const node of element.matches('button, a.button, a.text-button')
        ? element.childNodes
        : []) {
        if (!(node instanceof Text) || node.data.trim() === '') continue;
        const range = document.createRange();
        range.selectNode(node);
        const said = range.getBoundingClientRect();
        if (said.top < box.top - 1 || said.bottom > box.bottom + 1)
          cut.push(`over: ${name(element)}`);
        if (said.left < box.left - 1 || said.right > box.right + 1)
          cut.push(`wide: ${name(element)}`);
      }
      if (!element.matches('button, a[href], input, select, textarea')) continue;
      const { left, right, width } = box;
      if (
        width > 0 &&
        (left < -1 || right > innerWidth + 1) &&
        element.closest('.scrolls-x') === null
      )
        cut.push(`outside: ${name(element)} ${left}–${right}`);
    }
    return cut;
  });
}

const addresses = [
  '/settings/you',
  '/settings/look',
  '/settings/notifications',
  '/settings/composer',
  '/settings/access',
  '/settings/devices',
  '/settings/transport',
  '/settings/data',
  '/settings/about',
  '/r/1024/settings/about',
  '/r/1024/settings/who',
  '/r/1024/settings/people',
  '/rooms?all',
  '/you',
  '/search?q=cups',
  '/r/1024#pins',
  '/admin/now',
  '/admin/people',
  '/admin/settings',
  '/lab',
];

/** Everything, one after the other. @param {Page} page @param {string} url @param {string} how */
async function everywhere(page, url, how) {
  await page.goto(url);
  await composer(page, anyComposer).waitFor();
  await rows(page).filter({ hasText: 'And sugar.' }).waitFor();
  /** @type {Record<string, string[]>} */
  const found = { '/': await whole(page) };
  for (const address of addresses) {
    await page.goto(url + address);
    await page.locator('main').waitFor();
    // The lab is never quiet.
    if (address === '/lab') await page.locator('.time-dot').first().waitFor({ state: 'attached' });
    else await page.waitForLoadState('networkidle');
    found[address] = await whole(page);
  }
  const cut = Object.entries(found).filter(([, there]) => there.length > 0);
  assert.equal(cut.join('\n'), '', how);
}

story('400 % zoom: 320 pixels, and nothing scrolls sideways', async (scene) => {
  const { ada } = await furnished(scene, { viewport: { width: 1280, height: 1024 } });
  await ada.setViewportSize({ width: 320, height: 256 });
  await everywhere(ada, scene.house.url, 'at 400 %');
});

story('200 % text on a desktop and on a phone', async (scene) => {
  const { ada } = await furnished(scene, { viewport: { width: 1440, height: 900 } });
  // As the browser's own text size does it.
  const cdp = await ada.context().newCDPSession(ada);
  await cdp.send('Page.setFontSizes', { fontSizes: { standard: 32, fixed: 26 } });
  await everywhere(ada, scene.house.url, 'with text of 200 %');
  await ada.setViewportSize({ width: 390, height: 844 });
  await everywhere(ada, scene.house.url, 'with text of 200 % on a phone');
});

story('few colours: what is chosen, pressed and hidden can still be told', async (scene) => {
  const { ada, mei } = await furnished(scene, { forcedColors: 'active' });
  await ada.goto(scene.house.url);
  /** The borders and outlines of something. @param {string} selector */
  const edges = (selector) =>
    ada
      .locator(selector)
      .first()
      .evaluate((element) => {
        const { outlineStyle, outlineWidth, borderTopWidth, borderTopStyle } =
          getComputedStyle(element);
        return (
          (outlineStyle !== 'none' && Number.parseFloat(outlineWidth) > 0) ||
          (borderTopStyle !== 'none' && Number.parseFloat(borderTopWidth) > 0)
        );
      });
  await rows(ada).filter({ hasText: 'And sugar.' }).waitFor();
  for (const selector of ['.room-row[aria-current]', '.mention', '.composer', '.avatar', '.badge'])
    if ((await ada.locator(selector).count()) > 0) assert.ok(await edges(selector), selector);
  await ada.goto(`${scene.house.url}/settings/look`);
  assert.ok(await edges('.segments input:checked + span'), 'the chosen segment');
  assert.ok(await edges('.pages-row[aria-current]'), 'the page that is open');
  await ada.goto(`${scene.house.url}/settings/transport`);
  assert.ok(await edges('.radios label'), 'the choices');
  await mei.close();
});
