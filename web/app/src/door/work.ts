// The door's proof of work: a nonce whose SHA-256 after the salt begins with so many zero bits.
// Own code, because plain http has no Web Crypto and asking it for each of a million hashes is slow; searched
// in slices, so that the page stays alive.
import type { WorkAsked, WorkDone } from '@teahouse/sdk/api';

/** How long a slice may take. */
const slice_ms = 24;

/** Searches until it is found. */
export async function prove({ salt, bits }: WorkAsked): Promise<WorkDone> {
  for (let nonce = 0; ; ) {
    const until = performance.now() + slice_ms;
    while (performance.now() < until) {
      for (const last = nonce + 64; nonce < last; nonce += 1) {
        if (zeroBits(sha256(`${salt}:${nonce}`)) >= bits) return { salt, nonce: String(nonce) };
      }
    }
    await new Promise((resolve) => setTimeout(resolve));
  }
}

/** Leading zero bits of a digest. */
export function zeroBits(digest: Uint32Array): number {
  let bits = 0;
  for (const word of digest) {
    bits += Math.clz32(word);
    if (word !== 0) break;
  }
  return bits;
}

const encoder = new TextEncoder();
const primes = firstPrimes(64);
/** Fractions of the cube roots of the first primes (FIPS 180-4, section 4.2.2). */
const constants = Uint32Array.from(primes, (prime) => fraction(Math.cbrt(prime)));
/** Fractions of the square roots of the first eight (section 5.3.3). */
const start = Uint32Array.from(primes.slice(0, 8), (prime) => fraction(Math.sqrt(prime)));
const schedule = new Uint32Array(64);

/** SHA-256 of a text in UTF-8, as eight words. */
export function sha256(text: string): Uint32Array {
  const bytes = encoder.encode(text);
  const blocks = new DataView(new ArrayBuffer(Math.ceil((bytes.length + 9) / 64) * 64));
  new Uint8Array(blocks.buffer).set(bytes);
  blocks.setUint8(bytes.length, 0x80);
  blocks.setUint32(blocks.byteLength - 4, bytes.length * 8);
  const state = start.slice();
  for (let at = 0; at < blocks.byteLength; at += 64) compress(state, blocks, at);
  return state;
}

function compress(state: Uint32Array, blocks: DataView, at: number): void {
  const w = schedule;
  for (let i = 0; i < 16; i += 1) w[i] = blocks.getUint32(at + i * 4);
  for (let i = 16; i < 64; i += 1) {
    const [early, late] = [w[i - 15] as number, w[i - 2] as number];
    const s0 = turn(early, 7) ^ turn(early, 18) ^ (early >>> 3);
    const s1 = turn(late, 17) ^ turn(late, 19) ^ (late >>> 10);
    w[i] = (w[i - 16] as number) + s0 + (w[i - 7] as number) + s1;
  }
  let [a, b, c, d, e, f, g, h] = state as unknown as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  for (let i = 0; i < 64; i += 1) {
    const s1 = turn(e, 6) ^ turn(e, 11) ^ turn(e, 25);
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + (constants[i] as number) + (w[i] as number)) | 0;
    const s0 = turn(a, 2) ^ turn(a, 13) ^ turn(a, 22);
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    [h, g, f, e, d, c, b, a] = [g, f, e, (d + t1) | 0, c, b, a, (t1 + t2) | 0];
  }
  const sums = [a, b, c, d, e, f, g, h];
  for (const [i, sum] of sums.entries()) state[i] = (state[i] as number) + sum;
}

function turn(word: number, by: number): number {
  return (word >>> by) | (word << (32 - by));
}

function fraction(root: number): number {
  return (root - Math.floor(root)) * 2 ** 32;
}

function firstPrimes(count: number): number[] {
  const found: number[] = [];
  for (let n = 2; found.length < count; n += 1)
    if (found.every((prime) => n % prime !== 0)) found.push(n);
  return found;
}
