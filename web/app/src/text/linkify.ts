// Finds bare links in message text. Linear in the length, total: any text gives a list of pieces that
// joined are the text again. Knows http, https and mailto, and nothing else becomes a link.

export interface Piece {
  text: string;
  href?: string;
}

const start = /(?:https?:\/\/|mailto:)/gi;
// A link ends at white space, quotes, angle brackets and at anything CJK writes between words and sentences.
const end =
  /[\s<>"`\u2018-\u201f\u2026\u3000-\u303f\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65\ufe30-\ufe4f]/u;
const trailing = new Set(".,;:!?'*_~|");
const closers: Record<string, string> = { ')': '(', ']': '[', '}': '{' };

/** Cuts a text into plain pieces and links. */
export function linkify(text: string): Piece[] {
  const pieces: Piece[] = [];
  let done = 0;
  start.lastIndex = 0;
  for (let found = start.exec(text); found !== null; found = start.exec(text)) {
    if (joinsWord(text, found.index)) continue;
    const last = linkEnd(text, found.index + found[0].length);
    const href = checked(text.slice(found.index, last));
    if (href === undefined) continue;
    if (found.index > done) pieces.push({ text: text.slice(done, found.index) });
    pieces.push({ text: text.slice(found.index, last), href });
    done = last;
    start.lastIndex = last;
  }
  if (done < text.length) pieces.push({ text: text.slice(done) });
  return pieces;
}

/** `xhttp://a` is no link; `看https://a` is one: only Latin letters and digits join. */
function joinsWord(text: string, at: number): boolean {
  return at > 0 && /[a-z0-9]/i.test(text.charAt(at - 1));
}

function linkEnd(text: string, from: number): number {
  let last = from;
  while (last < text.length && !end.test(text.charAt(last))) last += 1;
  return trimEnd(text, from, last);
}

/** Drops trailing punctuation, and closing brackets that were not opened inside the link. */
function trimEnd(text: string, from: number, to: number): number {
  const open = { '(': 0, '[': 0, '{': 0 } as Record<string, number>;
  for (let i = from; i < to; i += 1) {
    const sign = text.charAt(i);
    const opener = closers[sign];
    if (sign in open) open[sign] = (open[sign] ?? 0) + 1;
    else if (opener !== undefined) open[opener] = (open[opener] ?? 0) - 1;
  }
  let last = to;
  while (last > from) {
    const sign = text.charAt(last - 1);
    const opener = closers[sign];
    if (opener !== undefined && (open[opener] ?? 0) < 0) open[opener] = (open[opener] ?? 0) + 1;
    else if (!trailing.has(sign)) break;
    last -= 1;
  }
  return last;
}

function checked(link: string): string | undefined {
  if (!URL.canParse(link)) return undefined;
  const url = new URL(link);
  if (url.protocol === 'mailto:') return url.pathname.includes('@') ? link : undefined;
  return (url.protocol === 'http:' || url.protocol === 'https:') && url.hostname !== ''
    ? link
    : undefined;
}
