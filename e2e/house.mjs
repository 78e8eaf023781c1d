// Starts the real server on a free port, with a data folder of its own, and ends exactly that one.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** The program under test: what `cargo test` and `cargo build` leave, unless another one is named. */
function program() {
  const built = join(process.env['CARGO_TARGET_DIR'] ?? 'target', 'debug', 'teahouse');
  const path = resolve(root, process.env['TEAHOUSE_BINARY'] ?? built);
  if (!existsSync(path))
    throw new Error(`${path} is not there: cargo build --package teahouse-server`);
  return path;
}

/** A server that runs, or ran: its data outlives its process. */
export class House {
  /** @type {import('node:child_process').ChildProcess | undefined} */
  #process;
  /** @type {string[]} */
  #said = [];
  /** @type {(() => void)[]} */
  #waiting = [];

  /**
   * @param {string} data
   * @param {Record<string, string>} settings keys of the configuration, as `TEAHOUSE_KEY`
   */
  constructor(data, settings) {
    this.data = data;
    this.settings = settings;
    /** What it said on standard error, for whoever has to find out. */
    this.log = '';
    this.url = '';
  }

  /** @param {Record<string, string>} [settings] */
  static async start(settings = {}) {
    const house = new House(await mkdtemp(join(tmpdir(), 'teahouse-e2e-')), settings);
    await house.begin();
    return house;
  }

  /** Starts the process, also again after it ended. The port is another one each time. */
  async begin() {
    this.#said = [];
    const env = { PATH: process.env['PATH'] ?? '', RUST_BACKTRACE: '1', ...this.settings };
    const child = spawn(program(), ['--listen', '127.0.0.1:0', '--data', this.data], {
      cwd: this.data,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#process = child;
    child.stderr.setEncoding('utf8').on('data', (text) => {
      this.log += text;
    });
    createInterface({ input: child.stdout }).on('line', (line) => {
      this.#said.push(line);
      this.#wake();
    });
    child.on('exit', () => this.#wake());
    this.url = await this.#line('listening ');
  }

  get port() {
    return Number(new URL(this.url).port);
  }

  /** The link that makes the owner; told at the first start. */
  setUpLink() {
    return this.#line('set-up link ');
  }

  /** Ends the process: in order, or as a power cut would. @param {'SIGTERM' | 'SIGKILL'} signal */
  async end(signal) {
    const child = this.#process;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  }

  /** Ends the process and forgets its data. */
  async close() {
    await this.end('SIGKILL');
    await rm(this.data, { recursive: true, force: true });
  }

  #wake() {
    for (const wake of this.#waiting.splice(0)) wake();
  }

  /** What the server printed after `start`. @param {string} start */
  async #line(start) {
    for (;;) {
      const line = this.#said.find((said) => said.startsWith(start));
      if (line !== undefined) return line.slice(start.length);
      if (this.#process?.exitCode !== null || this.#process.signalCode !== null)
        throw new Error(`the server ended without saying "${start}":\n${this.log}`);
      await /** @type {Promise<void>} */ (new Promise((wake) => this.#waiting.push(wake)));
    }
  }
}
