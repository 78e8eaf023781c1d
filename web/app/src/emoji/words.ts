// The words of the emoji picker in both languages.
import { words } from '../i18n/language.ts';

const groupsEn = [
  'Used by you',
  'Smileys and feelings',
  'People and hands',
  'Animals and nature',
  'Food and drink',
  'Activities',
  'Travel and places',
  'Objects',
  'Symbols',
  'Flags',
];
const groupsZh = [
  '你常用的',
  '笑脸与情绪',
  '人物与手势',
  '动物与自然',
  '食物与饮料',
  '活动',
  '出行与地点',
  '物品',
  '符号',
  '旗帜',
];
const tonesEn = ['No tone', 'Light', 'Medium-light', 'Medium', 'Medium-dark', 'Dark'];
const tonesZh = ['默认肤色', '浅肤色', '中浅肤色', '中等肤色', '中深肤色', '深肤色'];

export const english = {
  emoji: 'Emoji',
  search: 'Search: tea, 茶, smile',
  none: 'No emoji fits. Try another word.',
  groups: 'Groups of emoji',
  group: { ...groupsEn } as Record<number, string>,
  tones: 'Skin tone',
  tone: { ...tonesEn } as Record<number, string>,
};

export const chinese: typeof english = {
  emoji: '表情',
  search: '搜索：茶、tea、笑',
  none: '没有合适的表情，换个词试试。',
  groups: '表情分组',
  group: { ...groupsZh },
  tones: '肤色',
  tone: { ...tonesZh },
};

/** Reading it in a component follows the language. */
export function emojiWords(): typeof english {
  return words().tag === 'en' ? english : chinese;
}
