// Files on their way to the house: added, sent, tried again, taken back. What is shown is in state/attached.ts.
import { effect } from '@preact/signals';
import { type FileView, TeahouseError, thumbAddress } from '@teahouse/sdk';
import { describe, fileLimits, takeBack, upload } from '@teahouse/sdk/files';
import { type Attached, attachedTo } from '../state/attached.ts';
import { house } from '../state/house.ts';
import { tell } from '../state/overlay.ts';
import { announceFault } from '../state/voice.ts';
import { forget, type Kept, keep, keptIn } from './kept.ts';
import { shrink } from './shrink.ts';
import { fileWords } from './words.ts';

/** Files of one message. */
const files_max = 10;
/** Files that are sent at the same time; the others wait. */
const atOnce = 2;

/** A file while it is in this page. */
interface Way {
  kept: Kept;
  end: AbortController;
}

const ways = new Map<string, Way>();
const queue: (() => Promise<void>)[] = [];
const followed = new Set<string>();
const restored = new Set<string>();
let running = 0;
let added = 0;

/** Adds files to what is attached there, and begins to send them. */
export function add(place: string, files: readonly File[]): void {
  follow(place);
  const free = files_max - attachedTo(place).peek().length;
  if (files.length > free) tell(fileWords().many);
  for (const file of files.slice(0, free)) {
    const kept: Kept = {
      key: nextKey(),
      place,
      name: file.name || nameOf(file),
      alt: '',
      bytes: file,
    };
    put(kept);
    void keep(kept);
    begin(kept, true);
  }
}

/** Attaches files that the house has already: all of them, or none where they are too many. Says which. */
export function addWhole(place: string, views: readonly FileView[]): boolean {
  follow(place);
  if (attachedTo(place).peek().length + views.length > files_max) {
    tell(fileWords().many);
    return false;
  }
  for (const view of views) {
    const { name, alt = '', type } = view;
    const kept: Kept = { key: nextKey(), place, name, alt, bytes: new Blob([], { type }), view };
    put(kept);
    void keep(kept);
  }
  return true;
}

/** Sorts as it was added, also after a reload. */
function nextKey(): string {
  added += 1;
  return `${Date.now().toString(36)}-${added.toString(36).padStart(4, '0')}`;
}

/** What waited there when the page was closed is there again. */
export async function restore(place: string): Promise<void> {
  if (restored.has(place)) return;
  restored.add(place);
  follow(place);
  for (const kept of await keptIn(place)) {
    if (ways.has(kept.key)) continue;
    put(kept);
    if (kept.view === undefined) begin(kept, false);
  }
}

/** Takes one away; the house forgets it, too. */
export function remove(place: string, key: string): void {
  const files = attachedTo(place);
  const at = ways.get(key)?.kept.at;
  files.value = files.peek().filter((one) => one.key !== key);
  // What the house still has goes by itself within a day.
  if (at !== undefined) takeBack(house(), at).catch(() => undefined);
}

export function retry(key: string): void {
  const way = ways.get(key);
  if (way === undefined) return;
  way.end = new AbortController();
  change(way.kept, { state: 'coming' });
  begin(way.kept, false);
}

/** Says what an image shows; told to the house once it has the file. */
export async function setAlt(key: string, alt: string): Promise<void> {
  const way = ways.get(key);
  if (way === undefined || way.kept.alt === alt) return;
  const { view, ...rest } = way.kept;
  way.kept = { ...rest, alt, ...(view && { view: withAlt(view, alt) }) };
  change(way.kept, { alt, ...(way.kept.view && { view: way.kept.view }) });
  void keep(way.kept);
  if (view !== undefined) await describe(house(), view.id, alt).catch(() => undefined);
}

