// The lab's words in the language of the page.
import { words } from '../i18n/language.ts';
import { lab as english, type LabWords } from './words.en.ts';
import { lab as chinese } from './words.zh.ts';

/** Reading it in a component follows the language. */
export function labWords(): LabWords {
  return words().tag === 'en' ? english : chinese;
}
