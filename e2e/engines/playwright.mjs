// Chromium, as every other story has it, behind the interface that the three engines share.
import { launch } from '../browser.mjs';

/** @typedef {import('./engine.mjs').Engine} Engine */

/** How WebDriver writes the keys that have no letter, and how Playwright calls them. */
const names = new Map([
  ['\uE007', 'Enter'],
  ['\uE008', 'Shift'],
  ['\uE00C', 'Escape'],
  ['\uE013', 'ArrowUp'],
  ['\uE010', 'End'],
]);

/** @implements {Engine} */
export class Chromium {
  name = 'Chromium';

  /** @param {import('playwright-core').Browser} browser @param {import('playwright-core').Page} page */
  constructor(browser, page) {
    this.browser = browser;
    this.page = page;
  }

  static async start() {
    const browser = await launch();
    const context = await browser.newContext({
      locale: 'en-GB',
      viewport: { width: 1280, height: 720 },
    });
    return new Chromium(browser, await context.newPage());
  }

  /** @param {string} url */
  async goTo(url) {
    await this.page.goto(url);
  }

  /** @param {string} code @param {unknown[]} given */
  run(code, given) {
    return this.page.evaluate(`(${code})(...${JSON.stringify(given)})`);
  }

  /** @param {readonly import('./engine.mjs').KeyPress[]} presses */
  async press(presses) {
    for (const { type, value } of presses) {
      const key = names.get(value) ?? value;
      // A character of a script that no keyboard has a key for is inserted.
      if (key.length > 1 || /^[\x20-\x7e]$/.test(key)) {
        if (type === 'keyDown') await this.page.keyboard.down(key);
        else await this.page.keyboard.up(key);
      } else if (type === 'keyDown') await this.page.keyboard.insertText(key);
    }
  }

  async close() {
    await this.browser.close();
  }
}
