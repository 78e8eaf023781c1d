// The cases of `fixtures/text`, which the Rust parser reads, too; the same made texts as there, by their hash; and
// texts that somebody writes to do harm.
import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from '../src/text/parse.ts';
import { type Names, plain, plainOf } from '../src/text/plain.ts';
import type { Block, Inline } from '../src/text/tree.ts';

const folder = new URL('../../../crates/teahouse-protocol/fixtures/text/', import.meta.url);

interface Case {
  text: string;
  tree: unknown;
  plain: string;
}

function fixture(name: string): unknown {
  return JSON.parse(readFileSync(new URL(name, folder), 'utf8'));
}

const known = fixture('names.json') as Record<string, string>;
const names: Names = (id) => known[id];

/** A tree as the fixtures write it: a text is itself, anything else `[what, …]`. */
function shape(block: Block): unknown {
  switch (block.kind) {
    case 'pre':
      return ['pre', block.lang ?? null, block.text];
    case 'quote':
      return ['quote', ...block.inside.map(shape)];
    case 'list': {
      const items = block.items.map((item) => item.map(shape));
      return block.first === undefined ? ['ul', ...items] : ['ol', block.first, ...items];
    }
    default:
      return [block.kind === 'heading' ? 'h' : 'p', ...block.inside.map(shapeInline)];
  }
}

const short = { bold: 'b', italic: 'i', struck: 's', hidden: 'hidden' };

function shapeInline(inline: Inline): unknown {
  if (typeof inline === 'string') return inline;
  switch (inline.kind) {
    case 'code':
      return ['code', inline.text];
    case 'link':
      return ['a', inline.href, ...inline.inside.map(shapeInline)];
    case 'person':
    case 'room':
    case 'everybody':
    case 'emoji':
      return [inline.kind, inline.id];
    default:
      return [short[inline.kind], ...inline.inside.map(shapeInline)];
  }
}

for (const file of readdirSync(folder)) {
  if (file === 'names.json') continue;
  const cases = fixture(file) as Case[];
  test(`every case of ${file} has its tree and its plain text`, () => {
    expect(cases.length).toBeGreaterThan(5);
    for (const one of cases) {
      expect({ text: one.text, tree: parse(one.text).map(shape) }).toEqual({
        text: one.text,
        tree: one.tree,
      });
      expect({ text: one.text, plain: plain(one.text, names) }).toEqual({
        text: one.text,
        plain: one.plain,
      });
    }
  });
}

// biome-ignore format: as in Rust
const parts = [
  '*', '**', '***', '_', '~~', '||', '`', '``', '```', '\n', '\n\n', '> ', '>', '- ', '1. ', '2) ', '# ',
  '#', ' ', '  ', '    ', '\t', '\\', '[', '](', ')', '](https://a.example)', 'https://b.example/x', '(',
  'mailto:', 'ada@a.example', '<@here>', '<@room>', '<#1024>', '<@0b9d1e6e-7c0a-4c8e-8f5e-3a52d2d5a1b7>',
  ':tea:', ':', '。', '，世界', '你好', 'a', 'word', 'snake_case', 'é', '\u3000', '🍵', 'http://', '<',
];

/** A text made of what means something, from a seed. */
function made(seed: number): string {
  let state = seed;
  const next = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 16;
  };
  let text = '';
  for (let count = 1 + (next() % 24); count > 0; count -= 1) text += parts[next() % parts.length];
  return text;
}

test('trees of made texts are those of Rust', () => {
  const encoder = new TextEncoder();
  let hash = 0x811c9dc5;
  for (let seed = 0; seed < 20_000; seed += 1) {
    const text = made(seed);
    const tree = JSON.stringify([parse(text).map(shape), plain(text, names)]);
    for (const byte of encoder.encode(tree)) hash = Math.imul(hash ^ byte, 0x01000193);
  }
  // `teahouse-protocol/src/text/tests.rs` has the same number.
  expect((hash >>> 0).toString(16)).toBe('9dbdb381');
});

// biome-ignore format: as in Rust
const hostile = [
  '*a ', '**a ', '*a**', '_a ', '~~a ', '||a ', '`a ', '``a ', '` `` ``` ', '[', '[a](', '](', '[a](https://a',
  '[a](https://a)', 'http://a', 'https://a.example/(', 'mailto:', '<@', '<#a', ':a', ':aa', '\\', '> ', '>',
  '>>>> ', '- ', '- - ', '1. ', '  - a\n', '- a\n\n', '\n', '\n\n', '> a\n', '```\n', '```a\n\n', '# a\n',
  '*_~~||`', '***a*b**c', '    ', 'a\n    ', '(', ')', '*a_ ', '**a***b*', '\u3000\n',
];

test('a text of nothing but beginnings ends', () => {
  for (const part of hostile) {
    const text = part.repeat(64_000 / part.length);
    expect(plainOf(text).length).toBeLessThan(10 * text.length);
  }
});
