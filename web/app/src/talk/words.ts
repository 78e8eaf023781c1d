// The words of what one does with messages, in the language of the page.
import { words } from '../i18n/language.ts';
import { talk as english, type TalkWords } from './words.en.ts';
import { talk as chinese } from './words.zh.ts';

/** Reading it in a component follows the language. */
export function talkWords(): TalkWords {
  return words().tag === 'en' ? english : chinese;
}
