// What a person chose for this browser, kept in localStorage. How the page looks is done by public/theme.js, which
// runs before the first paint and hears of every change.
import { computed, signal } from '@preact/signals';
import type { TransportName } from '@teahouse/sdk';

/** What can be chosen; the first is what nobody chose. */
const choices = {
  theme: ['system', 'light', 'dark'],
  density: ['comfortable', 'compact'],
  hours: ['auto', 'h12', 'h23'],
  enter: ['auto', 'always', 'never'],
  announce: ['auto', 'all', 'me', 'nothing'],
  transport: ['auto', 'websocket', 'stream', 'long_poll', 'poll'],
} as const;

type Chosen = { [Name in keyof typeof choices]: (typeof choices)[Name][number] };

/** What is on or off, and how it is until somebody says. */
const switches = { contrast: false, still: false, typing: true, tells: true, captions: false };

export type Language = 'en' | 'zh';
export type EnterRule = Chosen['enter'];
/** How the rooms of the list are ordered. */
export type Order = 'name' | 'newest';
export type TransportChoice = 'auto' | TransportName;

/**
 * - `contrast`, `still`: more contrast and no motion, also where the system does not ask for it.
 * - `hours`: the form of times, as the device has them or fixed.
 * - `enter`: whether Enter sends; `auto`: where there is a real keyboard.
 * - `typing`: a character typed with the focus nowhere goes into the text box.
 * - `tells`: others see that one types.
 * - `announce`: what is read aloud by a screen reader; `auto`: everything, in large rooms what is for one.
 * - `captions`: what sounds is also written.
 * - `transport`: what carries the chat on this device: fixed, or whatever works best.
 */
export interface Settings extends Chosen, Record<keyof typeof switches, boolean> {
  language: Language;
  /** Pixels of a message's letters, 14 to 20; undefined: as the screen suggests. */
  text?: number;
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

export const settings = signal<Settings>(fromKept(readKept(), systemLanguages()));
export const systemDark = signal(false);

/** The theme on screen. */
export const dark = computed(() => {
  const { theme } = settings.value;
  return theme === 'system' ? systemDark.value : theme === 'dark';
});

/** Changes some settings, at once and for later visits. */
export function changeSettings(
  part: { [Name in keyof Settings]?: Settings[Name] | undefined },
): void {
  settings.value = fromKept({ ...settings.value, ...part }, []);
  try {
    localStorage.setItem(key, JSON.stringify(settings.value));
  } catch {
    // A browser that keeps nothing still shows the change until it is closed.
  }
  if (typeof window !== 'undefined')
    dispatchEvent(new CustomEvent('settings', { detail: settings.value }));
}

/** Settings out of what was kept, however old or broken that is. */
export function fromKept(kept: unknown, languages: readonly string[]): Settings {
  const found = (typeof kept === 'object' && kept !== null ? kept : {}) as Record<string, unknown>;
  const made: Record<string, unknown> = {
    language: oneOf(found['language'], ['en', 'zh']) ?? languageFrom(languages),
  };
  for (const [name, all] of Object.entries(choices)) made[name] = oneOf(found[name], all) ?? all[0];
  Object.assign(made, switches);
  for (const name of [...Object.keys(switches), 'panel', 'notify', 'cup', 'tap']) {
    if (typeof found[name] === 'boolean') made[name] = found[name];
  }
  const { text, pinned } = found;
  if (typeof text === 'number' && text >= 14 && text <= 20) made['text'] = text;
  const order = oneOf(found['order'], ['name', 'newest']);
  if (order !== undefined) made['order'] = order;
  if (Array.isArray(pinned)) made['pinned'] = pinned.filter((one) => typeof one === 'string');
  return made as unknown as Settings;
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
