// Computes the contrast of every pair of colours that is used for text or for parts of controls, from tokens.css.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { colours } from '../src/text/colour.ts';

type Tokens = Record<string, string>;

const css = readFileSync(new URL('../src/styles/tokens.css', import.meta.url), 'utf8');
const day = tokensOf(':root');
const night = { ...day, ...tokensOf('[data-theme="dark"]') };
const asked = tokensOf('[data-contrast]');
const more = { ...day, ...asked, ...tokensOf('[data-theme="light"][data-contrast]') };
const moreByNight = { ...night, ...asked, ...tokensOf('[data-theme="dark"][data-contrast]') };

/** The colours that the first rule of that selector gives. */
function tokensOf(selector: string): Tokens {
  const [, rule] = css.split(`\n${selector} {`);
  if (rule === undefined) throw new Error(`tokens.css has no rule for ${selector}.`);
  return tokensIn(rule.slice(0, rule.indexOf('}')));
}

function tokensIn(text: string): Tokens {
  return Object.fromEntries(
    [...text.matchAll(/--([\w-]+):\s*(#[0-9a-f]{6}\b|var\(--[\w-]+\))/gi)].map((match) => [
      match[1],
      match[2],
    ]),
  );
}

/** A colour, also where it is said to be as another one. */
function colourIn(tokens: Tokens, name: string): string | undefined {
  const other = /^var\(--(.*)\)$/.exec(tokens[name] ?? '')?.[1];
  return other === undefined ? tokens[name] : colourIn(tokens, other);
}

/** WCAG 2.2, relative luminance. */
function luminance(colour: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: string, b: string): number {
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

const text = 4.5;
const part = 3;

const pairs: [ink: string, grounds: string, limit: number][] = [
  ['ink', 'paper side raised hover active amber-soft accent-soft sunken', text],
  ['ink-2', 'paper side raised sunken active amber-soft hover', text],
  ['ink-3', 'paper side raised hover sunken amber-soft', text],
  ['accent', 'paper side raised accent-soft active', text],
  ['on-accent', 'accent accent-hover', text],
  ['amber', 'paper side amber-soft raised', text],
  ['on-amber', 'amber-fill', text],
  ['cinnabar', 'paper raised cinnabar-soft hover', text],
  ['on-cinnabar', 'cinnabar', text],
  ['link', 'paper hover amber-soft', text],
  ['line-strong', 'paper side raised', part],
  ['focus', 'paper side raised', part],
  ['here', 'paper side raised', part],
  ['amber-fill', 'paper side', part],
  ['code-kw', 'code-bg', text],
  ['code-str', 'code-bg', text],
  ['code-num', 'code-bg', text],
  ['code-fn', 'code-bg', text],
  ['code-com', 'code-bg', text],
  ...colours.map((colour): [string, string, number] => [
    `n-${colour}`,
    'paper side hover amber-soft',
    text,
  ]),
  ...colours.map((colour): [string, string, number] => [`f-${colour}`, `a-${colour}`, text]),
];

/** What words and edges stand in where somebody asked for more contrast. Hover is a passing state. */
const morePairs: [ink: string, grounds: string, limit: number][] = [
  ['ink', 'paper side raised hover active amber-soft accent-soft sunken', 7],
  ['ink-2', 'paper side raised sunken active amber-soft hover', 7],
  ['ink-3', 'paper side raised hover sunken amber-soft', 7],
  ['accent', 'paper side raised accent-soft active', 7],
  ['on-accent', 'accent', 7],
  ['amber', 'paper side amber-soft raised', 7],
  ['on-amber', 'amber-fill', 7],
  ['cinnabar', 'paper raised cinnabar-soft hover', 7],
  ['on-cinnabar', 'cinnabar', 7],
  ['link', 'paper hover amber-soft', 7],
  ['line-strong', 'paper side raised', text],
  ['focus', 'paper side raised', text],
];

const themes = [
  ['day', day, pairs],
  ['night', night, pairs],
  ['more contrast by day', more, [...pairs, ...morePairs]],
  ['more contrast by night', moreByNight, [...pairs, ...morePairs]],
] as const;
const all = themes.flatMap(([theme, tokens, wanted]) =>
  wanted.flatMap(([ink, grounds, limit]) =>
    grounds.split(' ').map((ground) => ({ theme, tokens, ink, ground, limit })),
  ),
);

test.each(all)('$theme: $ink on $ground is at least $limit', ({ tokens, ink, ground, limit }) => {
  const [front, back] = [colourIn(tokens, ink), colourIn(tokens, ground)];
  if (front === undefined || back === undefined)
    throw new Error(`tokens.css lacks --${ink} or --${ground}.`);
  expect(contrast(front, back)).toBeGreaterThanOrEqual(limit);
});

test('the measure itself: black on white is 21, a grey of the borderline fails', () => {
  expect(contrast('#000000', '#ffffff')).toBeCloseTo(21, 5);
  expect(contrast('#777777', '#ffffff')).toBeLessThan(4.5);
});
