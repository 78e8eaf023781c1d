import { expect, test } from 'vitest';
import { emojiTable, findEmoji, parseTable, toned } from '../src/emoji/emoji.ts';

const emojis = (found: readonly { emoji: string }[]) => found.map(({ emoji }) => emoji);

test('both tables have the same emoji, each once and in the form that everybody sends', async () => {
  const [en, zh] = await Promise.all([emojiTable('en'), emojiTable('zh')]);
  expect(en.groups).toHaveLength(9);
  expect(emojis(en.all)).toEqual(emojis(zh.all));
  expect(en.all.length).toBeGreaterThan(1800);
  expect(new Set(emojis(en.all)).size).toBe(en.all.length);
  for (const { emoji } of en.all) expect(emoji).toMatch(/^\p{RGI_Emoji}$/v);
  expect(emojis(en.all)).toEqual(expect.arrayContaining(['👍', '❤️', '🍵']));
});

test('a skin tone makes another emoji of the standard', async () => {
  const { all } = await emojiTable('en');
  const skinned = all.filter(({ takesTone }) => takesTone);
  expect(skinned.length).toBeGreaterThan(200);
  for (const emoji of skinned) expect(toned(emoji, 3)).toMatch(/^\p{RGI_Emoji}$/v);
  const tea = all.find(({ emoji }) => emoji === '🍵');
  expect(tea && toned(tea, 3)).toBe('🍵');
});

test.each([
  ['en', 'tea', '🍵'],
  ['en', 'thumbsup', '👍'],
  ['en', 'red heart', '❤️'],
  ['en', '+1', '👍'],
  ['zh', '茶', '🍵'],
  ['zh', '赞', '👍'],
  ['zh', '熊猫', '🐼'],
] as const)('in %s, %s finds %s', async (language, typed, emoji) => {
  const found = findEmoji([await emojiTable(language)], typed, 12);
  expect(emojis(found)).toContain(emoji);
});

test('both languages are searched, and each emoji is found once', async () => {
  const both = [await emojiTable('zh'), await emojiTable('en')];
  expect(emojis(findEmoji(both, 'teacup', 8))).toContain('🍵');
  const found = emojis(findEmoji(both, '👍', 8));
  expect(found).toEqual(['👍']);
});

test('nothing typed finds nothing', () => {
  expect(findEmoji([parseTable('🍵\ttea\tcup')], ' ', 8)).toEqual([]);
});
