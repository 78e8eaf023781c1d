// The words of one's own settings in the language of the page.
import { words } from '../i18n/language.ts';
import { settings as english, type SettingWords } from './words.en.ts';
import { settings as chinese } from './words.zh.ts';

/** Reading it in a component follows the language. */
export function settingWords(): SettingWords {
  return words().tag === 'en' ? english : chinese;
}
