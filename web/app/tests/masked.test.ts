import { expect, test } from 'vitest';
import { isMasked } from '../src/text/masked.ts';

const cases: [said: string, href: string, masked: boolean][] = [
  ['click here', 'https://a.example/', false],
  ['https://a.example/x', 'https://a.example/x', false],
  ['https://b.example/x', 'https://a.example/x', true],
  ['b.example', 'https://a.example/', true],
  ['www.b.example', 'https://a.example/', true],
  ['a.example', 'https://www.a.example/', false],
  ['https://a.example@b.example/', 'https://a.example@b.example/', true],
  ['a.example.b.example', 'https://a.example/', true],
  ['README.md', 'https://a.example/README.md', false],
  ['README.md/x', 'https://a.example/README.md', true],
  ['茶馆', 'https://a.example/', false],
  ['例子.测试', 'https://xn--fsqu00a.xn--0zwm56d/', false],
  ['ada@a.example', 'mailto:ada@a.example', false],
  ['1.5 km', 'https://a.example/', false],
];

test.each(cases)('%s to %s', (said, href, masked) => {
  expect(isMasked(said, href)).toBe(masked);
});
