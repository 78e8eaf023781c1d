// Between what a person sees in the composer, `@Ada`, and what is sent, `<@ID>`. Pure.
import { parse } from './parse.ts';
import type { Block, Inline } from './tree.ts';

/** Names as they stand in the field (without the sign), and whom or what they mean. */
export type Names = ReadonlyMap<string, string>;

export interface Called {
  /** People by name. */
  people: Names;
  /** Rooms by name. */
  rooms: Names;
  /** Whether `@here` and `@room` call everybody, or are just words. */
  all: boolean;
}

/** The first sign of the last plane but one: more than a text can hold names. */
const privateUse = 0xf0000;
const wordEnd = /[\p{L}\p{N}_]$/u;
const wordStart = /^[\p{L}\p{N}_]/u;
const han = /\p{sc=Han}/u;

/** The text as it is sent: names that are exactly somebody's become ids. Code and addresses are left alone. */
export function toWire(text: string, { people, rooms, all }: Called): string {
  const everybody = all ? [['here', 'here'] as const, ['room', 'room'] as const] : [];
  const known = byLength(new Map([...everybody, ...people]));
  const places = byLength(rooms);
  const found: Place[] = [];
  for (const { 0: sign, index: at } of text.matchAll(/[@#]/g)) {
    // What lies in the name before it belongs to that.
    if (at < (found.at(-1)?.to ?? 0)) continue;
    const names = sign === '@' ? known : places;
    const name = names.length > 0 ? nameAt(text, at, names) : undefined;
    if (name !== undefined) {
      found.push({ at, to: at + 1 + name[0].length, becomes: `<${sign}${name[1]}>` });
    }
  }
  return changeWords(text, found);
}

/** A part of a text, and what shall stand there. */
export interface Place {
  at: number;
  to: number;
  becomes: string;
}

/**
 * Changes parts of a text, in order, where their first sign is read as words: not in code, not in an address, not
 * behind a backslash. What is what the parser says: each sign is made one that nobody writes, and looked for in the
 * tree.
 */
export function changeWords(text: string, places: readonly Place[]): string {
  const fresh = unused(text, places.length);
  const marked = splice(text, places, ({ at, to }, index) =>
    isEscaped(text, at) ? text.slice(at, to) : (fresh[index] ?? '') + text.slice(at + 1, to),
  );
  const words = wordsOf(parse(marked));
  const isWords = new Set(fresh.filter((sign) => words.includes(sign)));
  return splice(text, places, ({ at, to, becomes }, index) =>
    isWords.has(fresh[index] ?? '') ? becomes : text.slice(at, to),
  );
}

function splice(
  text: string,
  places: readonly Place[],
  becomes: (place: Place, index: number) => string,
): string {
  let from = 0;
  const parts = places.map((place, index) => {
    const part = text.slice(from, place.at) + becomes(place, index);
    from = place.to;
    return part;
  });
  return parts.join('') + text.slice(from);
}

/** So many signs of private use that do not stand in the text. */
function unused(text: string, count: number): string[] {
  const found: string[] = [];
  for (let code = privateUse; found.length < count; code += 1) {
    const sign = String.fromCodePoint(code);
    if (!text.includes(sign)) found.push(sign);
  }
  return found;
}

function isEscaped(text: string, at: number): boolean {
  const slashes = /\\*$/.exec(text.slice(0, at))?.[0].length ?? 0;
  return slashes % 2 === 1;
}

/** All that is said in words. */
function wordsOf(tree: readonly (Block | Inline)[]): string {
  return tree.map(wordsIn).join(' ');
}

function wordsIn(part: Block | Inline): string {
  if (typeof part === 'string') return part;
  if (part.kind === 'list') return part.items.map(wordsOf).join(' ');
  if (!('inside' in part)) return '';
  const said = wordsOf(part.inside);
  return part.kind === 'link' && said === part.href ? '' : said;
}

function byLength(names: Names): [string, string][] {
  return [...names].sort(([a], [b]) => b.length - a.length);
}

/** The longest name that stands after the sign, and ends where a word ends. */
function nameAt(
  text: string,
  at: number,
  names: readonly [string, string][],
): [string, string] | undefined {
  const before = text.slice(Math.max(0, at - 2), at);
  if (before.endsWith('<') || (wordEnd.test(before) && !han.test(before.slice(-1))))
    return undefined;
  return names.find(([name]) => {
    if (name === '' || !text.startsWith(name, at + 1)) return false;
    const after = text.slice(at + 1 + name.length);
    const endsInWord = wordEnd.test(name) && !han.test(name.slice(-1));
    return !(endsInWord && wordStart.test(after) && !han.test(after.slice(0, 1)));
  });
}
