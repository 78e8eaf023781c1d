// 对消息能做的事，中文。

import { timesIn } from '../text/time.ts';
import type { TalkWords } from './words.en.ts';

const numbers = new Intl.NumberFormat('zh-CN');
const times = timesIn('zh-CN');

const why: Record<string, string> = {
  forbidden: '你在这里不能这样做。',
  may_not_write: '你不能在这个房间发言。',
  muted: '你在这个房间暂时被禁言。',
  no_such_message: '这条消息已经不在了。',
  too_many: '已经太多了。',
  too_late: '已经来不及了。',
};

export const talk: TalkWords = {
  tools: '对这条消息的操作',
  reply: '回复',
  edit: '编辑',
  pin: '置顶',
  unpin: '取消置顶',
  unread: '从这里标为未读',
  versions: '以前的版本',
  showReplies: '查看回复',
  reactWith: (emoji) => `用 ${emoji} 回应`,
  reactionsBy: '谁回应了',
  refused: (code) => why[code] ?? `没有成功，代码 ${code}。`,

  repliesTitle: '回复',
  repliesCount: (n) => `${numbers.format(n)} 条回复`,
  repliesSome: (n) => `至少 ${numbers.format(n)} 条回复`,
  repliesNone: '还没有人回复，你可以先说。',
  repliesGone: '这条消息已经不在了，或者没有对你开放。',
  repliesFailed: '回复没有取到。',
  pinsTitle: '置顶消息',
  pinsCount: (n) => `${numbers.format(n)} 条置顶消息`,
  pinsNone: '还没有置顶消息。大家都该看到的，可以放在这里。',
  pinsFailed: '置顶消息没有取到。',
  pinsJump: '在房间里查看',
  pinsTake: '取消置顶',
  versionsTitle: '以前的版本',
  versionsNow: '现在',
  versionsAt: (at) => times.format(at),
  versionsNone: '没有保留以前的版本。',
  editFirst: '先保存或取消正在进行的编辑。',
  deleteEdit: '空消息发不出去，要删除它吗？',
};
