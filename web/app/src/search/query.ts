// What somebody typed into the search field, as the house wants it: words and filters. Pure: who and which room is
// meant is asked of the caller. The text is the only source; the chips read it and write it.

export type Has = 'file' | 'image' | 'link' | 'code';
export const hasKinds: readonly Has[] = ['file', 'image', 'link', 'code'];

const names = ['from', 'in', 'before', 'after', 'has'] as const;
export type FilterName = (typeof names)[number];

/** A filter as it stands in the text. */
export interface Filter {
  name: FilterName;
  value: string;
}

export interface Typed {
  words: string;
  filters: readonly Filter[];
}

// A name, a colon of either width, and a value; one with blanks stands in quotes.
const filter = /(?<!\S)(from|in|before|after|has)[:：](?:["“]([^"”]*)["”]?|(\S+))/giu;

/** Takes the filters out of the text. Total: what is no filter is a word. */
export function readTyped(text: string): Typed {
  const filters: Filter[] = [];
  const words = text.replace(filter, (_, name: string, quoted?: string, bare?: string) => {
    const value = (quoted ?? bare ?? '').trim();
    if (value !== '') filters.push({ name: name.toLowerCase() as FilterName, value });
    return ' ';
  });
  return { words: words.replace(/\s+/g, ' ').trim(), filters };
}

/** The text that says this; `readTyped` of it is the same. */
export function writeTyped({ words, filters }: Typed): string {
  return [...filters.map(writeFilter), words].filter((part) => part !== '').join(' ');
}

function writeFilter({ name, value }: Filter): string {
  return /[\s"“”]/u.test(value) ? `${name}:"${value.replace(/["“”]/gu, '')}"` : `${name}:${value}`;
}

/** With that filter; there is one of a name, but of `has` as many as there are kinds. */
export function withFilter(typed: Typed, name: FilterName, value: string): Typed {
  const others = typed.filters.filter((one) =>
    name === 'has' ? one.name !== 'has' || one.value !== value : one.name !== name,
  );
  return { ...typed, filters: [...others, { name, value }] };
}

export function withoutFilter(typed: Typed, filter: Filter): Typed {
  const filters = typed.filters.filter(
    (one) => one.name !== filter.name || one.value !== filter.value,
  );
  return { ...typed, filters };
}

/** What is asked of the house. Times in ms. */
export interface Asked {
  q: string;
  from?: string;
  in?: string;
  before?: number;
  after?: number;
  has?: Has[];
}

/** Finds the ids behind names. */
export interface Names {
  personNamed: (name: string) => string | undefined;
  roomNamed: (name: string) => string | undefined;
}

export interface Understood {
  asked: Asked;
  /** Filters that were understood, as they were written. */
  said: readonly Filter[];
  /** Filters that mean nothing: nobody or no room of that name, no date, no such kind. */
  unknown: readonly Filter[];
}

/** What the text asks for. */
export function understand(typed: Typed, { personNamed, roomNamed }: Names): Understood {
  const asked: Asked = { q: typed.words };
  const unknown: Filter[] = [];
  for (const filter of typed.filters) {
    if (!apply(asked, filter, { personNamed, roomNamed })) unknown.push(filter);
  }
  const said = typed.filters.filter((filter) => !unknown.includes(filter));
  return { asked, said, unknown };
}

/** Says whether the filter meant something. */
function apply(asked: Asked, { name, value }: Filter, { personNamed, roomNamed }: Names): boolean {
  if (name === 'has') {
    const kind = hasKinds.find((one) => one === value.toLowerCase());
    if (kind !== undefined) asked.has = [...new Set([...(asked.has ?? []), kind])];
    return kind !== undefined;
  }
  if (name === 'from' || name === 'in') {
    const id =
      name === 'from' ? personNamed(value.replace(/^@/u, '')) : roomNamed(value.replace(/^#/u, ''));
    if (id !== undefined) asked[name] = id;
    return id !== undefined;
  }
  const at = dayFrom(value);
  if (at !== undefined) asked[name] = at;
  return at !== undefined;
}

/** The first millisecond of a day, in the time of this device: `2026-11-03`, `2026/11/3`, `2026-11`, `2026`. */
export function dayFrom(text: string): number | undefined {
  const parts = /^(\d{4})(?:[-/.年](\d{1,2})(?:[-/.月](\d{1,2})日?|月)?|年)?$/u.exec(text);
  if (parts === null) return undefined;
  const [year, month, day] = [Number(parts[1]), Number(parts[2] ?? 1), Number(parts[3] ?? 1)];
  const date = new Date(year, month - 1, day);
  const exists =
    date.getFullYear() === year && date.getMonth() === month - 1 && date.getDate() === day;
  return exists ? date.getTime() : undefined;
}

/** A day as a filter says it. */
export function dayText(at: number): string {
  const date = new Date(at);
  const two = (n: number) => String(n).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

export function isBlank({ asked }: Understood): boolean {
  return asked.q === '' && Object.keys(asked).length === 1;
}

/** Days without anything that one looks for in them: they have too much to be searched. */
export function isDaysOnly({ asked: { q, before, after, ...others } }: Understood): boolean {
  const hasDay = before !== undefined || after !== undefined;
  return q === '' && hasDay && Object.keys(others).length === 0;
}
