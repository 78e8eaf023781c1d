// Small questions about a message text: is it only emoji, is it long, what script is it written in.

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
const emoji = /^(?:\p{RGI_Emoji}|\p{Emoji_Presentation}|\p{Emoji}\uFE0F)$/v;
const linesMax = 24;
const charactersMax = 1600;

/** User-perceived characters, which is what people mean by length. */
export function countGraphemes(text: string): number {
  let count = 0;
  for (const _ of graphemes.segment(text)) count += 1;
  return count;
}

/** The first user-perceived character, for the avatar. */
export function firstGrapheme(text: string): string {
  for (const part of graphemes.segment(text.trim())) return part.segment.toLocaleUpperCase();
  return '?';
}

/** One to six emoji alone are shown large. */
export function isLargeEmoji(text: string): boolean {
  if (text.length > 100) return false;
  const parts = [...graphemes.segment(text.trim())]
    .map((part) => part.segment)
    .filter((part) => part !== ' ');
  return parts.length >= 1 && parts.length <= 6 && parts.every((part) => emoji.test(part));
}

/** Long messages fold: over 24 lines or 1,600 characters. */
export function isLong(text: string): boolean {
  if (text.length > charactersMax) return true;
  let lines = 1;
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) lines += 1;
  return lines > linesMax;
}

const scripts: readonly (readonly [RegExp, string])[] = [
  [/[\p{sc=Hiragana}\p{sc=Katakana}]/u, 'ja'],
  [/\p{sc=Hangul}/u, 'ko'],
  [/\p{sc=Han}/u, 'zh-CN'],
  [/\p{sc=Cyrillic}/u, 'ru'],
  [/\p{sc=Arabic}/u, 'ar'],
  [/\p{sc=Hebrew}/u, 'he'],
  [/\p{sc=Greek}/u, 'el'],
  [/\p{sc=Thai}/u, 'th'],
  [/\p{sc=Devanagari}/u, 'hi'],
  [/\p{sc=Latin}/u, 'en'],
];

/** The `lang` a text needs so that the right voice and glyphs are used; undefined if it is the page's own. */
export function langOf(text: string, pageLang: string): string | undefined {
  const lang = scripts.find(([script]) => script.test(text))?.[1];
  return lang === pageLang ? undefined : lang;
}
