import { describe, expect, test } from 'vitest';
import { TeahouseSocket } from '../src/connection.js';
import type { FrameEvent } from '../src/socket-events.js';
import { event, subscribed, welcome } from './world/frames.js';
import { ScriptTransport, TestSurroundings } from './world/script.js';
import { cut, open, sendLine, URL_, world } from './world/socket.js';
import { TestClock } from './world/time.js';

function named(name: string): object {
  return expect.objectContaining({ name });
}

describe('the constructor, as the standard has it', () => {
  const make = (url: string, protocols?: string | string[]) => () =>
    new TeahouseSocket(url, protocols, {
      transports: [new ScriptTransport()],
      surroundings: new TestSurroundings(),
      clock: new TestClock(),
    });

  test.each([
    'not a url',
    '/v1/ws',
    'ftp://house.test/',
    'mailto:a@b',
    'ws://house.test/#part',
    'ws://house.test/#',
  ])('throws SyntaxError for the address %s', (url) => {
    expect(make(url)).toThrow(named('SyntaxError'));
  });

  test.each([['a', 'a'], [''], ['two words'], ['a,b'], ['汉'], ['a/b']])(
    'throws SyntaxError for the subprotocols %j',
    (...protocols) => {
      expect(make(URL_, protocols)).toThrow(named('SyntaxError'));
    },
  );

  test('takes subprotocols that differ in case', () => {
    expect(make(URL_, ['echo', 'Echo'])().readyState).toBe(0);
  });

  test.each([
    ['http://house.test/v1/ws', 'ws://house.test/v1/ws'],
    ['https://house.test/v1/ws', 'wss://house.test/v1/ws'],
    ['WSS://HOUSE.test', 'wss://house.test/'],
  ])('shows %s as %s', (url, shown) => {
    expect(make(url)().url).toBe(shown);
  });

  test('starts connecting with nothing to show', () => {
    const { socket, transport } = world();
    expect(socket).toMatchObject({
      readyState: 0,
      bufferedAmount: 0,
      protocol: '',
      extensions: '',
      binaryType: 'blob',
      onopen: null,
      onmessage: null,
      onerror: null,
      onclose: null,
    });
    expect([socket.CONNECTING, socket.OPEN, socket.CLOSING, socket.CLOSED]).toEqual([0, 1, 2, 3]);
    expect([TeahouseSocket.CONNECTING, TeahouseSocket.CLOSED]).toEqual([0, 3]);
    expect(transport.opened).toEqual([{ url: URL_, protocols: ['teahouse.v1'] }]);
  });

  test('ignores a binaryType that does not exist', () => {
    const { socket } = world();
    socket.binaryType = 'arraybuffer';
    socket.binaryType = 'text' as BinaryType;
    expect(socket.binaryType).toBe('arraybuffer');
  });
});

describe('handlers', () => {
  test('keep their place among the listeners while they are replaced', () => {
    const { socket, transport } = world();
    const order: string[] = [];
    socket.onopen = () => order.push('never');
    socket.addEventListener('open', () => order.push('listener'));
    socket.onopen = () => order.push('handler');
    transport.link.open();
    transport.link.say(welcome());
    expect(order).toEqual(['handler', 'listener']);
  });

  test('go when set to null or to what is no function', () => {
    const { socket, transport } = world();
    const order: string[] = [];
    socket.onopen = () => order.push('handler');
    socket.onopen = 'no function' as unknown as null;
    expect(socket.onopen).toBeNull();
    transport.link.open();
    transport.link.say(welcome());
    expect(order).toEqual([]);
  });

  test('are called with the socket as this', () => {
    const { socket, transport } = world();
    let self: unknown;
    socket.onopen = function (this: unknown) {
      self = this;
    };
    transport.link.open();
    transport.link.say(welcome());
    expect(self).toBe(socket);
  });
});

