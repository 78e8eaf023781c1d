import { expect, test } from 'vitest';
import { comboAria, comboText, isPressed } from '../src/keys/combos.ts';

function pressed(key: string, held: string = '', code = '') {
  return {
    key,
    code,
    ctrlKey: held.includes('c'),
    metaKey: held.includes('m'),
    altKey: held.includes('a'),
    shiftKey: held.includes('s'),
  };
}

test('Ctrl, and ⌘ on a Mac', () => {
  expect(isPressed(pressed('k', 'c'), 'mod+k', false)).toBe(true);
  expect(isPressed(pressed('k', 'm'), 'mod+k', false)).toBe(false);
  expect(isPressed(pressed('k', 'm'), 'mod+k', true)).toBe(true);
  expect(isPressed(pressed('k', 'c'), 'mod+k', true)).toBe(false);
  expect(isPressed(pressed('k', 'cm'), 'mod+k', false)).toBe(false);
});

test('no more and no fewer modifiers than written', () => {
  expect(isPressed(pressed('F', 'cs'), 'mod+shift+f', false)).toBe(true);
  expect(isPressed(pressed('f', 'c'), 'mod+shift+f', false)).toBe(false);
  expect(isPressed(pressed('k', 'cs'), 'mod+k', false)).toBe(false);
  expect(isPressed(pressed('k', 'ca'), 'mod+k', false)).toBe(false);
  expect(isPressed(pressed('ArrowUp', 'as'), 'alt+ArrowUp', false)).toBe(false);
  expect(isPressed(pressed('ArrowUp', 'as'), 'alt+shift+ArrowUp', false)).toBe(true);
});

test('a keyboard of another script, and one where a slash needs Shift', () => {
  expect(isPressed(pressed('л', 'c', 'KeyK'), 'mod+k', false)).toBe(true);
  // A Latin letter means itself wherever it is: on Dvorak the key of K writes T.
  expect(isPressed(pressed('t', 'c', 'KeyK'), 'mod+k', false)).toBe(false);
  expect(isPressed(pressed('/', 'cs'), 'mod+/', false)).toBe(true);
});

test('as people read it', () => {
  expect(comboText('mod+shift+f', false)).toBe('Ctrl Shift F');
  expect(comboText('mod+shift+f', true)).toBe('⌘ ⇧ F');
  expect(comboText('alt+ArrowUp', false)).toBe('Alt ↑');
  expect(comboAria('mod+k', false)).toBe('Control+k');
  expect(comboAria('mod+k', true)).toBe('Meta+k');
});
