// The words of rooms, settings and dialogs in the language of the page.
import { words } from '../i18n/language.ts';
import { parts as english, type PartWords } from './words.en.ts';
import { parts as chinese } from './words.zh.ts';

/** Reading it in a component follows the language. */
export function partWords(): PartWords {
  return words().tag === 'en' ? english : chinese;
}
