// The emoji there are, by group, found by their names and words in either language. Pure but for fetching a table.
import { folded } from '../text/pinyin.ts';

export interface Emoji {
  emoji: string;
  name: string;
  /** Name and words, folded, to be searched. */
  words: readonly string[];
  takesTone: boolean;
}

export interface Table {
  groups: readonly (readonly Emoji[])[];
  all: readonly Emoji[];
}

type Language = 'en' | 'zh';

const fetched = new Map<Language, Promise<Table>>();

/** The emoji with their names in that language. */
export function emojiTable(language: Language): Promise<Table> {
  const found = fetched.get(language) ?? fetchTable(language);
  fetched.set(language, found);
  found.catch(() => fetched.delete(language));
  return found;
}

async function fetchTable(language: Language): Promise<Table> {
  const { table } =
    language === 'zh' ? await import('virtual:emoji/zh') : await import('virtual:emoji/en');
  return parseTable(table);
}

export function parseTable(table: string): Table {
  const groups = table.split('\n\n').map((group) => group.split('\n').map(parseLine));
  return { groups, all: groups.flat() };
}

function parseLine(line: string): Emoji {
  const [emoji = '', name = '', more = '', tone = ''] = line.split('\t');
  const words = folded(`${name} ${more}`).split(/[\s:,，、]+/u);
  return { emoji, name, words: words.filter((word) => word !== ''), takesTone: tone === '1' };
}

/** The emoji that fit what was typed, the best first; each once, also if two languages know it. */
export function findEmoji(tables: readonly Table[], typed: string, count: number): Emoji[] {
  const wanted = folded(typed)
    .split(/[\s_]+/u)
    .filter((word) => word !== '');
  if (wanted.length === 0) return [];
  const found = new Map<string, { emoji: Emoji; rank: number }>();
  for (const { all } of tables) {
    for (const emoji of all) {
      const rank = rankOf(emoji, wanted);
      if (rank === undefined || (found.get(emoji.emoji)?.rank ?? 9) <= rank) continue;
      found.set(emoji.emoji, { emoji: found.get(emoji.emoji)?.emoji ?? emoji, rank });
    }
  }
  return [...found.values()]
    .sort((a, b) => a.rank - b.rank)
    .slice(0, count)
    .map(({ emoji }) => emoji);
}

/** Each word has to begin a word of the emoji, or in Chinese to be in one. The name counts more than other words. */
function rankOf({ emoji, name, words }: Emoji, wanted: readonly string[]): number | undefined {
  let rank = 0;
  for (const word of wanted) {
    if (word === emoji) continue;
    const isExact = words.includes(word);
    const begins = words.some((one) => one.startsWith(word));
    const isInside = /\p{sc=Han}/u.test(word) && words.some((one) => one.includes(word));
    if (!begins && !isInside) return undefined;
    rank += isExact ? 0 : begins ? 1 : 2;
  }
  return rank + (folded(name).startsWith(wanted[0] ?? '') ? 0 : 1);
}

/** An emoji in a skin tone, 0 for none, 1 to 5 from light to dark. */
export function toned({ emoji, takesTone }: Emoji, tone: number): string {
  if (!takesTone || tone < 1 || tone > 5) return emoji;
  const [first = '', ...rest] = [...emoji];
  const after = rest[0] === '\u{fe0f}' ? rest.slice(1) : rest;
  return `${first}${String.fromCodePoint(0x1f3fa + tone)}${after.join('')}`;
}
