// What a person chose for this browser: theme, language, the Enter rule, the side panel, the transport. Kept in
// localStorage.
import { computed, signal } from '@preact/signals';
import type { TransportName } from '@teahouse/sdk';

export type Theme = 'system' | 'light' | 'dark';
export type Language = 'en' | 'zh';
/** How the rooms of the list are ordered. */
export type Order = 'name' | 'newest';
export type EnterRule = 'auto' | 'always' | 'never';
export type TransportChoice = 'auto' | TransportName;

export interface Settings {
  theme: Theme;
  language: Language;
  enter: EnterRule;
  /** A character typed with the focus nowhere goes into the text box. */
  typing: boolean;
  /** What carries the chat on this device: fixed, or whatever works best. */
  transport: TransportChoice;
  /** Undefined until the person opened or closed the panel: then the width decides. */
  panel?: boolean;
  /** The rooms of the list; undefined is by name, on a phone newest first. */
  order?: Order;
  /** The ids of the rooms that stand first in the list. */
  pinned?: readonly string[];
  /** This device shows notifications, as far as the browser lets it. */
  notify?: boolean;
  /** The sounds of what is said to you, and of messages in the open room. */
  cup?: boolean;
  tap?: boolean;
}

const key = 'teahouse.settings';
const transports: readonly TransportChoice[] = ['auto', 'websocket', 'stream', 'long_poll', 'poll'];

export const settings = signal<Settings>(fromKept(readKept(), systemLanguages()));
export const systemDark = signal(false);

/** The theme on screen. */
export const dark = computed(() => {
  const { theme } = settings.value;
  return theme === 'system' ? systemDark.value : theme === 'dark';
});

/** Changes some settings, at once and for later visits. */
export function changeSettings(part: Partial<Settings>): void {
  settings.value = { ...settings.value, ...part };
  try {
    localStorage.setItem(key, JSON.stringify(settings.value));
  } catch {
    // A browser that keeps nothing still shows the change until it is closed.
  }
}

/** Settings out of what was kept, however old or broken that is. */
export function fromKept(kept: unknown, languages: readonly string[]): Settings {
  const found = (typeof kept === 'object' && kept !== null ? kept : {}) as Record<string, unknown>;
  const made: Settings = {
    theme: oneOf(found['theme'], ['system', 'light', 'dark']) ?? 'system',
    language: oneOf(found['language'], ['en', 'zh']) ?? languageFrom(languages),
    enter: oneOf(found['enter'], ['auto', 'always', 'never']) ?? 'auto',
    typing: found['typing'] !== false,
    transport: oneOf(found['transport'], transports) ?? 'auto',
  };
  for (const name of ['panel', 'notify', 'cup', 'tap'] as const) {
    const value = found[name];
    if (typeof value === 'boolean') made[name] = value;
  }
  const order = oneOf(found['order'], ['name', 'newest']);
  if (order !== undefined) made.order = order;
  const { pinned } = found;
  if (Array.isArray(pinned)) made.pinned = pinned.filter((one) => typeof one === 'string');
  return made;
}

/** The first language of the browser that we speak, else English. */
export function languageFrom(languages: readonly string[]): Language {
  const known = languages.find((tag) => /^(?:zh|en)\b/i.test(tag));
  return known !== undefined && /^zh/i.test(known) ? 'zh' : 'en';
}

function oneOf<T extends string>(value: unknown, allowed: readonly T[]): T | undefined {
  return allowed.find((one) => one === value);
}

function readKept(): unknown {
  try {
    return JSON.parse(localStorage.getItem(key) ?? '{}');
  } catch {
    return {};
  }
}

function systemLanguages(): readonly string[] {
  return typeof navigator === 'undefined' ? [] : (navigator.languages ?? []);
}
