// The words of the house's own pages in the language of the page.
import { words } from '../i18n/language.ts';
import { type AdminWords, admin as english } from './words.en.ts';
import { admin as chinese } from './words.zh.ts';

/** Reading it in a component follows the language. */
export function adminWords(): AdminWords {
  return words().tag === 'en' ? english : chinese;
}
