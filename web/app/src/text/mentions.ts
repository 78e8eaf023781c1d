// Between what a person sees in the composer, `@Ada`, and what is sent, `<@ID>`. Pure.

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

const code = /(```[\s\S]*?(?:```|$)|`[^`\n]+`)/;
const wordEnd = /[\p{L}\p{N}_]$/u;
const wordStart = /^[\p{L}\p{N}_]/u;
const han = /\p{sc=Han}/u;

/** The text as it is sent: names that are exactly somebody's become ids. Code is left alone. */
export function toWire(text: string, called: Called): string {
  return outsideCode(text, (part) => wired(part, called));
}

/** Changes a text but not the code in it. */
export function outsideCode(text: string, change: (part: string) => string): string {
  return text
    .split(code)
    .map((part, index) => (index % 2 === 1 ? part : change(part)))
    .join('');
}

function wired(text: string, { people, rooms, all }: Called): string {
  const everybody = all ? [['here', 'here'] as const, ['room', 'room'] as const] : [];
  const known = byLength(new Map([...everybody, ...people]));
  const places = byLength(rooms);
  let made = '';
  for (let at = 0; at < text.length; ) {
    const sign = text[at] ?? '';
    const names = sign === '@' ? known : sign === '#' ? places : [];
    const found = names.length > 0 ? nameAt(text, at, names) : undefined;
    made += found === undefined ? sign : `<${sign}${found[1]}>`;
    at += 1 + (found?.[0].length ?? 0);
  }
  return made;
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
