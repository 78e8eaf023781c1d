// Names: suggestions for newcomers, and what is wrong with a name.
import { countGraphemes } from './shape.ts';

export const nameGraphemesMax = 32;

const teasZh = [
  '龙井',
  '普洱',
  '白毫',
  '毛尖',
  '乌龙',
  '茉莉',
  '碧螺春',
  '铁观音',
  '大红袍',
  '正山小种',
];
const teasEn = [
  'Oolong',
  'Sencha',
  'Assam',
  'Keemun',
  'Matcha',
  'Rooibos',
  'Darjeeling',
  'Earl Grey',
  'Lapsang',
  'Ceylon',
];

/** Two names of a tea and a number, the first in the page's own language. `random` is 0 ≤ x < 1. */
export function suggestNames(language: 'en' | 'zh', random: () => number): string[] {
  const own = language === 'zh' ? teasZh : teasEn;
  const other = language === 'zh' ? teasEn : teasZh;
  return [pick(own, random), pick(other, random)].map(
    (tea) => `${tea} ${2 + Math.floor(random() * 97)}`,
  );
}

function pick(from: readonly string[], random: () => number): string {
  return from[Math.floor(random() * from.length)] ?? '茶';
}

export type NameFault = 'empty' | 'long';

/** What the page itself can say about a name; whether it is taken only the house knows. */
export function nameFault(name: string): NameFault | undefined {
  if (name.trim() === '') return 'empty';
  if (countGraphemes(name.trim()) > nameGraphemesMax) return 'long';
  return undefined;
}

/** Names near a taken one. Not promised to be free. */
export function namesNear(name: string, random: () => number): string[] {
  const base = name.trim();
  const figures = [2, 3 + Math.floor(random() * 96)];
  return figures
    .map((figure) => `${base} ${figure}`)
    .filter((near) => nameFault(near) === undefined);
}
