// Makes the tables of the emoji picker out of emojibase-data, one per language, as modules `virtual:emoji/LANGUAGE`.
// A table is text: a line per emoji (the emoji, its name, words to find it by, `1` if it takes a skin tone, between tabs)
// and a blank line between groups.
import { createRequire } from 'node:module';
import type { Plugin } from 'vite';

interface Entry {
  hexcode: string;
  label: string;
  tags?: string[];
  emoji: string;
  group?: number;
  order?: number;
  skins?: { hexcode: string; tone: number | number[] }[];
}

/** In the order of the picker; what is not here (components) cannot be picked. */
const groups = [0, 1, 3, 4, 6, 5, 7, 8, 9];
const prefix = 'virtual:emoji/';
const read = createRequire(import.meta.url);

export function emojiTables(): Plugin {
  return {
    name: 'emoji-tables',
    resolveId: (id) => (id.startsWith(prefix) ? `\0${id}` : null),
    load(id) {
      if (!id.startsWith(`\0${prefix}`)) return null;
      return `export const table = ${JSON.stringify(tableOf(id.slice(prefix.length + 1)))};`;
    },
  };
}

function tableOf(language: string): string {
  const entries = read(`emojibase-data/${language}/data.json`) as Entry[];
  const codes = (
    language === 'en' ? read('emojibase-data/en/shortcodes/github.json') : {}
  ) as Record<string, string | string[]>;
  return groups
    .map((group) =>
      entries
        .filter((entry) => entry.group === group)
        .sort((a, b) => (a.order ?? 0) - (b.order ?? 0))
        .map((entry) => lineOf(entry, [codes[entry.hexcode] ?? []].flat()))
        .join('\n'),
    )
    .join('\n\n');
}

function lineOf(entry: Entry, codes: readonly string[]): string {
  const { label, tags = [] } = entry;
  const words = [...new Set([...codes, ...tags])].filter((word) => word !== label);
  const fields = [plainest(entry), label, words.join(' ')];
  return (takesTone(entry) ? [...fields, '1'] : fields).join('\t');
}

/** The one form that everybody sends: without a variation selector where none is needed. */
function plainest({ hexcode, emoji }: Entry): string {
  const bare = ofHex(hexcode);
  return /^\p{RGI_Emoji}$/v.test(bare) ? bare : emoji;
}

/** Whether a skin tone is one sign after the first: so the picker makes it. */
function takesTone(entry: Entry): boolean {
  const [first, ...rest] = [...ofHex(entry.hexcode)];
  const made = `${first}\u{1f3fb}${rest.join('')}`;
  return entry.skins?.some(({ tone, hexcode }) => tone === 1 && ofHex(hexcode) === made) ?? false;
}

function ofHex(hexcode: string): string {
  return String.fromCodePoint(...hexcode.split('-').map((code) => Number.parseInt(code, 16)));
}
