// The words of searching in the language of the page.
import { words } from '../i18n/language.ts';
import { search as english, type SearchWords } from './words.en.ts';
import { search as chinese } from './words.zh.ts';

/** Reading it in a component follows the language. */
export function searchWords(): SearchWords {
  return words().tag === 'en' ? english : chinese;
}
