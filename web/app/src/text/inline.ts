// A paragraph to what stands in its lines, as `teahouse-protocol/src/text/inline.rs`. Marks open and close by what
// is beside them being there, never by what kind of sign it is: so that `**你好。**世界` is bold.
import { bareLink, namedLinks, wordStart } from './link.ts';
import { type Inline, space } from './tree.ts';

/** Marks open at a time: more are text. */
const openMax = 8;
/** Backticks around code in a line. */
const ticksMax = 3;

const isSpace = new RegExp(`[${space}]`);
const wordEnd = /[\p{Alphabetic}\p{N}]$/u;
const meaning = /[\\`*_~|<[:hHmM]/g;
const punctuation = /[!-/:-@[-`{-~]/;
const uuid = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';
const mention = new RegExp(`<(?:@(?:(here|room)|(${uuid}))|#([a-z0-9_-]{1,32}))>`, 'y');
const emoji = /:([a-z+-][a-z0-9_+-]{1,31}):(?![a-zA-Z0-9:])/y;
const kinds: Record<string, 'italic' | 'struck' | 'hidden'> = {
  '*': 'italic',
  _: 'italic',
  '~': 'struck',
  '|': 'hidden',
};

/** The tree of a paragraph's text. */
export function inlines(text: string): Inline[] {
  return new Scan(text, false).run();
}

/** A mark that waits to be closed, with what came after it. */
interface Open {
  sign: string;
  /** How many signs stood here, and how many of them are not used yet. */
  run: number;
  left: number;
  /** Whether it could have closed something, too. */
  both: boolean;
  inside: Inline[];
}

class Scan {
  readonly #text: string;
  readonly #inLink: boolean;
  readonly #open: Open[] = [];
  readonly #root: Inline[] = [];
  readonly #named: ReturnType<typeof namedLinks>;
  /** For each number of backticks: no such run from there to the end of that line. */
  readonly #noTicks = [0, 0, 0, 0];
  #at = 0;

  constructor(text: string, inLink: boolean) {
    this.#text = text;
    this.#inLink = inLink;
    // Inside the text of a link there are no links.
    this.#named = namedLinks(inLink ? '' : text);
  }

  run(): Inline[] {
    while (this.#at < this.#text.length) if (!this.#take()) this.#words();
    this.#shut(0);
    return this.#root;
  }

  /** Takes what stands here if it means something. */
  #take(): boolean {
    const sign = this.#text.charAt(this.#at);
    switch (sign) {
      case '\\':
        if (!punctuation.test(this.#text.charAt(this.#at + 1))) return false;
        this.#at += 1;
        return this.#say(1);
      case '`':
        return this.#code();
      case '*':
      case '_':
      case '~':
      case '|':
        return this.#mark(sign);
      case '<':
        return this.#mention();
      case '[':
        return this.#namedLink();
      case ':':
        return this.#emoji();
      default:
        return /[hm]/i.test(sign) && !this.#inLink && this.#bareLink();
    }
  }

  get #inside(): Inline[] {
    return this.#open.at(-1)?.inside ?? this.#root;
  }

  #push(inline: Inline, length: number): true {
    this.#at += length;
    this.#inside.push(inline);
    return true;
  }

  #say(length: number): true {
    this.#pushText(this.#text.slice(this.#at, this.#at + length));
    this.#at += length;
    return true;
  }

  #pushText(said: string): void {
    const inside = this.#inside;
    const last = inside.at(-1);
    if (typeof last === 'string') inside[inside.length - 1] = last + said;
    else if (said !== '') inside.push(said);
  }

  /** One character, and all after it that mean nothing. */
  #words(): void {
    meaning.lastIndex = this.#at + 1;
    const to = meaning.exec(this.#text)?.index ?? this.#text.length;
    this.#say(to - this.#at);
  }

  #run(sign: string, from: number): number {
    let to = from;
    while (this.#text.charAt(to) === sign) to += 1;
    return to - from;
  }

  #code(): boolean {
    const ticks = this.#run('`', this.#at);
    const from = this.#at + ticks;
    const end = ticks <= ticksMax ? this.#codeEnd(ticks, from) : undefined;
    if (end === undefined) return this.#say(ticks);
    const inside = this.#text.slice(from, end);
    const bare = /^ (.*[^ ].*) $/s.exec(inside)?.[1];
    return this.#push({ kind: 'code', text: bare ?? inside }, end + ticks - this.#at);
  }

  /** Where the run of as many backticks begins that closes the one before `at`, in the same line. */
  #codeEnd(ticks: number, at: number): number | undefined {
    if (at <= (this.#noTicks[ticks] ?? 0)) return undefined;
    const tick = /[`\n]/g;
    for (;;) {
      tick.lastIndex = at;
      at = tick.exec(this.#text)?.index ?? this.#text.length;
      const run = this.#run('`', at);
      if (run === ticks) return at;
      if (run === 0) {
        this.#noTicks[ticks] = at;
        return undefined;
      }
      at += run;
    }
  }

  #mark(sign: string): boolean {
    const text = this.#text;
    const run = this.#run(sign, this.#at);
    const before = text.slice(Math.max(0, this.#at - 2), this.#at);
    const after = text.slice(this.#at + run, this.#at + run + 2);
    // `2*3*4` is arithmetic.
    const isTimes = sign === '*' && run === 1 && /[0-9]$/.test(before) && /^[0-9]/.test(after);
    const fits = sign === '*' ? run <= 3 && !isTimes : run === (sign === '_' ? 1 : 2);
    const isThere = (at: number) => text.charAt(at) !== '' && !isSpace.test(text.charAt(at));
    const joins = (word: RegExp, beside: string) => sign === '_' && word.test(beside);
    const opens = fits && isThere(this.#at + run) && !joins(wordEnd, before);
    const closes = fits && this.#at > 0 && isThere(this.#at - 1) && !joins(wordStart, after);
    const left = closes ? this.#close(sign, run, opens) : run;
    this.#at += run - left;
    if (left === 0 || !opens || this.#open.length >= openMax) return this.#say(left);
    this.#at += left;
    this.#open.push({ sign, run, left, both: closes, inside: [] });
    return true;
  }

  /** Closes what `run` signs can close, and says how many are left. */
  #close(sign: string, run: number, opens: boolean): number {
    let left = run;
    const fits = (open: Open) => {
      // As in CommonMark: `**a*b**` is bold, with a star in it.
      const odd = (open.both || opens) && (open.run + run) % 3 === 0 && run % 3 !== 0;
      return open.sign === sign && !(sign === '*' && odd);
    };
    while (left > 0) {
      // Whoever wrote as many signs meant these: `**a *b** c` is bold, with a star in it.
      const equal = this.#open.findLastIndex((open) => fits(open) && open.left === left);
      const at = equal < 0 ? this.#open.findLastIndex(fits) : equal;
      const open = this.#open[at];
      if (open === undefined) break;
      this.#shut(at + 1);
      const used = sign === '*' ? Math.min(open.left, left, 2) : left;
      const { inside } = open;
      open.inside = [];
      open.left -= used;
      left -= used;
      if (open.left === 0) this.#open.pop();
      const kind = sign === '*' && used === 2 ? 'bold' : (kinds[sign] ?? 'italic');
      this.#inside.push({ kind, inside });
    }
    return left;
  }

  /** What was opened from that place on and never closed is text. */
  #shut(from: number): void {
    while (this.#open.length > from) {
      const open = this.#open.pop();
      if (open === undefined) return;
      this.#pushText(open.sign.repeat(open.left));
      for (const inline of open.inside) {
        if (typeof inline === 'string') this.#pushText(inline);
        else this.#inside.push(inline);
      }
    }
  }

  #mention(): boolean {
    mention.lastIndex = this.#at;
    const [all, many, person, room] = mention.exec(this.#text) ?? [];
    if (all === undefined) return false;
    const kind = many !== undefined ? 'everybody' : person !== undefined ? 'person' : 'room';
    return this.#push({ kind, id: many ?? person ?? room ?? '' }, all.length);
  }

  #namedLink(): boolean {
    const link = this.#named(this.#at);
    if (link === undefined) return false;
    const inside = new Scan(link.inside, true).run();
    return this.#push({ kind: 'link', href: link.href, inside }, link.to - this.#at);
  }

  #bareLink(): boolean {
    const starred = this.#open.some((open) => open.sign === '*');
    const found = bareLink(this.#text, this.#at, starred);
    if (found === undefined) return false;
    const length = found.to - this.#at;
    if (!found.isLink) return this.#say(length);
    const href = this.#text.slice(this.#at, found.to);
    return this.#push({ kind: 'link', href, inside: [href] }, length);
  }

  #emoji(): boolean {
    emoji.lastIndex = this.#at;
    const name = emoji.exec(this.#text)?.[1];
    if (name === undefined || /[a-z0-9:]/i.test(this.#text.charAt(this.#at - 1))) return false;
    return this.#push({ kind: 'emoji', id: name }, name.length + 2);
  }
}
