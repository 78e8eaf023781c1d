// Finding a name by what somebody types of it: its beginning, its words, or the initials of its pinyin.
// Needs no table: the browser's own collation by pinyin says between which two syllables a character stands.

/** The first character of each initial in the order of pinyin, and its letter. */
const heads = [...'阿八嚓哒妸发旮哈讥咔垃妈拏噢妑七呥扨它穵夕丫帀'];
const letters = 'abcdefghjklmnopqrstwxyz';
const collator = new Intl.Collator('zh-u-co-pinyin');
const han = /\p{sc=Han}/u;
const known = new Map<string, string>();

/** Where the browser knows no order by pinyin, no initial is better than a wrong one. */
const knowsPinyin =
  collator.resolvedOptions().collation === 'pinyin' || collator.compare('阿', '八') < 0;

function initialOf(character: string): string {
  const found = known.get(character);
  if (found !== undefined) return found;
  const after = heads.findLastIndex((head) => collator.compare(head, character) <= 0);
  const initial = knowsPinyin ? (letters[after] ?? '') : '';
  known.set(character, initial);
  return initial;
}

/** Without case, width and accents. */
export function folded(text: string): string {
  return text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
}

/** `欧阳娜娜` → `oynn`, `Ada Okafor` → `ao`, `1024 聊天室` → `1lts`. */
export function initialsOf(name: string): string {
  let initials = '';
  let inWord = false;
  for (const character of folded(name)) {
    const isWord = /[\p{L}\p{N}]/u.test(character);
    if (han.test(character)) {
      initials += initialOf(character);
      inWord = false;
    } else {
      if (isWord && !inWord) initials += character;
      inWord = isWord;
    }
  }
  return initials;
}

/** How well a name fits what was typed, 0 being best; `undefined` if it does not. Blanks in it do not count. */
export function fits(name: string, typed: string): number | undefined {
  const wanted = folded(typed).replace(/[\s']/g, '');
  if (wanted === '') return 0;
  const plain = folded(name);
  const close = plain.replace(/\s/g, '');
  if (close.startsWith(wanted)) return 0;
  if (plain.split(/[\s\p{P}\p{S}]+/u).some((word) => word.startsWith(wanted))) return 1;
  const initials = initialsOf(name);
  if (initials.startsWith(wanted)) return 2;
  if (close.includes(wanted)) return 3;
  return initials.includes(wanted) ? 4 : undefined;
}

/** Those that fits, the best first; among equals the given order stays. */
export function fitting<T>(all: readonly T[], typed: string, nameOf: (one: T) => string): T[] {
  return all
    .flatMap((one) => {
      const rank = fits(nameOf(one), typed);
      return rank === undefined ? [] : [{ one, rank }];
    })
    .sort((a, b) => a.rank - b.rank)
    .map(({ one }) => one);
}
