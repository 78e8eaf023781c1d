// 房间、设置和对话框的话。写成，不是译成；由英文的对象定类型。
import type { PartWords } from './words.en.ts';

const numbers = new Intl.NumberFormat('zh-CN');
const times = new Intl.DateTimeFormat('zh-CN', { dateStyle: 'medium', timeStyle: 'short' });

function n_(n: number): string {
  return numbers.format(n);
}

export const parts: PartWords = {
  joinAsk: '你只是来看看。加入后它会留在你的列表里。',
  joinFailed: '没有加入成功，再试一次。',
  peopleClose: '关闭面板',
  peopleHere: (n) => `在座 · ${n_(n)}`,
  peoplePartial: '可能还有别人：这台服务器暂时听不到其他服务器的消息。',
  peopleMany: (n) => `${n_(n)} 人在座。超过 200 人时只显示人数。`,
  peopleFilter: '找人',
  peopleNone: (text) => `这里没有叫“${text}”的人。`,
  peopleYou: '你',
  wireCarrier: '传输方式',
  wireDelay: '往返时间',
  wireDelayMs: (ms) => `${n_(ms)} ms`,
  wireSince: '开始于',
  wireDownWhy: '眼下这里的网络走不通更好的方式，过一阵会再试。',
  wireFixed: '这台设备上固定用它。',
  wireAuto: '改回自动选择',
  wireLab: '打开传输实验室',
  endedReplaced: '房间在另一个窗口打开了',
  endedReplacedText: '同一时间只能有一个窗口在座。',
  endedReplacedDo: '用这个窗口',
  endedSignedOut: '你已退出',
  endedSignedOutText: '重新进来就能继续。没发出去的消息都留着。',
  endedSignedOutDo: '重新进来',
  endedVersion: '有新版本',
  endedVersionText: '这个页面比茶馆旧了。草稿都留着。',
  endedVersionDo: '刷新',
  endedBanned: '你被请出去了',
  endedBannedText: '管理员不让你再进这家茶馆。如果弄错了，请找馆主。',
  endedBannedDo: '回到门口',
  endedOther: '茶馆结束了连接',
  endedOtherText: (code) => `这里出了问题，代码 ${code}。草稿都留着。`,
  endedOtherDo: '重试',
  menuSettings: '设置',
  menuClaim: '认领你的名字',
  menuHouse: '茶馆管理',
  menuSignOut: '退出登录',
  menuSignOutAsk: '要在这台设备上退出吗？没发出去的消息会丢掉。',
  menuTheme: '颜色',
  menuThemeSystem: '跟随系统',
  menuThemeLight: '白天',
  menuThemeDark: '夜晚',
  menuLanguage: '语言',
  menuEnter: '回车发送',
  menuEnterAuto: '自动',
  menuEnterAlways: '总是',
  menuEnterNever: '从不',
  menuLeave: '离开茶馆',
  menuLeaveAsk: '要离开吗？客人离开后会让出名字，没发出去的消息也会丢掉。',
  menuLeaveStay: '留下',
  menuLicences: '许可证',

  close: '关闭',
  cancel: '取消',
  save: '保存',
  saved: '已保存。',
  remove: '移除',
  copy: '复制',
  copied: '已复制',
  copyFailed: '这个浏览器不让网页复制，请选中后自己复制。',
  qr: '二维码',
  qrOf: (what) => `二维码：${what}`,
  minutes: (n) => {
    if (n === undefined) return '永久';
    if (n < 60) return `${n_(n)} 分钟`;
    return n < 1440 ? `${n_(n / 60)} 小时` : `${n_(n / 1440)} 天`;
  },
  faults: {
    forbidden: '你不能在这里这样做。',
    may_not_write: '你不能在这里这样做。',
    not_found: '它已经不在了。',
    no_such_room: '房间已经不在，或没有对你开放。',
    no_such_message: '这条消息已经不在了。',
    name_taken: '这个名字已经有人用了。',
    bad_name: '这个名字不能用，换一个试试。',
    bad_field: '有些内容不能用，检查一下再试。',
    bad_password: '密码不对。',
    bad_token: '登录已经失效，请刷新页面重新登录。',
    too_large: '太大了。',
    rate: '太快了，等一会儿再试。',
    unreachable: '连不上这家茶馆。检查一下网络，再试一次。',
    store_full: '茶馆没有空间了。',
    store_busy: '茶馆正忙，稍后再试。',
    store_down: '茶馆连不上存储。',
  },

  deleteAsk: '为所有人删除这条消息？',
  reportTitle: '举报这条消息',
  reportLead: '管理员会看到这条消息和前后几条。发消息的人不会知道。',
  reportWhy: '原因',
  reportMore: '还想说明什么（可以不填）',
  reportSend: '举报',
  reported: '已经举报，谢谢你。',
  reason: (reason) =>
    ({ spam: '垃圾消息或广告', abuse: '辱骂或威胁', private: '泄露别人的隐私', other: '别的原因' })[
      reason
    ],

  roomNew: '新房间',
  roomName: '名字',
  roomNameEmpty: '先写个名字吧。',
  roomTopic: '话题（可以不填）',
  roomAddress: '地址',
  roomAddressHint: (host, slug) =>
    slug === '' ? '不填就由茶馆来定。可以用小写字母、数字和短横。' : `地址是 ${host}/r/${slug}`,
  roomMake: '建好房间',
  roomFor: '给谁用',
  kind: (kind) => ({ public: '公开', private: '私密', announcement: '公告' })[kind],
  kindHint: (kind) =>
    ({
      public: '茶馆里的人都能找到，能看能说。',
      private: '只有受邀请的人知道有这个房间。',
      announcement: '人人能看，管理员发言。',
    })[kind],

  roomsFind: '找房间',
  roomsWhich: '哪些房间',
  roomsAll: '全部房间',
  roomsYours: '你的房间',
  roomsCount: (n) => `${n_(n)} 个房间`,
  roomsNone: '还没有房间。',
  roomsNotFound: (text) => `没有找到“${text}”，少写几个字试试。`,
  roomFacts: (here, last) =>
    last === null ? `${n_(here)} 人在座` : `${n_(here)} 人在座 · 最后一条 ${times.format(last)}`,
  roomJoined: '已加入',
  roomMenu: '这个房间',
  markRead: '标为已读',
  invitePeople: '请人进来',
  muteRoom: '静音这个房间',
  unmuteRoom: '取消静音',
  muteRoomHint: '静音的房间在列表里是灰色的，不显示圆点。',
  roomSettings: '房间设置',
  roomSettingsOf: (name) => `${name}的设置`,
  leaveRoom: '离开房间',
  leaveAsk: (name) => `离开${name}？`,
  leavePublic: '随时可以再加入。',
  leavePrivate: '这是私密房间，离开后要有邀请才能回来。',

  pageAbout: '简介',
  pageWho: '谁可以',
  pageNotifications: '通知',
  pagePeople: '成员',
  pageInvites: '邀请',
  pageKeep: '消息保留',
  pageDanger: '危险操作',
  roomClosed: '房间的管理员可以改名字和话题。',
  mayRead: '谁能进来看',
  mayWrite: '谁能发言',
  mayHistory: '新加入的人能看到以前的消息',
  read: (value) =>
    ({ guests: '茶馆里的所有人', accounts: '成员，不含客人', joined: '只有加入的人（私密）' })[
      value
    ],
  write: (value) =>
    ({ guests: '能看的人都行', accounts: '成员，不含客人', moderators: '管理员（公告）' })[value],
  slowMode: '慢速模式',
  slowHint: '同一个人两条消息之间要等多久。管理员不受限制。',
  slow: (s) => {
    if (s === 0) return '关闭';
    return s < 60 ? `${n_(s)} 秒` : `${n_(s / 60)} 分钟`;
  },
  level: '通知我',
  levelLead: '只对你自己有效，你的所有设备都一样。',
  levelOf: (level) => ({ all: '所有消息', mentions: '对我说的', nothing: '不通知' })[level],
  keepLead: '更早的消息会自动为所有人删除。',
  keep: (days) => (days === null ? '永久保留' : `保留 ${n_(days)} 天`),
  archive: '收起房间',
  archiveLead: '收起来的房间还能看、能找到，但没有人能再发言。管理员可以重新打开。',
  archived: '这个房间已经收起来了。',
  unarchive: '重新打开',
  typeName: (name) => `为了确认，请输入“${name}”`,

  moderatorHere: '这个房间的管理员',
  makeModerator: '设为管理员',
  makeMember: '设为普通成员',
  bansTitle: '不能进来的人',
  banLift: '让他再进来',
  mutesTitle: '不能发言的人',
  muteLift: '让他再发言',
  until: (until, reason) => {
    const time = until === null ? '永久' : `到${times.format(until)}为止`;
    return reason === '' ? time : `${time} · ${reason}`;
  },

  inviteTo: (name) => `请人来${name}`,
  inviteLead: '有链接的人都能进来，直到链接失效或次数用完。',
  inviteLink: '邀请链接',
  inviteLasts: '多久失效',
  inviteUses: '能用几次',
  inviteMake: '生成链接',
  inviteEnd: '作废',
  invitesTitle: '有效的邀请',
  invitesNone: '没有有效的邀请。',
  hours: (value) => {
    if (value === '') return '不失效';
    const n = Number(value);
    return n < 24 ? `${n_(n)} 小时` : `${n_(n / 24)} 天`;
  },
  uses: (value) => (value === '' ? '不限次数' : `${n_(Number(value))} 次`),
  inviteBy: (name, until, left) => {
    const ends = until === null ? '不失效' : `${times.format(until)}失效`;
    return `${name}发出 · ${ends}${left === null ? '' : ` · 还能用 ${n_(left)} 次`}`;
  },

  message: '发消息',
  muteForMe: '屏蔽',
  unmuteForMe: '取消屏蔽',
  mutedForMe: '你不会再看到这个人的消息。',
  unmutedForMe: '又能看到这个人的消息了。',
  mutedHint: '你屏蔽了这个人。对方不知道。',
  notHere: '不在',
  sharedRooms: (names) => `你们都在的房间：${names.join('、')}`,
  moderation: '管理',
  measure: (kind) =>
    ({
      mute: '禁言…',
      kick: '移出房间',
      ban: '不让进房间',
      'remove-all': '删除全部消息',
      'house-ban': '请出茶馆',
    })[kind],
  measureAsk: (kind, name) =>
    ({
      mute: `${name}在这里可以看，不能发言。`,
      kick: `把${name}移出这个房间。人人能看的房间，对方还可以再进来。`,
      ban: `不让${name}再进这个房间。`,
      'remove-all': `删除${name}在所有房间里写的全部消息。`,
      'house-ban': `马上把${name}请出茶馆。`,
    })[kind],
  measureDone: (kind, name) =>
    ({
      mute: `${name}被禁言了。`,
      kick: `${name}被移出了房间。`,
      ban: `${name}不能再进来了。`,
      'remove-all': `${name}写的都删除了。`,
      'house-ban': `${name}被请出了茶馆。`,
    })[kind],
  howLong: '多久',
  why: '原因（可以不填）',
  whyHint: '对方和操作记录里会看到。',

  pageYou: '我',
  pageDevices: '设备与登录',
  pageLook: '外观',
  pageData: '数据',
  pageProgram: '关于',
  pictureChoose: '选一张头像',
  pictureDrop: '去掉头像',
  pictureBad: '浏览器读不了这张图片。可以用 PNG、JPEG 或 WebP。',
  nameHint: '改名后大家马上就能看到，以前的消息也会换。',
  claimLead: '客人离开后会让出名字。设一个密码或通行密钥，名字和你写的一切就都留给你。',
  claimPassword: '用密码认领',
  claimPasskey: '用通行密钥认领',
  claimed: '名字归你了。',
  passkeys: '通行密钥',
  passkeysLead: '存在手机、电脑或安全钥匙里，什么都不用记。',
  passkeyFacts: (made, used) =>
    used === null
      ? `${times.format(made)}创建，还没用过`
      : `${times.format(made)}创建，上次使用 ${times.format(used)}`,
  passkeyAdd: '添加这台设备的通行密钥',
  passkeyCannot: '这个页面不能创建通行密钥：需要 https 和新一些的浏览器。',
  passwordOld: '现在的密码',
  passwordNew: '新密码',
  passwordChange: '修改密码',
  passwordSet: '设一个密码',
  signIns: '已登录的设备',
  signInsLead: '90 天没人用的登录会自己结束。',
  signInFacts: (seen, address) => `上次出现 ${times.format(seen)} · ${address}`,
  thisDevice: '这台设备',
  signInEnd: '退出',
  signInEndOthers: '退出其他所有设备',
  otherDevice: '在另一台设备上登录',
  otherDeviceLead: (address) => `用另一台设备扫二维码，或者在那边打开 ${address} 输入代码。`,
  otherDeviceMake: '显示代码',
  otherDeviceUntil: (until) => `只能用一次，${times.format(until)}前有效。`,
  exportTitle: '带走你的数据',
  exportLead: '一个文件，里面有你的账号、登录、房间和写过的每条消息。',
  exportGo: '下载',
  eraseTitle: '删除账号',
  eraseLead: '所有登录都会结束，名字会空出来，你写的文字全部删除。删了就找不回来。',
  eraseOwner: '你是馆主。先把茶馆交给别人：茶馆管理、人、身份。',
  eraseGo: '删除我的账号',
  lookLead: '只对这个浏览器有效。',
  programLead: 'Teahouse（茶馆），开在你自己地方的聊天服务。',
};