/** Forgets what is not attached any more; says whether that place is new. */
function follow(place: string): void {
  if (followed.has(place)) return;
  followed.add(place);
  let before: readonly Attached[] = [];
  effect(() => {
    const now = attachedTo(place).value;
    for (const { key, picture } of before) {
      if (now.some((one) => one.key === key)) continue;
      ways.get(key)?.end.abort(new Error('taken away'));
      ways.delete(key);
      void forget(key);
      if (picture !== undefined) URL.revokeObjectURL(picture);
    }
    before = now;
  });
}

function put(kept: Kept): void {
  const { key, place, name, alt, bytes, view } = kept;
  ways.set(key, { kept, end: new AbortController() });
  const picture = pictureOf(kept);
  const file: Attached = {
    key,
    name,
    alt,
    bytes: view?.bytes ?? bytes.size,
    sent: view?.bytes ?? 0,
    kind: bytes.type,
    state: view === undefined ? 'coming' : 'whole',
    ...(view && { view }),
    ...(picture && { picture }),
  };
  const files = attachedTo(place);
  files.value = [...files.peek(), file];
}

/** The address of what an image shows; where its bytes are no longer here, that of the house. */
function pictureOf({ bytes, view }: Kept): string | undefined {
  if (!bytes.type.startsWith('image/')) return undefined;
  if (bytes.size > 0) return URL.createObjectURL(bytes);
  return view?.width === undefined ? undefined : thumbAddress(view);
}

function begin(kept: Kept, isNew: boolean): void {
  queue.push(() => send(kept.key, isNew));
  void next();
}

async function next(): Promise<void> {
  if (running >= atOnce) return;
  const work = queue.shift();
  if (work === undefined) return;
  running += 1;
  await work();
  running -= 1;
  void next();
}

async function send(key: string, isNew: boolean): Promise<void> {
  const way = ways.get(key);
  if (way === undefined) return;
  const { signal } = way.end;
  try {
    if (isNew) {
      const bytes = await shrink(way.kept.bytes);
      if (bytes !== way.kept.bytes) way.kept = { ...way.kept, bytes };
      change(way.kept, { bytes: bytes.size });
      await keepOn(way);
    }
    const view = await upload(house(), way.kept, {
      signal,
      onBegun: (at) => {
        way.kept = { ...way.kept, at };
        void keepOn(way);
      },
      onProgress: (sent) => change(way.kept, { sent }),
    });
    const { alt } = way.kept;
    way.kept = { ...way.kept, view: withAlt(view, alt) };
    if (alt !== (view.alt ?? '')) await describe(house(), view.id, alt);
    change(way.kept, { state: 'whole', view: withAlt(view, alt) });
    await keepOn(way);
  } catch (error) {
    if (signal.aborted) return;
    await failed(way, error);
  }
}

/** What was taken away meanwhile must not be there again after a reload. */
async function keepOn({ kept, end }: Way): Promise<void> {
  if (!end.signal.aborted) await keep(kept);
}

async function failed(way: Way, error: unknown): Promise<void> {
  const code = error instanceof TeahouseError ? error.code : 'unreachable';
  change(way.kept, { state: 'failed', code });
  announceFault(`${way.kept.name}: ${fileWords().failed}`);
  if (code === 'too_large' && mostBytes === undefined) {
    mostBytes = (await fileLimits(house()).catch(() => undefined))?.file_bytes_max;
    change(way.kept, { code });
  }
}

/** Most bytes of a file, once somebody had to know. */
let mostBytes: number | undefined;

export function fileBytesMax(): number | undefined {
  return mostBytes;
}

function change({ key, place }: Kept, change: Partial<Attached>): void {
  const files = attachedTo(place);
  files.value = files.peek().map((one) => (one.key === key ? { ...one, ...change } : one));
}

function withAlt<V extends { alt?: string }>(view: V, alt: string): V {
  const { alt: _, ...rest } = view;
  return (alt === '' ? rest : { ...rest, alt }) as V;
}

/** A pasted image has no name. */
function nameOf({ type }: Blob): string {
  const end = type.split('/')[1]?.replace('jpeg', 'jpg');
  return end === undefined ? 'file' : `image.${end}`;
}
