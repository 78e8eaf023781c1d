// A network between browser and server that can be cut, that can lose WebSockets alone, and that can wait.
import { once } from 'node:events';
import { connect, createServer } from 'node:net';

/** @typedef {{near: import('node:net').Socket, far: import('node:net').Socket, webSocket: boolean}} Pair */

export class Network {
  /** @type {Set<Pair>} */
  #pairs = new Set();
  #cut = false;
  #refusesWebSockets = false;
  #holds = false;
  #server = createServer((near) => this.#accept(near));

  /** @param {number} target the port of the server on this machine */
  static async start(target) {
    const network = new Network();
    network.target = target;
    network.#server.listen(0, '127.0.0.1');
    await once(network.#server, 'listening');
    return network;
  }

  /** Where connections go from now on. */
  target = 0;

  get url() {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('the network is closed');
    return `http://127.0.0.1:${address.port}`;
  }

  /** Ends every connection and takes no new one. */
  cut() {
    this.#cut = true;
    for (const { near, far } of this.#pairs) {
      near.destroy();
      far.destroy();
    }
  }

  /** Ends WebSockets and takes no new one; pages still load. */
  cutWebSockets() {
    this.#refusesWebSockets = true;
    for (const { near, webSocket } of this.#pairs) if (webSocket) near.destroy();
  }

  /** Everything passes again. */
  mend() {
    this.#cut = false;
    this.#refusesWebSockets = false;
  }

  /** What the server says waits. */
  hold() {
    this.#holds = true;
    for (const { far } of this.#pairs) far.pause();
  }

  /** What waited goes on. */
  release() {
    this.#holds = false;
    for (const { far } of this.#pairs) far.resume();
  }

  async close() {
    this.cut();
    this.#server.close();
    await once(this.#server, 'close');
  }

  /** @param {import('node:net').Socket} near */
  #accept(near) {
    near.on('error', () => near.destroy());
    if (this.#cut) {
      near.destroy();
      return;
    }
    near.once('data', (first) => {
      const webSocket = /^upgrade: *websocket/im.test(first.toString('latin1'));
      if (this.#cut || (webSocket && this.#refusesWebSockets)) near.destroy();
      else this.#join(near, first, webSocket);
    });
  }

  /**
   * @param {import('node:net').Socket} near
   * @param {Buffer} first
   * @param {boolean} webSocket
   */
  #join(near, first, webSocket) {
    const far = connect(this.target, '127.0.0.1');
    const pair = { near, far, webSocket };
    this.#pairs.add(pair);
    far.on('error', () => near.destroy());
    far.on('data', (bytes) => near.write(bytes));
    far.on('close', () => near.end());
    near.on('close', () => {
      far.destroy();
      this.#pairs.delete(pair);
    });
    far.write(first);
    near.pipe(far);
    if (this.#holds) far.pause();
  }
}
