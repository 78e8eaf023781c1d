// The words of For you and of notifications in the language of the page.
import { words } from '../i18n/language.ts';
import { type CallWords, calls as english } from './words.en.ts';
import { calls as chinese } from './words.zh.ts';

/** Reading it in a component follows the language. */
export function callWords(): CallWords {
  return words().tag === 'en' ? english : chinese;
}
