// What the stories of the list and the composer need of a browser: little enough for three engines, each driven in
// its own way. Whatever a page can say about itself is asked by a function that runs there.

import { Firefox } from './bidi.mjs';
import { Chromium } from './playwright.mjs';
import { WebKit } from './webdriver.mjs';

/** @typedef {{type: 'keyDown' | 'keyUp', value: string}} KeyPress as WebDriver has it */

/**
 * @typedef {object} Engine
 * @property {string} name
 * @property {(url: string) => Promise<void>} goTo
 * @property {(code: string, given: unknown[]) => Promise<any>} run the source of a function, in the page
 * @property {(presses: readonly KeyPress[]) => Promise<void>} press
 * @property {() => Promise<void>} close
 */

export const engines = [Chromium, Firefox, WebKit];

/** Keys without a letter, as WebDriver writes them. */
export const keys = {
  Enter: '\uE007',
  Shift: '\uE008',
  Escape: '\uE00C',
  End: '\uE010',
  ArrowUp: '\uE013',
};

/** Somebody at a page of an engine. */
export class Reader {
  /** @param {Engine} engine */
  constructor(engine) {
    this.engine = engine;
  }

  /**
   * Runs a function in the page; what it is given and answers is JSON.
   * @template {unknown[]} Given @template Answer
   * @param {(...given: Given) => Answer} f @param {Given} given
   * @returns {Promise<Awaited<Answer>>}
   */
  on(f, ...given) {
    return this.engine.run(String(f), given);
  }

  /**
   * Waits until a function of the page says so, looking at every frame.
   * @template {unknown[]} Given
   * @param {(...given: Given) => unknown} f @param {Given} given
   */
  async until(f, ...given) {
    const code = `async (...given) => {
      const ends = Date.now() + 20000;
      while (!(await (${f})(...given))) {
        if (Date.now() > ends) throw new Error('waited in vain for ' + ${JSON.stringify(String(f))});
        await new Promise((done) => requestAnimationFrame(done));
      }
    }`;
    await this.engine.run(code, given);
  }

  /** Types a text into what has the focus. @param {string} text */
  async type(text) {
    const presses = [...text].flatMap((value) => stroke(value));
    await this.engine.press(presses);
  }

  /** Presses keys together, the last one first released. @param {...keyof typeof keys} names */
  async press(...names) {
    const values = names.map((name) => keys[name]);
    const down = values.map((value) => /** @type {KeyPress} */ ({ type: 'keyDown', value }));
    const up = values.map((value) => /** @type {KeyPress} */ ({ type: 'keyUp', value }));
    await this.engine.press([...down, ...up.reverse()]);
  }
}

/** @param {string} value @returns {KeyPress[]} */
function stroke(value) {
  return [
    { type: 'keyDown', value },
    { type: 'keyUp', value },
  ];
}
