// Lines to blocks, as `teahouse-protocol/src/text/block.rs`: both read the cases of `fixtures/text`.
// Containers are taken apart from outside in: what a quote or an item holds is lines again.
import { inlines } from './inline.ts';
import { type Block, space } from './tree.ts';

/** Quotes and lists, each: deeper ones are text. */
const depthMax = 4;
/** What an item's own lines are set in by, at least. */
const indentMin = 2;

const blank = new RegExp(`^[${space}]*$`);
const fenceStart = /^[ \t]*(`{3,})([^`]*)$/;
const language = /^[\w+#.-]{1,32}$/;
const headingStart = /^#{1,3}[ \t](.*)$/s;
const markerStart = /^([ \t]*)(?:[-*]|(\d{1,3})[.)])([ \t].*)$/s;

/** The tree of a text. Every text has one. */
export function parse(text: string): Block[] {
  return blocks(text.split('\n'), 0, 0);
}

type Found = [block: Block, next: number];

function blocks(lines: string[], quotes: number, lists: number): Block[] {
  const found: Block[] = [];
  let from = 0;
  const flush = (to: number) => {
    if (to > from) found.push(paragraph(lines.slice(from, to)));
  };
  for (let at = 0; at < lines.length; ) {
    const isBlank = blank.test(line(lines, at));
    const begun = isBlank ? undefined : begin(lines, at, quotes, lists);
    const next = begun?.[1] ?? at + 1;
    if (isBlank || begun !== undefined) {
      flush(at);
      from = next;
    }
    if (begun !== undefined) found.push(begun[0]);
    at = next;
  }
  flush(lines.length);
  return found;
}

function line(lines: string[], at: number): string {
  return lines[at] ?? '';
}

function paragraph(lines: string[]): Block {
  return { kind: 'paragraph', inside: inlines(lines.join('\n')) };
}

/** The block other than a paragraph that begins at this line, and the line after it. */
function begin(lines: string[], at: number, quotes: number, lists: number): Found | undefined {
  const first = line(lines, at);
  const code = fence(lines, at, first);
  if (code !== undefined) return code;
  if (quotes < depthMax && unquote(first) !== undefined) {
    const inside: string[] = [];
    for (let next = at; next < lines.length; next += 1) {
      const said = unquote(line(lines, next));
      if (said === undefined) break;
      inside.push(said);
    }
    const next = at + inside.length;
    const said = blocks(inside, quotes + 1, lists);
    // Marks with nothing behind them are text.
    if (said.length === 0) return [paragraph(lines.slice(at, next)), next];
    return [{ kind: 'quote', inside: said }, next];
  }
  const marker = lists < depthMax ? markerOf(first) : undefined;
  if (marker !== undefined) return list(lines, at, marker, quotes, lists + 1);
  const text = trim(headingStart.exec(first)?.[1] ?? '');
  return text === '' ? undefined : [{ kind: 'heading', inside: inlines(text) }, at + 1];
}

function trim(text: string): string {
  return text.replace(/^[ \t]+|[ \t]+$/g, '');
}

function columns(sign: string): number {
  return sign === '\t' ? 4 : sign === ' ' ? 1 : 0;
}

/** Columns of white space at the beginning; a tab has four. */
function indent(text: string): number {
  let width = 0;
  for (let at = 0; columns(text.charAt(at)) > 0; at += 1) width += columns(text.charAt(at));
  return width;
}

/** Without up to so many columns of white space at the beginning. */
function outdent(text: string, most: number): string {
  let gone = 0;
  let at = 0;
  for (; gone < most && columns(text.charAt(at)) > 0; at += 1) gone += columns(text.charAt(at));
  return text.slice(at);
}

/** Fenced code. One that is not closed goes to the end; one with nothing after it is text. */
function fence(lines: string[], at: number, first: string): Found | undefined {
  const [, ticks, info] = fenceStart.exec(first) ?? [];
  if (ticks === undefined || at + 1 >= lines.length) return undefined;
  const word = info?.split(/[ \t]+/).find((part) => part !== '') ?? '';
  const margin = indent(first);
  const inside: string[] = [];
  let next = at + 1;
  for (; next < lines.length; next += 1) {
    const end = trim(line(lines, next));
    if (end.length >= ticks.length && /^`+$/.test(end)) break;
    inside.push(outdent(line(lines, next), margin));
  }
  const lang = language.test(word) ? word.toLowerCase() : undefined;
  return [{ kind: 'pre', lang, text: inside.join('\n') }, next + 1];
}

/** What stands behind a quote mark: `>` before a space, the end, or another mark that is one. `>_<` is a face. */
function unquote(text: string): string | undefined {
  const bare = outdent(text, 3);
  return /^>+(?:[ \t]|$)/.test(bare) ? bare.slice(bare.startsWith('> ') ? 2 : 1) : undefined;
}

interface Marker {
  /** Columns before it, and before what the item says. */
  indent: number;
  inner: number;
  number: number | undefined;
  rest: string;
}

function markerOf(text: string): Marker | undefined {
  const [, before, digits, rest] = markerStart.exec(text) ?? [];
  if (before === undefined || rest === undefined || blank.test(rest)) return undefined;
  const width = indent(before);
  return {
    indent: width,
    inner: width + (digits?.length ?? 0) + 2,
    number: digits === undefined ? undefined : Number(digits),
    rest: rest.replace(/^[ \t]+/, ''),
  };
}

/** The list that begins at this line. `lists` is how deep its items are. */
function list(lines: string[], at: number, begun: Marker, quotes: number, lists: number): Found {
  const first = begun.number;
  const items: Block[][] = [];
  const isLike = (other: Marker | undefined) =>
    other !== undefined && (other.number === undefined) === (first === undefined);
  for (let marker: Marker | undefined = begun; marker !== undefined && isLike(marker); ) {
    const { indent: outer } = marker;
    const [inside, next] = item(lines, at + 1, marker);
    items.push(blocks(inside, quotes, lists));
    at = overBlanks(
      lines,
      next,
      (text) => indent(text) < outer + indentMin && isLike(markerOf(text)),
    );
    marker = at < lines.length ? markerOf(line(lines, at)) : undefined;
  }
  return [{ kind: 'list', first, items }, at];
}

/** The lines of an item: what stands behind its marker, and what is set in below it. */
function item(lines: string[], at: number, marker: Marker): [inside: string[], next: number] {
  const inside = [marker.rest];
  const least = marker.indent + indentMin;
  for (;;) {
    const next = overBlanks(lines, at, (text) => indent(text) >= least);
    for (; at < next; at += 1) inside.push('');
    const text = line(lines, at);
    if (blank.test(text) || indent(text) < least) return [inside, at];
    inside.push(outdent(text, marker.inner));
    at += 1;
  }
}

/** The first line from `at` on that is not blank, if it `fits`; else `at`. */
function overBlanks(lines: string[], at: number, fits: (text: string) => boolean): number {
  let next = at;
  while (next < lines.length && blank.test(line(lines, next))) next += 1;
  return next < lines.length && fits(line(lines, next)) ? next : at;
}
