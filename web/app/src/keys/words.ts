// The words of jumping, commands and shortcuts in the language of the page.
import { words } from '../i18n/language.ts';
import { keys as english, type KeyWords } from './words.en.ts';
import { keys as chinese } from './words.zh.ts';

/** Reading it in a component follows the language. */
export function keyWords(): KeyWords {
  return words().tag === 'en' ? english : chinese;
}
