// 简体中文. Written, not translated; typed by the English object.
import type { TransportName } from '@teahouse/sdk';
import { timesIn } from '../text/time.ts';
import type { Messages } from './messages.en.ts';

const times = timesIn('zh-CN');
const numbers = new Intl.NumberFormat('zh-CN');

function n_(n: number): string {
  return numbers.format(n);
}

export const messages: Messages = {
  tag: 'zh-CN',
  brandSmall: 'Teahouse',

  rooms: '房间',
  roomsBack: '回到房间列表',
  roomsDirect: '私聊',
  roomsBrowse: '浏览全部房间',
  roomAdd: '新房间或邀请',
  roomMake: '新房间',
  roomMenu: '房间的更多操作',
  roomMuted: '已静音',
  roomSaid: (n) => `${n_(n)} 条给你的消息`,
  join: '加入',
  roomMessages: (room) => `${room}的消息`,
  roomHere: (n, partial) => `${n_(n)}${partial ? '+' : ''} 人在座`,
  roomPeople: '显示或隐藏房间里的人',
  roomPins: (n) => `${numbers.format(n)} 条置顶消息`,
  roomDrafted: '有草稿',
  roomNew: '有新消息',
  roomDraft: (text) => `草稿：${text}`,
  roomLine: (name, text) => `${name}：${text}`,
  roomInvite: '请人进来',
  roomBorn: '房间从这里开始。',
  skipMessages: '跳到消息',
  skipComposer: '跳到输入框',

  jump: '跳到…',
  search: '搜索',
  forYou: '与我有关',
  people: '房间里的人',
  roleOwner: '馆主',
  roleModerator: '管理员',
  roleMember: '成员',
  roleGuest: '客人',

  composerPlaceholder: (room) => `发消息到 ${room}`,
  composerPlaceholderShort: '发消息',
  composerSave: '保存',
  replyTo: (name: string) => `回复${name}`,
  composerSend: '发送',
  composerHint: '回车发送，Shift + 回车换行',
  composerHintNever: 'Ctrl + 回车发送',
  composerLeft: (n) => `还能写 ${n_(n)} 个字`,
  composerOver: (n) => `多了 ${n_(n)} 个字`,
  composerFull: '浏览器没有空间保存这条消息，没有发出去。',

  sendFailed: '没有发出去。',
  sendWaiting: '等待连接',
  sendOnItsWay: '正在发送',
  sendWhy: (code) => zhWhy[code] ?? `茶馆没有收下，代码 ${code}。`,

  netLive: '实时',
  netConnecting: '正在连接…',
  netReconnecting: '正在重连…',
  netOfflineShort: '没有网络',
  wireName: (name) => zhTransports[name],
  wireLive: (name, ms) => `实时 · ${name} · ${n_(ms)} ms`,
  wireLiveBare: (name) => `实时 · ${name}`,
  wireDown: (name, ms) => `${name} · ${n_(ms)} ms`,
  wireTitle: '连接',

  listNew: (n) => `${n_(n)} 条新消息`,
  listShow: '查看',
  listToday: '今天',
  listYesterday: '昨天',
  listHole: '这里缺了几条消息。',
  listHoleLoad: '点此补上',
  listOlderFailed: '更早的消息没有加载出来。',
  listTyping: (names, n) => (n > 2 ? `${n_(n)} 人正在输入` : `${names.join('、')}正在输入`),
  listDeleted: '消息已删除',
  listDeletedBy: '消息已被管理员删除',
  listMuted: '你屏蔽了这个人。',
  listJoined: (name) => `${name}加入了`,
  listLeft: (name) => `${name}离开了`,
  listRemoved: (name) => `${name}被管理员移出了房间`,
  listCame: (came, went) => {
    if (went === 0) return `${n_(came)} 人加入了`;
    return came === 0 ? `${n_(went)} 人离开了` : `${n_(came)} 人加入，${n_(went)} 人离开`;
  },
  listMade: (name) => `${name}建好了房间`,
  listRoom: (name, room) => (room === '' ? `${name}改了房间` : `${name}改了房间：${room}`),
  listUntil: (until, _at) => `，到${times.format(until)}为止`,
  listModeration: (act, by, name, until) => {
    const acts: Record<string, string> = {
      ban: `${by}不让${name}再进来${until}`,
      unban: `${by}让${name}可以再进来`,
      mute: `${by}禁止${name}发言${until}`,
      unmute: `${by}让${name}可以再发言`,
      moderator: `${by}请${name}做管理员`,
      member: `${by}让${name}不再做管理员`,
    };
    return acts[act] ?? `${by}处理了${name}`;
  },
  listReason: (text, reason) => `${text}：${reason}`,
  fileText: (kind, name, size) =>
    `${kind === 'image' ? '图片' : kind === 'video' ? '视频' : kind === 'audio' ? '音频' : '文件'}，${name}，${size}`,
  listEdited: '（已编辑）',
  listReplies: (n: number) => `${numbers.format(n)} 条回复`,
  listLast: (time: string) => `最后一条 ${time}`,
  listFacts: (edited: boolean, reactions: number, replies: number) =>
    [
      '',
      edited ? '已编辑' : '',
      reactions > 0 ? `${numbers.format(reactions)} 个回应` : '',
      replies > 0 ? `${numbers.format(replies)} 条回复` : '',
    ]
      .filter((fact, index) => index === 0 || fact !== '')
      .join('，'),
  listPinned: (name: string, on: boolean) =>
    on ? `${name} 置顶了一条消息` : `${name} 取消了一条置顶`,
  quoteGone: '原消息已不在',
  reactionOf: (emoji: string, n: number) => `${emoji} ${numbers.format(n)}`,
  reactionBy: (names: string[], others: number) =>
    others > 0
      ? `${names.join('、')}等 ${numbers.format(names.length + others)} 人`
      : names.join('、'),
  listMore: '显示全部',
  listLess: '收起',
  textHidden: '内容已遮住，按一下显示',
  code: '代码',
  codeOf: (lang) => (lang === undefined ? '代码' : `代码，${lang}`),
  codeCopy: '复制',
  codeCopied: '已复制',
  listArticle: (name, text, time) => `${name}：${text}，${time}`,
  listMany: (n, name) => `${n_(n)} 条新消息，最后一条来自 ${name}`,

  emptyTitle: '房间准备好了',
  emptyText: '还没有人说话。请个人进来，或者先开口。',

  messageMore: '消息的更多操作',
  personGone: '账号已删除',
  actRefused: (code: string) => zhWhy[code] ?? `没有成功，代码 ${code}。`,
  actReact: '添加表情',

  errorNotFound: '没有这个房间，或者没有对你开放。',
  errorShut: '这个房间不再对你开放。',
  errorNotFoundDo: '去主房间',
  errorUnknown: (code) => `这里出了问题，代码 ${code}。`,
  errorRetry: '重试',
};

const zhTransports: Record<TransportName, string> = {
  websocket: 'WebSocket',
  stream: '流式传输',
  long_poll: '长轮询',
  poll: '轮询',
};

const zhWhy: Record<string, string> = {
  quota: '这里放不下更多文件了。',
  text_too_long: '太长了，这家茶馆收不下。',
  too_large: '太长了，这家茶馆收不下。',
  may_not_write: '你不能在这个房间发言。',
  muted: '你在这个房间暂时被禁言。',
  no_such_room: '房间已经不在，或没有对你开放。',
  store_full: '茶馆没有空间了。',
  store_busy: '茶馆正忙。',
  store_down: '茶馆连不上存储。',
  cid_conflict: '茶馆里已有一条编号相同的消息。',
  bad_field: '里面有茶馆不收的字符。',
  internal: '茶馆里面出了问题。',
};
