// A proxy as people sit behind one: it may know no upgrades, hold answers back until they are whole, or have no
// patience with what takes long. Each change ends what is under way, as a new rule in a real one would.
import { once } from 'node:events';
import { createServer, request } from 'node:http';
import { connect } from 'node:net';

/** @typedef {import('node:http').IncomingMessage} Incoming */
/** @typedef {import('node:http').ServerResponse} Answer */
/** @typedef {import('node:stream').Duplex} Duplex */

/**
 * @typedef {object} Rules
 * @property {boolean} [refusesUpgrades] WebSockets are answered 403
 * @property {boolean} [buffers] an answer is passed on when it is whole
 * @property {number} [patience_ms] what is not whole by then is answered 504
 * @property {string} [version] the service worker is one of that version
 */

export class Gateway {
  /** @type {Rules} */
  #rules = {};
  /** @type {Set<import('node:net').Socket>} */
  #sockets = new Set();
  #server = createServer((incoming, answer) => this.#forward(incoming, answer));

  /** @param {number} target the port of the server on this machine @param {Rules} [rules] */
  static async start(target, rules = {}) {
    const proxy = new Gateway();
    proxy.target = target;
    proxy.#rules = rules;
    proxy.#server.on('connection', (socket) => {
      proxy.#sockets.add(socket);
      socket.on('close', () => proxy.#sockets.delete(socket));
    });
    proxy.#server.on('upgrade', (incoming, socket, head) => proxy.#upgrade(incoming, socket, head));
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  /** Where requests go from now on. */
  target = 0;

  get url() {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('the proxy is closed');
    return `http://127.0.0.1:${address.port}`;
  }

  /** Other rules from now on. @param {Rules} rules */
  rule(rules) {
    this.#rules = rules;
    this.#endAll();
  }

  async close() {
    this.#endAll();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #endAll() {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** @param {Incoming} incoming @param {Answer} answer */
  #forward(incoming, answer) {
    const { buffers = false, patience_ms, version } = this.#rules;
    if (version !== undefined && incoming.url === '/worker.js')
      return void this.#worker(version, answer).catch(() => answer.destroy());
    const far = request({
      host: '127.0.0.1',
      port: this.target,
      method: incoming.method ?? 'GET',
      path: incoming.url ?? '/',
      headers: incoming.headers,
      agent: false,
    });
    const impatient =
      patience_ms === undefined
        ? undefined
        : setTimeout(() => this.#giveUp(far, answer), patience_ms);
    answer.on('close', () => {
      clearTimeout(impatient);
      far.destroy();
    });
    far.on('error', () => answer.destroy());
    far.on('response', (given) => {
      given.on('error', () => answer.destroy());
      const whole = buffers || patience_ms !== undefined;
      if (!whole) answer.writeHead(given.statusCode ?? 502, given.headers).flushHeaders();
      if (whole) this.#hold(given, answer);
      else given.pipe(answer);
    });
    incoming.pipe(far);
  }

  /** @param {string} version @param {Answer} answer */
  async #worker(version, answer) {
    const given = await fetch(`http://127.0.0.1:${this.target}/worker.js`);
    const text = await given.text();
    const newer = text.replace(/^const VERSION = '.*';$/m, `const VERSION = '${version}';`);
    if (newer === text) throw new Error('worker.js names no version');
    answer.writeHead(200, { 'content-type': 'text/javascript' }).end(newer);
  }

  /** Passes an answer on when it is whole. Its head goes at once, as from a proxy that buffers bodies only. */
  /** @param {Incoming} given @param {Answer} answer */
  #hold(given, answer) {
    /** @type {Buffer[]} */
    const parts = [];
    if (this.#rules.buffers)
      answer.writeHead(given.statusCode ?? 502, given.headers).flushHeaders();
    given.on('data', (part) => parts.push(part));
    given.on('end', () => {
      if (answer.destroyed || answer.writableEnded) return;
      if (!answer.headersSent) answer.writeHead(given.statusCode ?? 502, given.headers);
      answer.end(Buffer.concat(parts));
    });
  }

  /** @param {import('node:http').ClientRequest} far @param {Answer} answer */
  #giveUp(far, answer) {
    far.destroy();
    if (answer.headersSent) answer.destroy();
    else
      answer.writeHead(504, { 'content-type': 'text/plain' }).end('The gateway waited too long.\n');
  }

  /** @param {Incoming} incoming @param {Duplex} near @param {Buffer} head */
  #upgrade(incoming, near, head) {
    near.on('error', () => near.destroy());
    if (this.#rules.refusesUpgrades) {
      near.end('HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\nconnection: close\r\n\r\n');
      return;
    }
    const far = connect(this.target, '127.0.0.1');
    far.on('error', () => near.destroy());
    far.on('close', () => near.destroy());
    near.on('close', () => far.destroy());
    far.write(headOf(incoming));
    far.write(head);
    near.pipe(far).pipe(near);
  }
}

/** The head of a request as it came. @param {Incoming} incoming */
function headOf({ method, url, rawHeaders }) {
  const lines = [`${method} ${url} HTTP/1.1`];
  for (let at = 0; at < rawHeaders.length; at += 2)
    lines.push(`${rawHeaders[at]}: ${rawHeaders[at + 1]}`);
  return `${lines.join('\r\n')}\r\n\r\n`;
}
