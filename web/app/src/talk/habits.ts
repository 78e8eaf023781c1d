// Which emoji somebody uses on this device, the most used and the latest first. Kept in localStorage.
import { effect, signal } from '@preact/signals';
import { whose } from '../storage/whose.ts';

const key = 'teahouse.emoji';
const keptMax = 48;
const usual = ['👍', '🍵', '😄', '🎉', '❤️', '👀'];

/** Emoji → how often; what was not used for long fades, so that habits may change. */
type Uses = Readonly<Record<string, number>>;

const uses = signal<Uses>({});

effect(() => {
  whose.value;
  uses.value = read();
});

/** Counts one use. Older uses count less with each. */
export function noteUse(emoji: string): void {
  const faded = Object.entries(uses.peek()).map(([one, count]) => [one, count * 0.97] as const);
  const counted = new Map(faded).set(emoji, (uses.peek()[emoji] ?? 0) * 0.97 + 1);
  const kept = [...counted].sort(([, a], [, b]) => b - a).slice(0, keptMax);
  uses.value = Object.fromEntries(kept);
  try {
    localStorage.setItem(key, JSON.stringify(uses.peek()));
  } catch {
    // Kept as long as the page.
  }
}

/** The emoji of one's own, most used first. */
export function used(): string[] {
  return Object.entries(uses.value)
    .sort(([, a], [, b]) => b - a)
    .map(([emoji]) => emoji);
}

/** So many that are likely to be wanted: one's own, then what is usual here. */
export function likely(count: number): string[] {
  return [...new Set([...used(), ...usual])].slice(0, count);
}

function read(): Uses {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(key) ?? '{}');
    if (typeof kept !== 'object' || kept === null) return {};
    return Object.fromEntries(Object.entries(kept).filter(([, n]) => typeof n === 'number'));
  } catch {
    return {};
  }
}
