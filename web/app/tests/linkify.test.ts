import { expect, test } from 'vitest';
import { linkify } from '../src/text/linkify.ts';

function links(text: string): string[] {
  const pieces = linkify(text);
  expect(pieces.map((piece) => piece.text).join('')).toBe(text);
  return pieces.flatMap((piece) => (piece.href === undefined ? [] : [piece.href]));
}

const cases: [text: string, found: string[]][] = [
  ['', []],
  ['no link here, not even example.com', []],
  ['https://example.com', ['https://example.com']],
  ['see http://a.example/b?c=d#e and go', ['http://a.example/b?c=d#e']],
  ['two: https://a.example, https://b.example.', ['https://a.example', 'https://b.example']],
  ['看这里https://a.example/路径，谢谢', ['https://a.example/路径']],
  ['（https://a.example/x）', ['https://a.example/x']],
  ['《https://a.example》。', ['https://a.example']],
  ['https://a.example。', ['https://a.example']],
  ['https://a.example！', ['https://a.example']],
  ['“https://a.example”', ['https://a.example']],
  ['(see https://a.example/wiki/Tea_(drink))', ['https://a.example/wiki/Tea_(drink)']],
  ['https://a.example/wiki/Tea_(drink).', ['https://a.example/wiki/Tea_(drink)']],
  ['[https://a.example]', ['https://a.example']],
  ['<https://a.example>', ['https://a.example']],
  ['**https://a.example**', ['https://a.example']],
  ['mailto:ada@a.example!', ['mailto:ada@a.example']],
  ['mailto:nobody', []],
  ['javascript:alert(1) data:text/html,x ftp://a.example', []],
  ['HTTPS://A.EXAMPLE/x', ['HTTPS://A.EXAMPLE/x']],
  ['xhttps://a.example', []],
  ['http://', []],
  ['https://.', []],
  ['line one https://a.example\nline two', ['https://a.example']],
];

test.each(cases)('%s', (text, found) => {
  expect(links(text)).toEqual(found);
});

test('a text of nothing but beginnings stays linear', () => {
  const text = 'http://'.repeat(20_000);
  expect(
    linkify(text)
      .map((piece) => piece.text)
      .join(''),
  ).toBe(text);
});

test('a text of nothing but brackets stays linear', () => {
  const text = `https://a.example/${'('.repeat(8_000)}${')'.repeat(8_000)}${')'.repeat(8_000)}`;
  expect(links(text)[0]).toBe(`https://a.example/${'('.repeat(8_000)}${')'.repeat(8_000)}`);
});