describe('connecting', () => {
  test('says hello and is open from welcome on', () => {
    const w = world({
      token: 'TOKEN',
      name: 'unused',
      session: '9f86d081884c7d65',
      cursors: { '1024': { tail: 50 } },
      client: 'test/1',
    });
    w.transport.link.open();
    expect(w.transport.link.sent).toEqual([
      {
        type: 'hello',
        v: 1,
        token: 'TOKEN',
        session: '9f86d081884c7d65',
        cursors: { '1024': { tail: 50 } },
        client: 'test/1',
      },
    ]);
    expect(w.socket.readyState).toBe(0);
    w.transport.link.say(welcome());
    expect(w.socket.readyState).toBe(1);
    expect(w.socket.protocol).toBe('teahouse.v1');
    expect(w.told).toEqual(['open']);
  });

  test('a guest says its name', () => {
    const w = world({ name: '小满' });
    w.transport.link.open();
    expect(w.transport.link.sent[0]).toMatchObject({ name: '小满', cursors: {} });
  });

  test('send throws InvalidStateError', () => {
    expect(() => world().socket.send(sendLine(1))).toThrow(named('InvalidStateError'));
  });

  test('a first connection that fails is the end: error, then close', () => {
    const w = world();
    w.transport.link.end();
    expect(w.told).toEqual(['error', 'close 1006 false']);
    expect(w.socket.readyState).toBe(3);
    expect(w.surroundings.watchers).toBe(0);
  });

  test('a patient one goes on trying', async () => {
    const w = world({ patient: true });
    await cut(w);
    expect(w.told).toEqual(['suspend']);
    w.transport.link.say(welcome());
    expect(w.told).toEqual(['suspend', 'open']);
  });

  test('no welcome within 10 s is a failure', async () => {
    const w = world();
    w.transport.link.open();
    await w.clock.pass(9_999);
    expect(w.told).toEqual([]);
    await w.clock.pass(1);
    expect(w.told).toEqual(['error', 'close 1006 false']);
  });

  test.each([
    ['name_taken', 4400],
    ['bad_token', 4401],
    ['version', 4426],
  ])('a hello refused with %s ends with %i and says why', (code, closes) => {
    const w = world({ patient: true });
    let refusal: unknown;
    w.socket.onerror = (e) => {
      refusal = e.refusal;
    };
    w.transport.link.open();
    w.transport.link.say({ type: 'error', code, message: 'No.', field: 'name' });
    expect(w.told).toEqual(['error', `close ${closes} true`]);
    expect(refusal).toMatchObject({ code, message: 'No.', field: 'name' });
  });

  test('a hello refused for now is tried again', async () => {
    const w = world({ patient: true });
    w.transport.link.open();
    w.transport.link.say({ type: 'error', code: 'store_busy', message: 'Later.', retry_ms: 7_000 });
    await w.clock.pass(6_999);
    expect(w.transport.links).toHaveLength(1);
    await w.clock.pass(1);
    expect(w.transport.links).toHaveLength(2);
  });
});

describe('close', () => {
  test.each([0, 999, 1001, 1005, 2999, 5000])('throws InvalidAccessError for %i', (code) => {
    expect(() => open().socket.close(code)).toThrow(named('InvalidAccessError'));
  });

  test('takes 123 bytes of reason and no more', () => {
    const { socket } = open();
    expect(() => socket.close(1000, `${'茶'.repeat(41)}x`)).toThrow(named('SyntaxError'));
    expect(socket.readyState).toBe(1);
    socket.close(1000, '茶'.repeat(41));
    expect(socket.readyState).toBe(2);
  });

  test('takes leave, waits for the answer, and tells its code', () => {
    const w = open();
    w.socket.close(3001, 'done');
    expect(w.socket.readyState).toBe(2);
    expect(w.transport.link.of('bye')).toHaveLength(1);
    expect(w.transport.link.closed).toEqual({ code: 3001, reason: 'done' });
    expect(w.told).toEqual(['open']);
    w.transport.link.end(3001, 'done');
    expect(w.told).toEqual(['open', 'close 3001 true']);
    expect(w.socket.readyState).toBe(3);
  });

  test('twice is once', () => {
    const w = open();
    w.socket.close(1000);
    w.socket.close(3000);
    w.transport.link.end(1000);
    w.socket.close();
    expect(w.told).toEqual(['open', 'close 1000 true']);
    expect(w.transport.link.of('bye')).toHaveLength(1);
  });

  test('before open fails the connection: error, then close 1006, both later', async () => {
    const w = world();
    w.socket.close();
    expect(w.socket.readyState).toBe(2);
    expect(w.told).toEqual([]);
    await w.clock.pass(0);
    expect(w.told).toEqual(['error', 'close 1006 false']);
    w.transport.link.open();
    w.transport.link.say(welcome());
    await w.clock.pass(60_000);
    expect(w.told).toHaveLength(2);
    expect(w.transport.links).toHaveLength(1);
  });

  test('while suspended ends without a way back', async () => {
    const w = open();
    w.transport.link.end();
    w.socket.close(1000);
    await w.clock.pass(60_000);
    expect(w.told).toEqual(['open', 'suspend', 'close 1006 false']);
    expect(w.transport.links).toHaveLength(1);
  });

  test('does not wait for ever for the answer', async () => {
    const w = open();
    w.socket.close(1000);
    await w.clock.pass(3_000);
    expect(w.told).toEqual(['open', 'close 1006 false']);
  });

  test('frames that come afterwards are not told', () => {
    const w = open({ cursors: { '1024': { tail: 0 } } });
    w.socket.close();
    w.transport.link.say(subscribed());
    expect(w.lines).toEqual([]);
  });

  test('by a listener ends the message it came in', () => {
    const w = open({ cursors: { '1024': { tail: 0 } } });
    w.socket.onmessage = () => w.socket.close();
    w.transport.link.say(subscribed(), event(1));
    expect(w.lines).toHaveLength(1);
  });

  test('send afterwards is counted and goes nowhere', () => {
    const w = open();
    w.socket.close();
    const line = sendLine(1);
    w.socket.send(line);
    expect(w.socket.bufferedAmount).toBe(Buffer.byteLength(line));
    expect(w.transport.link.of('send')).toEqual([]);
  });
});

test('message events carry the frame as an object too', () => {
  const w = open();
  let told: FrameEvent | undefined;
  w.socket.onmessage = (e) => {
    told = e;
  };
  w.transport.link.say({ type: 'drain', retry_ms: 5 });
  expect(told).toMatchObject({ origin: 'ws://house.test', frame: { type: 'drain', retry_ms: 5 } });
});
