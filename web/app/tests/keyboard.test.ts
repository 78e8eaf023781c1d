import { expect, test } from 'vitest';
import { shellFor } from '../src/state/keyboard.ts';

const open = { height: 480, offsetTop: 12.4, scale: 1 };

test('the shell follows a keyboard and nothing else', () => {
  expect(shellFor(open, 844, true)).toEqual({ height: 480, offset: 12 });
  expect(shellFor(open, 844, false)).toBeUndefined();
  expect(shellFor({ ...open, scale: 1.5 }, 844, true)).toBeUndefined();
  expect(shellFor({ ...open, height: 780 }, 844, true)).toBeUndefined();
  expect(shellFor({ ...open, height: 844 }, 844, true)).toBeUndefined();
});
