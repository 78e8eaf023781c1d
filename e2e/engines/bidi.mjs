// Firefox by WebDriver BiDi, which it speaks itself: one WebSocket, JSON both ways (w3c.github.io/webdriver-bidi).
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** What a test browser should not do by itself. */
const preferences = {
  'app.update.disabledForTesting': true,
  'browser.shell.checkDefaultBrowser': false,
  'browser.startup.page': 0,
  'datareporting.policy.dataSubmissionEnabled': false,
  'intl.accept_languages': 'en-GB, en',
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
  'services.settings.server': '',
  'toolkit.telemetry.enabled': false,
};

/** @typedef {import('./engine.mjs').Engine} Engine */

/** @implements {Engine} */
export class Firefox {
  name = 'Firefox';
  #last = 0;
  /** @type {Map<number, {resolve: (value: any) => void, reject: (error: Error) => void}>} */
  #asked = new Map();

  /**
   * @param {import('node:child_process').ChildProcess} child
   * @param {WebSocket} socket
   * @param {string} profile
   */
  constructor(child, socket, profile) {
    this.child = child;
    this.socket = socket;
    this.profile = profile;
    this.context = '';
    socket.onmessage = ({ data }) => this.#answered(JSON.parse(String(data)));
  }

  static async start() {
    const profile = await mkdtemp(join(tmpdir(), 'teahouse-firefox-'));
    const lines = Object.entries(preferences).map(
      ([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`,
    );
    await writeFile(join(profile, 'user.js'), lines.join(''));
    const program = process.env['FIREFOX'] ?? '/usr/bin/firefox-esr';
    const child = spawn(
      program,
      ['--headless', '--no-remote', '--profile', profile, '--remote-debugging-port', '0'],
      { stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, HOME: profile } },
    );
    const address = await said(child, /WebDriver BiDi listening on (ws:\/\/\S+)/);
    const socket = new WebSocket(`${address}/session`);
    await new Promise((resolve, reject) => {
      socket.onopen = resolve;
      socket.onerror = () => reject(new Error(`Firefox does not answer on ${address}.`));
    });
    const firefox = new Firefox(child, socket, profile);
    await firefox.#ask('session.new', { capabilities: {} });
    const { contexts } = await firefox.#ask('browsingContext.getTree', {});
    firefox.context = contexts[0].context;
    const viewport = { width: 1280, height: 720 };
    await firefox.#ask('browsingContext.setViewport', { context: firefox.context, viewport });
    return firefox;
  }

  /** @param {string} url */
  async goTo(url) {
    await this.#ask('browsingContext.navigate', { context: this.context, url, wait: 'complete' });
  }

  /** @param {string} code @param {unknown[]} given */
  async run(code, given) {
    const { type, result, exceptionDetails } = await this.#ask('script.evaluate', {
      expression: `(async () => JSON.stringify((await (${code})(...${JSON.stringify(given)})) ?? null))()`,
      target: { context: this.context },
      awaitPromise: true,
    });
    if (type === 'exception') throw new Error(`Firefox: ${exceptionDetails.text}`);
    return JSON.parse(result.value);
  }

  /** @param {readonly import('./engine.mjs').KeyPress[]} presses */
  async press(presses) {
    const actions = presses.map(({ type, value }) => ({ type, value }));
    const keys = { type: 'key', id: 'keyboard', actions };
    await this.#ask('input.performActions', { context: this.context, actions: [keys] });
  }

  async close() {
    this.socket.close();
    this.child.kill();
    if (this.child.exitCode === null) await once(this.child, 'exit');
    await rm(this.profile, { recursive: true, force: true, maxRetries: 5 });
  }

  /** @param {string} method @param {object} params @returns {Promise<any>} */
  #ask(method, params) {
    this.#last += 1;
    const id = this.#last;
    this.socket.send(JSON.stringify({ id, method, params }));
    return new Promise((resolve, reject) => this.#asked.set(id, { resolve, reject }));
  }

  /** @param {{id?: number, type: string, result?: unknown, error?: string, message?: string}} answer */
  #answered({ id = 0, type, result, error, message }) {
    const asked = this.#asked.get(id);
    this.#asked.delete(id);
    if (type === 'error') asked?.reject(new Error(`Firefox: ${error}: ${message}`));
    else asked?.resolve(result);
  }
}

/** Waits for a line on standard error. @param {import('node:child_process').ChildProcess} child @param {RegExp} line */
async function said(child, line) {
  if (child.stderr === null) throw new Error('The program has no standard error.');
  for await (const text of createInterface({ input: child.stderr })) {
    const found = line.exec(text);
    if (found !== null) {
      child.stderr.resume();
      return found[1] ?? '';
    }
  }
  throw new Error(`The program ended without saying ${line}.`);
}
