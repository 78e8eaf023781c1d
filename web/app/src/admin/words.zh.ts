// 茶馆管理的话。写成，不是译成；由英文的对象定类型。

import { timesIn } from '../text/time.ts';
import type { AdminWords } from './words.en.ts';

const numbers = new Intl.NumberFormat('zh-CN');
const times = timesIn('zh-CN');

function n_(n: number): string {
  return numbers.format(n);
}

export const admin: AdminWords = {
  title: '茶馆管理',
  forbidden: '只有管理员和馆主能看这些页面。',
  now: '现在',
  people: '人',
  rooms: '房间',
  reports: '举报',
  invites: '邀请',
  bans: '封禁',
  settings: '设置',
  log: '操作记录',
  more: '显示更多',
  done: '好了。',

  nowPeople: '在座的人',
  nowConnections: '连接',
  nowEvents: '每秒事件',
  nowRooms: '房间',
  nowMemory: '内存',
  nowStore: '存储',
  nowFiles: '文件',
  nowBus: '总线',
  nowNodes: '节点',
  nowStarted: '开始运行',
  nowVersion: '版本',
  nowTable: '用表格看这些数字',
  nowFigure: '项目',
  nowValue: '数值',
  good: '正常',
  bad: '连不上',
  number: (n) => n_(n),
  rate: (n) => n_(Math.round(n * 10) / 10),
  bytes: (n) => {
    if (n === null) return '–';
    if (n < 1_000_000) return `${n_(Math.ceil(n / 1000))} kB`;
    if (n < 1_000_000_000) return `${n_(Math.round(n / 100_000) / 10)} MB`;
    return `${n_(Math.round(n / 100_000_000) / 10)} GB`;
  },
  time: (at) => times.format(at),

  peopleFind: '按名字找',
  peopleNone: '没有叫这个名字的人。',
  personFacts: (joined, seen, signins) => {
    const last = seen === null ? '还没来过' : `上次来 ${times.format(seen)}`;
    return `${times.format(joined)}加入 · ${last} · ${n_(signins)} 处登录`;
  },
  banned: '已封禁',
  personMore: (name) => `处理${name}`,
  role: '身份',
  roleSet: '更改身份',
  roleHand: (name) => `${name}会成为馆主，你会成为管理员。确定吗？`,
  reset: '换密码的链接',
  resetLead: (until) => `把它交给本人。只能用一次，${times.format(until)}前有效。`,
  signOut: '在所有设备上退出',
  ban: '封禁',
  removeAll: '删除全部消息',
  erase: '删除账号',
  sure: '确定吗？',
  yes: '确定',
  newAccount: '新账号',
  newAccountLead: '你把链接交给对方，由对方自己定密码。',
  newAccountName: '名字',
  newAccountMake: '建好账号',

  roomFacts: (people, n, bytes) => `${n_(people)} 人 · ${n_(n)} 条消息 · ${bytes}`,
  roomLast: (at) => `最后一条 ${times.format(at)}`,
  roomArchived: '已收起',
  roomDirect: '私聊',
  roomPrivate: '私密',
  roomOpen: '设置',

  reportsNone: '没有要处理的。有人举报消息时，会出现在这里。',
  reportsAll: '也显示已处理的',
  reportBy: (by, reason, at) => `${by}在 ${times.format(at)} 举报：${reason}`,
  reportGone: '消息已经删除。',
  reportIn: (room) => `在${room}`,
  reportKeys: '按键：J、K 上下移动，D 不处理，X 删除，M 禁言，B 封禁。',
  decision: (decision) =>
    ({ dismiss: '不处理', delete: '删除', mute: '删除并禁言', ban: '删除并封禁' })[decision],
  decided: (decision) => `已处理：${decision}`,

  bansNone: '没有封禁任何人。',
  banNew: '新的封禁',
  banRange: '地址或网段',
  banRangeHint: '例如 203.0.113.7 或 2001:db8::/48。要封禁某个人，请打开他的名片。',
  banFacts: (by, until, reason) => {
    const ends = until === null ? '永久' : `到${times.format(until)}为止`;
    return `${ends} · ${by}操作${reason === '' ? '' : ` · ${reason}`}`;
  },
  banLift: '解除',
  banMake: '封禁',

  setName: '茶馆的名字',
  setAdmission: '谁可以进来',
  admission: (value) =>
    ({ open: '知道地址的人都行', invited: '受邀请的客人和成员', accounts: '有账号的人' })[value] ??
    value,
  setQuestion: '门口的问题',
  setQuestionHint: '客人要答对才能进来。问一件熟人都知道的事。',
  setAnswer: '它的答案',
  setQuestionDrop: '不问了',
  setWork: '门口的工作量证明',
  setWorkHint: '让一下子用一千个名字进来变得很慢。手机需要的时间写在后面。',
  work: (bits) => {
    if (bits === 0) return '不用';
    const texts: Record<number, string> = {
      14: '轻：不到一秒',
      17: '中：几秒钟',
      20: '重：半分钟',
    };
    return texts[bits] ?? `${n_(bits)} 位`;
  },
  setRooms: '谁可以建房间',
  roomsBy: (value) =>
    ({ guests: '所有人', accounts: '成员', moderators: '管理员' })[value] ?? value,
  setSizes: '文件',
  setSize: (size) =>
    ({
      file_mib_max: '单个文件上限（MiB）',
      person_mib_max: '每人文件总量上限（MiB）',
      house_mib_max: '全馆文件总量上限（MiB）',
    })[size] ?? size,
  setSizeHint: '留空则按服务器配置。',
  source: (source) =>
    ({ default: '默认如此。', stored: '在这里或开张时定的。' })[source] ?? `来自：${source}`,
  others: '其他设置',
  othersLead: '这些在服务器启动时从文件和环境里读取。',
  ownerOnly: '只有馆主能改这些。',

  actions: {
    ban: '封禁',
    unban: '解除封禁',
    mute: '禁言',
    unmute: '解除禁言',
    removed: '移出房间',
    removed_all: '删除全部消息',
    deleted: '删除消息',
    decided: '处理举报',
    role: '更改身份',
    room_role: '更改房间里的身份',
    room_changed: '修改房间',
    settings: '修改设置',
    account: '新建账号',
    reset_link: '生成换密码的链接',
    signed_out: '让其退出登录',
    erased: '删除账号',
    invited: '生成邀请',
    invite_ended: '停用邀请',
    room_made: '新建房间',
  },
  logUntil: (until) => `到${times.format(until)}为止`,
  logNone: '还没有任何操作。',
  logFacts: (by, at) => `${by} · ${times.format(at)}`,
};
