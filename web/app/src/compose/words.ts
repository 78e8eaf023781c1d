// The words of what helps to write, in both languages.
import { words } from '../i18n/language.ts';
import type { Format } from './format.ts';

const commandsEn: Record<string, string> = {
  me: 'Say what you do',
  topic: 'Set what this room is about',
  invite: 'Make an invite link',
  nick: 'Change your name',
  away: 'Step away, without notifications for an hour; again to be back',
  mute: 'Mute this room, or a person for yourself',
  msg: 'Write to somebody alone',
  leave: 'Leave this room',
  lab: 'Open the transport lab',
  help: 'Show all commands',
};
const commandsZh: Record<string, string> = {
  me: '说说你在做什么',
  topic: '设置这个房间的主题',
  invite: '生成邀请链接',
  nick: '改名字',
  away: '离开一会儿，一小时内不通知；再输入一次就是回来',
  mute: '静音这个房间，或屏蔽某个人',
  msg: '单独写给某个人',
  leave: '离开这个房间',
  lab: '打开传输实验室',
  help: '查看全部命令',
};
const formatsEn: Record<Format, string> = {
  bold: 'Bold',
  italic: 'Italic',
  struck: 'Struck through',
  code: 'Code',
  link: 'Link',
  block: 'Code block',
  quote: 'Quote',
  list: 'List',
};
const formatsZh: Record<Format, string> = {
  bold: '加粗',
  italic: '斜体',
  struck: '删除线',
  code: '代码',
  link: '链接',
  block: '代码块',
  quote: '引用',
  list: '列表',
};

export const english = {
  command: commandsEn,
  unknown: (command: string) => `There is no command ${command}. Send it as a message?`,
  send: 'Send it',
  notSent: (text: string) => `Not sent: ${text}`,
  putBack: 'Put it back',
  cancel: 'Cancel',
  away: 'You stepped away. No notifications for an hour.',
  back: 'You are back.',
  mutedRoom: 'This room is muted.',
  unmutedRoom: 'This room is heard again.',
  mutedPerson: (name: string) => `You do not see what ${name} writes.`,
  unmutedPerson: (name: string) => `You see again what ${name} writes.`,
  nobody: (name: string) => `Nobody here is called “${name}”.`,
  replying: (name: string) => `Replying to ${name}`,
  replyCancel: 'Cancel the reply',
  editing: 'Editing your message',
  editCancel: 'Cancel the edit',
  suggestions: 'Suggestions',
  count: (n: number) => (n === 1 ? '1 suggestion' : `${n} suggestions`),
  here: 'Calls everybody who is here',
  room: 'Calls everybody in the room',
  emoji: 'Emoji',
  mention: 'Mention someone',
  formatting: 'Formatting',
  more: 'Emoji, mentions, formatting',
  format: formatsEn,
  preview: 'Preview',
  previewEnd: 'End the preview',
  pasteCode: 'This looks like code.',
  pasteAsCode: 'Paste as code',
};

export const chinese: typeof english = {
  command: commandsZh,
  unknown: (command) => `没有 ${command} 这个命令。当作消息发出去吗？`,
  send: '发出去',
  notSent: (text) => `没有发出去：${text}`,
  putBack: '放回输入框',
  cancel: '取消',
  away: '你已离开，一小时内不通知。',
  back: '你回来了。',
  mutedRoom: '这个房间已静音。',
  unmutedRoom: '这个房间已取消静音。',
  mutedPerson: (name) => `你不会再看到${name}写的内容。`,
  unmutedPerson: (name) => `你又能看到${name}写的内容了。`,
  nobody: (name) => `这里没有人叫“${name}”。`,
  replying: (name) => `回复 ${name}`,
  replyCancel: '取消回复',
  editing: '正在编辑消息',
  editCancel: '取消编辑',
  suggestions: '建议',
  count: (n) => `${n} 条建议`,
  here: '叫在座的每个人',
  room: '叫房间里的每个人',
  emoji: '表情',
  mention: '提到某人',
  formatting: '格式',
  more: '表情、提到、格式',
  format: formatsZh,
  preview: '预览',
  previewEnd: '结束预览',
  pasteCode: '这像是代码。',
  pasteAsCode: '作为代码粘贴',
};

/** Reading it in a component follows the language. */
export function composeWords(): typeof english {
  return words().tag === 'en' ? english : chinese;
}
