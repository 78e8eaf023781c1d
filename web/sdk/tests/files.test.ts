/** Uploads go on where they broke: against a house in memory that breaks. */
import { expect, test } from 'vitest';
import type { Clock } from '../src/clock.js';
import { TeahouseError } from '../src/error.js';
import { fileAddress, thumbAddress } from '../src/file-address.js';
import { takeBack, upload } from '../src/files.js';

/** A clock whose pauses are over at once; each request takes `took_ms`. */
function quick(took_ms = 100): Clock & { pass(): void; paused: number[] } {
  let now = 0;
  const paused: number[] = [];
  return {
    paused,
    now: () => now,
    pass: () => {
      now += took_ms;
    },
    after: (ms, f) => {
      paused.push(ms);
      queueMicrotask(f);
      return () => {};
    },
  };
}

type Fault = 'cut' | 'away' | 'busy';

/** Takes one file; each request may meet a fault. */
class FakeHouse {
  readonly asked: string[] = [];
  readonly pieces: number[] = [];
  faults: (Fault | undefined)[] = [];
  refusal: { status: number; code: string } | undefined;
  #bytes = new Uint8Array();
  #length = 0;
  #known = false;
  metadata = '';

  readonly clock: ReturnType<typeof quick>;

  constructor(clock: ReturnType<typeof quick>) {
    this.clock = clock;
  }

  get text(): string {
    return new TextDecoder().decode(this.#bytes);
  }

  forget(): void {
    this.#known = false;
    this.#bytes = new Uint8Array();
  }

  async fetch(path: string, init: RequestInit): Promise<Response> {
    const { method = 'GET', headers = {}, signal } = init;
    signal?.throwIfAborted();
    this.clock.pass();
    this.asked.push(`${method} ${path}`);
    const said = headers as Record<string, string>;
    if (this.refusal) {
      const { status, code } = this.refusal;
      return Response.json({ code, message: code }, { status });
    }
    const fault = this.faults.shift();
    if (fault === 'away') throw new TypeError('no network');
    if (fault === 'busy')
      return Response.json({ code: 'store_busy', message: '', retry_ms: 70 }, { status: 503 });
    if (method === 'POST') {
      this.#known = true;
      this.#length = Number(said['upload-length']);
      this.metadata = said['upload-metadata'] ?? '';
      return new Response(null, { status: 201, headers: { location: '/v1/files/f1' } });
    }
    if (!this.#known) return new Response(null, { status: 404 });
    if (path.endsWith('/about')) return Response.json({ id: 'f1' });
    if (method === 'PATCH') {
      if (Number(said['upload-offset']) !== this.#bytes.length)
        return Response.json({ code: 'out_of_order', message: '' }, { status: 409 });
      const piece = new Uint8Array(await (init.body as Blob).arrayBuffer());
      this.pieces.push(piece.length);
      const kept = fault === 'cut' ? piece.slice(0, piece.length / 2) : piece;
      this.#bytes = new Uint8Array([...this.#bytes, ...kept]);
      if (fault === 'cut') throw new TypeError('the connection broke');
    }
    const state = {
      'upload-offset': `${this.#bytes.length}`,
      'upload-length': `${this.#length}`,
    };
    if (method === 'PATCH' && this.#bytes.length === this.#length)
      return Response.json({ id: 'f1' }, { headers: state });
    return new Response(null, { status: method === 'PATCH' ? 204 : 200, headers: state });
  }
}

function file(length: number): Blob {
  return new Blob(['0123456789'.repeat(length / 10)]);
}

test('a small file is two requests', async () => {
  const clock = quick();
  const house = new FakeHouse(clock);
  const progress: number[] = [];
  const sent = await upload(
    house,
    { bytes: file(30), name: '茶.txt', alt: 'a' },
    { clock, onProgress: (bytes) => progress.push(bytes) },
  );
  expect(sent).toEqual({ id: 'f1' });
  expect(house.asked).toEqual(['POST v1/files', 'PATCH /v1/files/f1']);
  expect(house.metadata).toBe('filename 6Iy2LnR4dA==,alt YQ==');
  expect(progress).toEqual([0, 30]);
});

test('it goes on where it broke, and nothing is sent twice', async () => {
  const clock = quick();
  const house = new FakeHouse(clock);
  const bytes = file(600_000);
  house.faults = [undefined, undefined, 'cut', 'away', 'busy'];
  await upload(house, { bytes, name: 'a' }, { clock, random: () => 0 });
  expect(house.text).toBe(await bytes.text());
  expect(house.asked.filter((one) => one.startsWith('POST'))).toHaveLength(1);
  // What the house says is waited for, not more.
  expect(clock.paused).toEqual([500, 500, 70]);
});

test('pieces grow on a fast line and shrink on a slow one', async () => {
  const fast = new FakeHouse(quick(10));
  await upload(fast, { bytes: file(2_000_000), name: 'a' }, { clock: fast.clock });
  expect(fast.pieces).toEqual([262_144, 524_288, 1_048_576, 164_992]);
  const slow = new FakeHouse(quick(4_000));
  await upload(slow, { bytes: file(500_000), name: 'a' }, { clock: slow.clock });
  expect(slow.pieces.slice(0, 3)).toEqual([262_144, 65_536, 65_536]);
});

test('it goes on after a reload, and begins again where nothing is left', async () => {
  const house = new FakeHouse(quick());
  const bytes = file(100);
  house.faults = [undefined, 'cut'];
  const end = new AbortController();
  let at: string | undefined;
  const onBegun = (address: string) => {
    at = address;
  };
  const after = () => {
    end.abort(new Error('reload'));
    return () => {};
  };
  const clock = { ...house.clock, after };
  const broken = upload(house, { bytes, name: 'a' }, { clock, onBegun, signal: end.signal });
  await expect(broken).rejects.toThrow('reload');
  expect(house.text).toHaveLength(50);
  await upload(house, { bytes, name: 'a', at }, { clock: house.clock });
  expect(house.text).toBe(await bytes.text());
  house.forget();
  await upload(house, { bytes, name: 'a', at }, { clock: house.clock, onBegun });
  expect(house.text).toBe(await bytes.text());
});

test('what the house refuses is not tried again', async () => {
  const house = new FakeHouse(quick());
  house.refusal = { status: 413, code: 'too_large' };
  const refused = upload(house, { bytes: file(10), name: 'a' }, { clock: house.clock });
  await expect(refused).rejects.toMatchObject({ code: 'too_large' });
  expect(house.asked).toHaveLength(1);
  await expect(takeBack(house, '/v1/files/f1')).rejects.toBeInstanceOf(TeahouseError);
});

test('an address has the name, but never one of the house', () => {
  expect(fileAddress({ id: 'f', name: '春节 合影.jpg' })).toBe(
    '/v1/files/f/%E6%98%A5%E8%8A%82%20%E5%90%88%E5%BD%B1.jpg',
  );
  expect(fileAddress({ id: 'f', name: 'about' })).toBe('/v1/files/f/_about');
  const view = { id: 'f', name: 'a', type: 'image/png', bytes: 1 };
  expect(thumbAddress(view)).toBe('/v1/files/f/a');
  expect(thumbAddress({ ...view, thumb: { width: 1, height: 1 } })).toBe('/v1/files/f/thumb');
});
