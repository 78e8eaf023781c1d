// Key combinations: written as `mod+shift+f`, found in events, and shown as people know them. `mod` is Ctrl, and ⌘
// on a Mac.

import { isMac } from '../state/screen.ts';

interface Combo {
  mod: boolean;
  alt: boolean;
  shift: boolean;
  key: string;
}

function read(text: string): Combo {
  const parts = text.split('+');
  const key = parts.pop() ?? '';
  return {
    mod: parts.includes('mod'),
    alt: parts.includes('alt'),
    shift: parts.includes('shift'),
    key,
  };
}

type Keys = Pick<KeyboardEvent, 'key' | 'code' | 'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey'>;

/** Is that what was pressed? Letters are found by what they write, and where that is no Latin letter by their place. */
export function isPressed(event: Keys, text: string, mac = isMac): boolean {
  const combo = read(text);
  const mod = mac ? event.metaKey : event.ctrlKey;
  const other = mac ? event.ctrlKey : event.metaKey;
  if (mod !== combo.mod || other || event.altKey !== combo.alt) return false;
  // On some keyboards a slash needs Shift.
  if (combo.key !== '/' && event.shiftKey !== combo.shift) return false;
  const key = event.key.toLowerCase();
  if (key === combo.key.toLowerCase()) return true;
  return (
    /^[a-z]$/.test(combo.key) &&
    !/^[a-z]$/.test(key) &&
    event.code === `Key${combo.key.toUpperCase()}`
  );
}

const shown: Record<string, string> = {
  ArrowUp: '↑',
  ArrowDown: '↓',
  ArrowLeft: '←',
  ArrowRight: '→',
  Escape: 'Esc',
  Delete: 'Del',
  PageUp: 'PgUp',
  PageDown: 'PgDn',
};

/** As a keyboard has it written: `Ctrl Shift F`, on a Mac `⌘ ⇧ F`. */
export function comboText(text: string, mac = isMac): string {
  const { mod, alt, shift, key } = read(text);
  const parts = [
    mod && (mac ? '⌘' : 'Ctrl'),
    alt && (mac ? '⌥' : 'Alt'),
    shift && (mac ? '⇧' : 'Shift'),
    shown[key] ?? (key.length === 1 ? key.toUpperCase() : key),
  ];
  return parts.filter((part) => part !== false).join(' ');
}

/** As `aria-keyshortcuts` wants it. */
export function comboAria(text: string, mac = isMac): string {
  const { mod, alt, shift, key } = read(text);
  const parts = [mod && (mac ? 'Meta' : 'Control'), alt && 'Alt', shift && 'Shift', key];
  return parts.filter((part) => part !== false).join('+');
}
