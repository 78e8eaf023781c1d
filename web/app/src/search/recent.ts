// What was searched on this device, the latest first. It never leaves the device.
import { effect, signal } from '@preact/signals';
import { whose } from '../storage/whose.ts';

const key = 'teahouse.searches';
const keptMax = 8;

export const searched = signal<readonly string[]>([]);

effect(() => {
  whose.value;
  searched.value = readKept();
});

/** Keeps a search; one that only grew by typing on takes the place of what it was. */
export function keepSearch(text: string): void {
  const wanted = text.trim();
  if (wanted === '') return;
  const others = searched.peek().filter((one) => one !== wanted && !wanted.startsWith(one));
  change([wanted, ...others].slice(0, keptMax));
}

export function forgetSearches(): void {
  change([]);
}

function change(list: readonly string[]): void {
  searched.value = list;
  try {
    localStorage.setItem(key, JSON.stringify(list));
  } catch {
    // A browser that keeps nothing forgets them with the page.
  }
}

function readKept(): readonly string[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(key) ?? '[]');
    return Array.isArray(kept)
      ? kept.filter((one) => typeof one === 'string').slice(0, keptMax)
      : [];
  } catch {
    return [];
  }
}
