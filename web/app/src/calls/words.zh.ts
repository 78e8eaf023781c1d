// The words of For you and of notifications, in Chinese.
import type { CallWords } from './words.en.ts';

const numbers = new Intl.NumberFormat('zh-CN');

export const calls: CallWords = {
  title: '与我有关',
  close: '关闭',
  empty: '还没有。有人提到你或回复你时，会出现在这里。',
  failed: '没有取到与你有关的消息。',
  again: '重试',
  readAll: '全部标为已读',
  more: '显示更多',
  unread: '未读',
  earlier: '更早',
  kind: (kind, name, room, emoji) => {
    switch (kind) {
      case 'mention':
        return `${name} 在${room}提到了你`;
      case 'here':
        return `${name} 在${room}叫了在座的人`;
      case 'room':
        return `${name} 在${room}叫了所有人`;
      case 'reply':
        return `${name} 在${room}回复了你`;
      case 'reaction':
        return `${name} 在${room}回应了 ${emoji}`;
      case 'direct':
        return `${name} 给你写了消息`;
    }
  },
  deleted: '消息已删除',
  ask: '有人叫你时提醒一下？',
  askOn: '打开',
  askLater: '先不用',
  page: '通知',
  browser: '这台设备',
  on: '这台设备会显示通知。',
  off: '这台设备不显示通知。',
  turnOn: '打开',
  turnOff: '关闭',
  denied: '浏览器禁止了通知。在浏览器的网站设置里允许，再回到这里。',
  unsupported: '这个浏览器不能显示通知。',
  insecure: '浏览器只在 https 下显示通知。',
  apple: '在 iPhone 和 iPad 上：点“分享”，再点“添加到主屏幕”，从那里打开茶馆。',
  test: '发一条试试',
  tested: (n) => (n > 0 ? '发出去了，马上就到。' : '推送服务没有收下，过会儿再试。'),
  quiet: '安静时段',
  quietLead: '这段时间什么都不发。',
  from: '从',
  to: '到',
  pause: '请勿打扰',
  pauseHour: '1 小时',
  pauseDay: '到明天',
  pauseEnd: '现在结束',
  pausedUntil: (time) => `安静到 ${time}。`,
  hideText: '通知里不显示发送者和内容',
  sounds: '声音',
  cup: '有人对你说话时，轻碰一下杯子',
  tap: '打开的房间有新消息时，轻敲一下',
  level: '提醒我',
  levels: { all: '全部消息', mentions: '提到和回复我', nothing: '都不用' },
  update: '有新版本。',
  reload: '刷新一下',
  messages: (n) => `${numbers.format(n)} 条新消息`,
  inRoom: (name, room) => `${name} · ${room}`,
};
