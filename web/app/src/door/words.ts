// The words of the door in the language of the page.
import { words } from '../i18n/language.ts';
import { type DoorWords, door as english } from './words.en.ts';
import { door as chinese } from './words.zh.ts';

/** Reading it in a component follows the language. */
export function doorWords(): DoorWords {
  return words().tag === 'en' ? english : chinese;
}
