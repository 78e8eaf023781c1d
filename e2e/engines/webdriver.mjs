// WebKitGTK by WebDriver (w3.org/TR/webdriver): plain requests to Debian's WebKitWebDriver, on a display of its own.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';

/** @typedef {import('./engine.mjs').Engine} Engine */
/** @typedef {import('node:child_process').ChildProcess} Child */

const browsers = ['4.1', '4.0'].map(
  (version) => `/usr/lib/x86_64-linux-gnu/webkit2gtk-${version}/MiniBrowser`,
);

/** @implements {Engine} */
export class WebKit {
  name = 'WebKitGTK';

  /** @param {string} driver its address @param {string} session @param {Child[]} children */
  constructor(driver, session, children) {
    this.base = `${driver}/session/${session}`;
    this.children = children;
  }

  static async start() {
    const binary = process.env['WEBKIT'] ?? browsers.find(existsSync);
    if (binary === undefined) throw new Error('WebKitGTK’s MiniBrowser is not there: bin/setup.');
    const [screen, display] = await screenOf();
    const port = await freePort();
    const env = {
      ...process.env,
      DISPLAY: `:${display}`,
      LANGUAGE: 'en_GB',
      LIBGL_ALWAYS_SOFTWARE: '1',
      // A container has no user namespaces for its own sandbox.
      WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: '1',
      WEBKIT_DISABLE_COMPOSITING_MODE: '1',
    };
    const driver = spawn('WebKitWebDriver', [`--port=${port}`], { stdio: 'ignore', env });
    const address = `http://127.0.0.1:${port}`;
    await answers(driver, port);
    const options = { binary, args: ['--automation'] };
    const capabilities = { alwaysMatch: { 'webkitgtk:browserOptions': options } };
    const { sessionId } = await ask('POST', `${address}/session`, { capabilities });
    const webkit = new WebKit(address, sessionId, [driver, screen]);
    await webkit.#ask('POST', 'timeouts', { script: 60_000, pageLoad: 60_000 });
    await webkit.#ask('POST', 'window/rect', { x: 0, y: 0, width: 1280, height: 800 });
    return webkit;
  }

  /** @param {string} url */
  async goTo(url) {
    await this.#ask('POST', 'url', { url });
  }

  /** @param {string} code @param {unknown[]} given */
  async run(code, given) {
    const script = `const done = arguments[arguments.length - 1];
      Promise.resolve().then(() => (${code})(...${JSON.stringify(given)})).then(
        (value) => done({ value: value ?? null }), (error) => done({ error: String(error?.stack ?? error) }));`;
    const { value, error } = await this.#ask('POST', 'execute/async', { script, args: [] });
    if (error !== undefined) throw new Error(`WebKitGTK: ${error}`);
    return value;
  }

  /** @param {readonly import('./engine.mjs').KeyPress[]} presses */
  async press(presses) {
    await this.#ask('POST', 'actions', {
      actions: [{ type: 'key', id: 'keyboard', actions: presses }],
    });
  }

  async close() {
    await this.#ask('DELETE', '', {}).catch(() => undefined);
    for (const child of this.children) {
      child.kill();
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    }
  }

  /** @param {string} method @param {string} path @param {object} body */
  #ask(method, path, body) {
    return ask(method, path === '' ? this.base : `${this.base}/${path}`, body);
  }
}

/** @param {string} method @param {string} url @param {object} body @returns {Promise<any>} */
async function ask(method, url, body) {
  const sent = method === 'DELETE' ? {} : { body: JSON.stringify(body) };
  const answer = await fetch(url, { method, ...sent });
  const { value } = /** @type {{value: any}} */ (await answer.json());
  if (!answer.ok) throw new Error(`WebKitGTK: ${value.error}: ${value.message}`);
  return value;
}

/** A screen that nobody sees, on the first display that is free. @returns {Promise<[Child, string]>} */
async function screenOf() {
  const screen = spawn(
    'Xvfb',
    ['-displayfd', '3', '-screen', '0', '1280x900x24', '-nolisten', 'tcp'],
    {
      stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
    },
  );
  const pipe = /** @type {import('node:stream').Readable} */ (screen.stdio[3]);
  for await (const line of createInterface({ input: pipe })) return [screen, line.trim()];
  throw new Error('Xvfb ended without a display.');
}

/** The driver takes its port by name only: one that was free a moment ago. @returns {Promise<number>} */
async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** Waits until the driver listens, or has ended. @param {Child} driver @param {number} port */
async function answers(driver, port) {
  while (driver.exitCode === null) {
    const status = await fetch(`http://127.0.0.1:${port}/status`).catch(() => undefined);
    if (status?.ok) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
  throw new Error(`WebKitWebDriver ended with ${driver.exitCode}.`);
}
