// What is said when another app shares something, in both languages.
import { words } from '../../i18n/language.ts';

export const english = {
  title: 'Share to…',
  placeholder: 'To which room?',
  rooms: 'Rooms and conversations',
  none: (text: string) => `No room with “${text}” where you may write.`,
};

export const chinese: typeof english = {
  title: '分享到…',
  placeholder: '分享到哪个房间？',
  rooms: '房间和私聊',
  none: (text) => `没有你能发言的“${text}”。`,
};

/** Reading it in a component follows the language. */
export function shareWords(): typeof english {
  return words().tag === 'en' ? english : chinese;
}
