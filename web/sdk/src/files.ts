/**
 * Files on their way to the house, by tus 1.0.0: in pieces that go on where they broke, also after a
 * reload if the address was kept.
 *
 * An entry of its own, so that a page loads it when somebody sends a file. It keeps nothing.
 */
import { Backoff } from './backoff.js';
import { type Clock, type Random, systemClock } from './clock.js';
import { type ErrorBody, TeahouseError } from './error.js';
import type { FileView } from './frame.js';
import type { House } from './house.js';

/** How long a piece should take: progress is seen, and little is lost when it breaks. */
const PIECE_MS = 1_000;
const PIECE_BYTES_MIN = 64 << 10;
const PIECE_BYTES_FIRST = 256 << 10;
const PIECE_BYTES_MAX = 4 << 20;

/** Who is asked. */
export type Asker = Pick<House, 'fetch'>;

/** A file to be sent. */
export interface Upload {
  bytes: Blob;
  name: string;
  /** What an image shows. */
  alt?: string;
  /** Its address, if it was begun before. */
  at?: string | undefined;
}

/** What is told on the way, and what it runs on. */
export interface UploadOptions {
  /** How many bytes the house has. */
  onProgress?: (bytes: number) => void;
  /** Its address, as soon as it has one: with it the upload goes on after a reload. */
  onBegun?: (at: string) => void;
  /** Aborted, it stops; what the house has stays there for a day. */
  signal?: AbortSignal;
  clock?: Clock;
  random?: Random;
}

/** How much one may send. */
export interface FileLimits {
  /** Whether this house takes files at all. */
  open: boolean;
  file_bytes_max: number;
  mine: { bytes: number; bytes_max: number };
}

/**
 * Sends a file and resolves with what everybody sees of it. A connection that breaks is no end: it
 * tries again with growing pauses. Rejects with a `TeahouseError` when the house refuses it, and with
 * the signal's reason when it is aborted.
 */
export async function upload(
  house: Asker,
  file: Upload,
  options: UploadOptions = {},
): Promise<FileView> {
  const { clock = systemClock, random = Math.random, signal } = options;
  const backoff = new Backoff(random);
  const way = new Way(house, file, options, clock);
  for (;;) {
    signal?.throwIfAborted();
    try {
      return await way.go(() => backoff.reset());
    } catch (error) {
      signal?.throwIfAborted();
      if (!mayWorkLater(error)) throw error;
      const pause_ms = error instanceof TeahouseError ? error.retry_ms : undefined;
      await pause(clock, pause_ms ?? backoff.next(), signal);
    }
  }
}

/** Takes a file back that no message carries. */
export async function takeBack(house: Asker, at: string): Promise<void> {
  await asked(house, at, { method: 'DELETE' });
}

/** Says what an image shows, as long as no message carries it. */
export async function describe(house: Asker, id: string, alt: string): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify({ alt });
  await asked(house, `v1/files/${id}/about`, { method: 'PATCH', headers, body });
}

/** How much one may send, and has sent. */
export async function fileLimits(house: Asker): Promise<FileLimits> {
  return (await (await asked(house, 'v1/files', {})).json()) as FileLimits;
}

/** One upload, as far as it has come. */
class Way {
  readonly #house: Asker;
  readonly #file: Upload;
  readonly #options: UploadOptions;
  readonly #clock: Clock;
  #at: string | undefined;
  #pieceBytes = PIECE_BYTES_FIRST;

  constructor(house: Asker, file: Upload, options: UploadOptions, clock: Clock) {
    this.#house = house;
    this.#file = file;
    this.#options = options;
    this.#clock = clock;
    this.#at = file.at;
  }

