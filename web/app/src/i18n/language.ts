// The words of the page as a signal: switching the language re-renders, it does not reload.
import { signal } from '@preact/signals';
import type { Language } from '../state/settings.ts';
import type { Messages } from './messages.en.ts';

const loaded = signal<Messages | undefined>(undefined);

/** The dictionary in use. Reading it in a component follows the language. */
export function words(): Messages {
  const present = loaded.value;
  if (present === undefined)
    throw new Error('words() was called before loadWords(): load a language before rendering.');
  return present;
}

/** Fetches a language's chunk and puts it to use, on the page's `lang` too. */
export async function loadWords(language: Language): Promise<void> {
  const chunk =
    language === 'zh' ? await import('./messages.zh.ts') : await import('./messages.en.ts');
  loaded.value = chunk.messages;
  if (typeof document !== 'undefined') document.documentElement.lang = chunk.messages.tag;
}
