// What is said about files on their way and seen large, in both languages.
import { words } from '../i18n/language.ts';

export const english = {
  attach: 'Attach files',
  camera: 'Take a photo',
  drop: 'Drop to attach',
  list: 'Attached files',
  progress: (name: string, percent: number) => `${name}: ${percent} % sent`,
  whole: 'Ready',
  remove: (name: string) => `Remove ${name}`,
  retry: (name: string) => `Send ${name} again`,
  again: 'Try again',
  alt: 'Describe this image',
  altHint: 'For people who cannot see it',
  goes: 'The message goes out when its files are there.',
  many: 'A message has at most 10 files.',
  failed: 'It could not be sent.',
  tooLarge: (most: string) =>
    most === '' ? 'It is too large.' : `It is too large: ${most} at most.`,
  quota: 'There is no more room for files.',
  closed: 'This house takes no files.',
  came: (name: string) => `${name} is attached.`,
  view: (at: number, of: number) => (of === 1 ? 'Image' : `Image ${at} of ${of}`),
  next: 'Next image',
  previous: 'Previous image',
  larger: 'Actual size',
  smaller: 'Fit to the window',
  save: 'Save',
  saveIt: (name: string) => `Save ${name}`,
};

export const chinese: typeof english = {
  attach: '添加文件',
  camera: '拍照',
  drop: '松手即可添加',
  list: '已添加的文件',
  progress: (name, percent) => `${name}：已发送 ${percent}%`,
  whole: '已就绪',
  remove: (name) => `移除 ${name}`,
  retry: (name) => `重新发送 ${name}`,
  again: '重试',
  alt: '描述这张图片',
  altHint: '给看不到图片的人',
  goes: '文件传完后，消息会自动发出。',
  many: '一条消息最多带 10 个文件。',
  failed: '没有传上去。',
  tooLarge: (most) => (most === '' ? '文件太大了。' : `文件太大了，最多 ${most}。`),
  quota: '放不下更多文件了。',
  closed: '这家茶馆不收文件。',
  came: (name) => `已添加 ${name}。`,
  view: (at, of) => (of === 1 ? '图片' : `第 ${at} 张，共 ${of} 张`),
  next: '下一张',
  previous: '上一张',
  larger: '原始大小',
  smaller: '适合窗口',
  save: '保存',
  saveIt: (name) => `保存 ${name}`,
};

/** Reading it in a component follows the language. */
export function fileWords(): typeof english {
  return words().tag === 'en' ? english : chinese;
}
