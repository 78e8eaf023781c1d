// 登录与开张时的话。写成，不是译成；由英文的对象定类型。

import { timesIn } from '../text/time.ts';
import type { DoorWords } from './words.en.ts';

const numbers = new Intl.NumberFormat('zh-CN');
const times = timesIn('zh-CN');

function n_(n: number): string {
  return numbers.format(n);
}

export const door: DoorWords = {
  page: '页面',
  doorTitle: '怎么称呼你？',
  doorName: '你的名字',
  doorEnter: '进来坐',
  doorSuggest: '没想好？试试',
  doorAnother: '换几个名字',
  doorNoSignup: '不用注册。',
  doorEmpty: '先写个名字吧。',
  doorLong: '太长了，最多 32 个字。',
  doorTaken: (name) => `这里已经有人叫“${name}”了。`,
  doorBad: '这个名字不能用，换一个试试。',
  doorTry: '试试',
  doorHere: (names, others) => {
    if (names.length === 0) return '还没有人，来坐第一个位子。';
    if (others > 0) return `${names.join('、')}等 ${n_(names.length + others)} 人在座`;
    return `${names.join('、')}在座`;
  },
  doorCount: (n) => `${n_(n)} 人在座`,
  doorPeek: '最近的消息',
  doorQuiet: '还没有人说话。',
  doorUnreachable: '连不上这家茶馆。检查一下网络，再试一次。',
  doorStuck: '还连不上这家茶馆，正在重试。',
  doorBusy: '进来的人有点多，请稍后再试。',
  doorSignIn: '登录',
  doorHidden: '这个房间要进来才能看到。',
  doorInvited: '这家茶馆只接待受邀请的人。',
  doorAnswer: '你的回答',
  doorPassword: '定一个密码',
  doorWrongAnswer: '回答不对，再试一次。',
  doorClosed: '这家茶馆不接待没有邀请的客人。',
  doorBanned: (until) =>
    until === undefined
      ? '你被请出了这家茶馆。如果弄错了，请找馆主。'
      : `你被请出了这家茶馆，${times.format(until)}以后再来。`,
  inviteEnded: '邀请已经失效了，请找发给你的人再要一个。',
  doorGuest: '以客人身份进来',
  doorAgain: '你在这里的身份已经失效，请重新进来。',
  signInTitle: '登录这家茶馆',
  signInName: '名字',
  password: '密码',
  signInWrong: '名字和密码对不上。',
  passwordShow: '显示密码',
  passwordEmpty: '请输入密码。',
  passwordShort: '太短了，至少 8 个字符。',
  themeToDark: '换成夜晚的颜色',
  themeToLight: '换成白天的颜色',
  languageOther: 'English',
  languageOtherLabel: 'Switch to English',

  signInPasskey: '用通行密钥登录',
  signInPassword: '用密码登录',
  signInWith: (name) => `用 ${name} 登录`,
  signInOr: '或者',
  signInCode: '另一台设备给了我一个代码',
  signInCancelled: '没有选通行密钥。再试一次，或者用密码。',
  signInSlow: '试得太多了，等一分钟再来。',
  signInNoPassword: '忘了密码？馆主或管理员可以给你一个换密码的链接。',

  setupTitle: '开一家茶馆',
  setupLead: '回答四个问题就能进房间。你就是馆主。',
  setupHouse: '茶馆的名字',
  setupHouseDefault: '茶馆 Teahouse',
  setupYou: '你的名字',
  setupHow: '登录方式',
  setupByPassword: '自己定的密码',
  setupPasskey: '通行密钥',
  setupPasskeyHint: '存在手机、电脑或安全钥匙里，什么都不用记。',
  setupPassword: '密码',
  setupPasswordHint: '至少 8 个字符。在别的设备上用它登录。',
  setupPasswordShort: '太短了，至少 8 个字符。',
  setupWho: '谁可以进来',
  setupOpen: '有链接的人都行',
  setupInvited: '受邀请的人',
  setupAccounts: '有账号的人',
  setupGo: '开张',
  setupNoToken: '这个地址里没有钥匙。请打开终端里打印的完整链接。',
  setupUsed: '这个链接已经用过或无效。请登录，或重启服务器换一个新的。',

  codeTitle: '在这台设备上登录',
  codeLead: '另一台设备的“设备与登录”里会显示一个代码，把它写在这里。',
  codeLabel: '代码',
  codeWrong: '代码已经失效或不对。让另一台设备再给一个。',
  codeAsk: (name) => `你现在是${name}。用代码登录后就不是了。`,

  resetTitle: '换一个密码',
  resetLead: '你在其他设备上的登录都会结束。',
  resetPassword: '新密码',
  resetGo: '换好并登录',
  resetWrong: '这个链接已经失效，请找给你链接的人再要一个。',

  inviteTitle: (name, room) => `${name}邀请你来${room}`,
  inviteExpired: (name) =>
    name === ''
      ? '邀请已经失效了，请找发给你的人再要一个。'
      : `邀请已经失效了，请找${name}再要一个。`,
  inviteLook: '去门口看看',
  inviteCode: '邀请码或链接',
  inviteGo: '继续',
  inviteMember: '我有这里的账号',
};
