// Where links begin and end. A bare link stops before CJK punctuation, and without what closes a sentence.
import { space } from './tree.ts';

const scheme = /https?:\/\/|mailto:/iy;
export const wordStart = /^[\p{Alphabetic}\p{N}]/u;
/** White space, quotes, brackets of angle, a mark of the dialect, what CJK writes between words and sentences. */
const ends =
  '[^!-~\\u00a1-\\uffff]|["<>\\\\`\\u1680\\u2000-\\u200b\\u2018-\\u201f\\u2026\\u2028-\\u202f\\u205f' +
  '\\u2066-\\u2069\\u3000-\\u303f\\ufe30-\\ufe4f\\ufeff\\uff01-\\uff0f\\uff1a-\\uff20\\uff3b-\\uff40' +
  '\\uff5b-\\uff65]|\\*\\*|~~|\\|\\|';
const end = new RegExp(ends, 'g');
const endAtStar = new RegExp(`${ends}|\\*`, 'g');
/** What ends a sentence or a mark, not an address. */
const trailing = ".,;:!?'*_~|";
const brackets = '([{)]}';
const isSpace = new RegExp(`[${space}]`);
const isBlank = new RegExp(`^[${space}]*$`);

/** Where what begins at `at` ends, and whether it is a link; undefined if it is no address at all. */
export function bareLink(
  text: string,
  at: number,
  starred: boolean,
): { to: number; isLink: boolean } | undefined {
  if (at > 0 && /[a-z0-9]/i.test(text.charAt(at - 1))) return undefined;
  const from = afterScheme(text, at);
  if (from === undefined) return undefined;
  const stop = starred ? endAtStar : end;
  stop.lastIndex = from;
  const last = stop.exec(text)?.index ?? text.length;
  const to = trimmed(text, from, last);
  const isLink = text.charAt(from - 1) === '/' || /^[^@]+@./s.test(text.slice(from, to));
  return { to: isLink ? to : last, isLink };
}

/** Where the address goes on behind its scheme; undefined without one, or if nothing fit follows. */
function afterScheme(text: string, at: number): number | undefined {
  scheme.lastIndex = at;
  const found = scheme.exec(text)?.[0];
  if (found === undefined) return undefined;
  const from = at + found.length;
  return found.endsWith(':') || wordStart.test(text.slice(from, from + 2)) ? from : undefined;
}

/** The end without trailing punctuation, and without closing brackets that were not opened inside. */
function trimmed(text: string, from: number, to: number): number {
  const open = [0, 0, 0];
  for (let at = from; at < to; at += 1) {
    const kind = brackets.indexOf(text.charAt(at));
    if (kind >= 0) open[kind % 3] = (open[kind % 3] ?? 0) + (kind < 3 ? 1 : -1);
  }
  for (; to > from; to -= 1) {
    const sign = text.charAt(to - 1);
    const kind = brackets.indexOf(sign);
    const unopened = open[kind % 3] ?? 0;
    if (kind >= 3 && unopened < 0) open[kind % 3] = unopened + 1;
    else if (!trailing.includes(sign)) break;
  }
  return to;
}

/** A link with a text of its own. */
export interface NamedLink {
  inside: string;
  href: string;
  to: number;
}

/** Finds `[text](address)`: which brackets belong together is found in one pass. */
export function namedLinks(text: string): (at: number) => NamedLink | undefined {
  const texts = new Map<number, number>();
  const addresses = new Map<number, number>();
  if (text.includes('](')) pair(text, texts, addresses);
  return (at) => {
    const close = texts.get(at);
    const to = close === undefined ? undefined : addresses.get(close + 1);
    if (close === undefined || to === undefined) return undefined;
    const inside = text.slice(at + 1, close);
    const href = text.slice(close + 2, to);
    const from = afterScheme(href, 0);
    if (from === undefined || from === href.length || isBlank.test(inside)) return undefined;
    return { inside, href, to: to + 1 };
  };
}

function pair(text: string, texts: Map<number, number>, addresses: Map<number, number>): void {
  const squares: number[] = [];
  let rounds: number[] = [];
  for (let at = 0; at < text.length; at += 1) {
    const sign = text.charAt(at);
    if (sign === '\\') at += 1;
    else if (sign === '[') squares.push(at);
    else if (sign === '(') rounds.push(at);
    else if (sign === ']') {
      const open = squares.pop();
      if (open !== undefined && text.charAt(at + 1) === '(') texts.set(open, at);
    } else if (sign === ')') {
      const open = rounds.pop();
      if (open !== undefined) addresses.set(open, at);
    } else if (isSpace.test(sign)) rounds = [];
  }
}
