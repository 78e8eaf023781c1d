// What a story needs: a server, browsers, people in them, and an eye on everything that must never happen.
import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { launch } from './browser.mjs';
import { Gateway } from './gateway.mjs';
import { House } from './house.mjs';
import { Network } from './network.mjs';

/** @typedef {import('playwright-core').Browser} Browser */
/** @typedef {import('playwright-core').BrowserContext} Context */
/** @typedef {import('playwright-core').BrowserContextOptions} ContextOptions */
/** @typedef {import('playwright-core').Page} Page */
/** @typedef {import('node:test').TestContext} TestContext */

const output = fileURLToPath(new URL('output', import.meta.url));

/** How long anybody waits for anything on a page: long for a busy machine, not for a person. */
const wait_ms = 20_000;

/** @type {Promise<Browser> | undefined} */
let browser;
after(async () => (await browser)?.close());

/**
 * Tells a story with a server of its own. It fails too if a page broke its content security policy, asked another
 * site, or threw.
 * @param {string} name
 * @param {(scene: Scene) => Promise<void>} tell
 * @param {Record<string, string>} [settings] of the server
 */
export function story(name, tell, settings) {
  test(name, async (t) => {
    const scene = new Scene(t, await House.start(settings));
    try {
      await tell(scene);
      assert.deepEqual(scene.faults, []);
    } catch (error) {
      await scene.record();
      throw error;
    } finally {
      await scene.close();
    }
  });
}

export class Scene {
  /** @type {Context[]} */
  #contexts = [];
  /** @type {{close(): Promise<void>}[]} */
  #open = [];
  /** What must never happen, and did. @type {string[]} */
  faults = [];

  /**
   * @param {TestContext} t
   * @param {House} house
   */
  constructor(t, house) {
    this.t = t;
    this.house = house;
    this.#open.push(house);
  }

  /** A network to the server that can be cut. */
  async network() {
    const network = await Network.start(this.house.port);
    this.#open.push(network);
    return network;
  }

  /** A proxy before the server. @param {import('./gateway.mjs').Rules} rules */
  async proxy(rules) {
    const proxy = await Gateway.start(this.house.port, rules);
    this.#open.push(proxy);
    return proxy;
  }

  /** Something else to be closed at the end. @template {{close(): Promise<void>}} T @param {T} thing */
  keep(thing) {
    this.#open.push(thing);
    return thing;
  }

  /**
   * Somebody's browser with an empty profile. Where the story answers requests or holds them, block service workers:
   * what a page asks for while one takes over goes past the story.
   * @param {ContextOptions & {in?: Browser}} [options]
   */
  async person({ in: other, ...options } = {}) {
    browser ??= launch();
    const context = await (other ?? (await browser)).newContext({ locale: 'en-GB', ...options });
    this.#contexts.push(context);
    await context.exposeBinding('reportViolation', (_, text) => this.faults.push(text));
    await context.addInitScript(watchPolicy);
    context.setDefaultTimeout(wait_ms);
    context.on('page', (page) => this.#watch(page));
    return context.newPage();
  }

  /** @param {Page} page */
  #watch(page) {
    page.on('pageerror', (error) => this.faults.push(`uncaught: ${error.stack ?? error}`));
    page.on('console', (message) => {
      if (/content security policy|trusted ?type/i.test(message.text()))
        this.faults.push(message.text());
    });
    page.on('request', (request) => {
      const { protocol, hostname } = new URL(request.url());
      if (protocol.startsWith('http') && !['127.0.0.1', 'localhost'].includes(hostname))
        this.faults.push(`asked another site: ${request.url()}`);
    });
  }

  /** Leaves pictures of all pages and the server's log in `e2e/output`. */
  async record() {
    await mkdir(output, { recursive: true });
    const name = this.t.name.replace(/\W+/g, '-');
    const pages = this.#contexts.flatMap((context) => context.pages());
    for (const [index, page] of pages.entries()) {
      const path = `${output}/${name}-${index}.png`;
      await page.screenshot({ path }).catch(() => undefined);
      this.t.diagnostic(`${path}: ${page.url()}`);
    }
    if (this.house.log !== '')
      this.t.diagnostic(`the server said:\n${this.house.log.slice(-4000)}`);
  }

  async close() {
    for (const context of this.#contexts) await context.close();
    for (const thing of this.#open.reverse()) await thing.close();
  }
}

/** Runs in each page before its own scripts. */
function watchPolicy() {
  document.addEventListener('securitypolicyviolation', (event) => {
    const report = /** @type {{reportViolation?: (text: string) => void}} */ (globalThis);
    report.reportViolation?.(
      `${event.effectiveDirective} refused ${event.blockedURI} in ${event.sourceFile}`,
    );
  });
}