  /** Goes on from what the house has, to the end. */
  async go(moved: () => void): Promise<FileView> {
    const { bytes } = this.#file;
    let offset = await this.#offset();
    this.#options.onProgress?.(offset);
    while (offset < bytes.size) {
      const begun = this.#clock.now();
      const answer = await this.#piece(offset);
      const next = Number(answer.headers.get('upload-offset'));
      if (answer.status === 200) {
        this.#options.onProgress?.(bytes.size);
        return (await answer.json()) as FileView;
      }
      if (next > offset) moved();
      this.#fit(next - offset, this.#clock.now() - begun);
      offset = next;
      this.#options.onProgress?.(offset);
    }
    return (await (await this.#ask(`${this.#at}/about`, {})).json()) as FileView;
  }

  /** How much the house has; a file that it does not know (any more) is begun. */
  async #offset(): Promise<number> {
    const { bytes } = this.#file;
    if (this.#at !== undefined) {
      try {
        const answer = await this.#ask(this.#at, { method: 'HEAD' });
        const [offset, length] = ['upload-offset', 'upload-length'].map((name) =>
          Number(answer.headers.get(name)),
        );
        // Whole, and perhaps smaller than it was sent.
        return offset === length ? bytes.size : (offset ?? 0);
      } catch (error) {
        if (!(error instanceof TeahouseError && error.code === 'not_found')) throw error;
      }
    }
    const { name, alt = '' } = this.#file;
    const said = `filename ${base64(name)}${alt && `,alt ${base64(alt)}`}`;
    const headers = { 'upload-length': `${bytes.size}`, 'upload-metadata': said };
    const answer = await this.#ask('v1/files', { method: 'POST', headers });
    this.#at = answer.headers.get('location') ?? '';
    this.#options.onBegun?.(this.#at);
    return 0;
  }

  #piece(offset: number): Promise<Response> {
    const body = this.#file.bytes.slice(offset, offset + this.#pieceBytes);
    const headers = {
      'content-type': 'application/offset+octet-stream',
      'upload-offset': `${offset}`,
    };
    return this.#ask(this.#at ?? '', { method: 'PATCH', headers, body });
  }

  /** The next piece is as long as fits into the time that one should take. */
  #fit(bytes: number, took_ms: number): void {
    const fits = (bytes * PIECE_MS) / Math.max(took_ms, 1);
    const most = Math.min(PIECE_BYTES_MAX, this.#pieceBytes * 2);
    this.#pieceBytes = Math.round(Math.max(PIECE_BYTES_MIN, Math.min(fits, most)));
  }

  #ask(path: string, init: RequestInit): Promise<Response> {
    const { signal } = this.#options;
    return asked(this.#house, path, { ...init, ...(signal && { signal }) });
  }
}

async function asked(house: Asker, path: string, init: RequestInit): Promise<Response> {
  let answer: Response;
  try {
    const headers = { 'tus-resumable': '1.0.0', ...(init.headers as Record<string, string>) };
    answer = await house.fetch(path, { ...init, headers });
  } catch (cause) {
    const message = 'The house does not answer. Check the connection and try again.';
    throw new TeahouseError({ code: 'unreachable', message }, { cause });
  }
  if (answer.ok) return answer;
  const body = (await answer.json().catch(() => undefined)) as Partial<ErrorBody> | undefined;
  // An answer to HEAD says only its status.
  const code = body?.code ?? (answer.status === 404 ? 'not_found' : 'unreachable');
  const message = body?.message ?? `The house answered ${answer.status} without saying why.`;
  throw new TeahouseError({ ...body, code, message });
}

/** What breaks on the way is not the end; what the house refuses is. */
function mayWorkLater(error: unknown): boolean {
  if (!(error instanceof TeahouseError)) return false;
  const { code, retry_ms } = error;
  return ['unreachable', 'out_of_order'].includes(code) || retry_ms !== undefined;
}

function pause(clock: Clock, ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = clock.after(ms, resolve);
    const give = () => {
      stop();
      reject(signal?.reason);
    };
    signal?.addEventListener('abort', give, { once: true });
    if (signal?.aborted) give();
  });
}

function base64(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}
