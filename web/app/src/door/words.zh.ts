// 登录与开张时的话。写成，不是译成；由英文的对象定类型。
import type { DoorWords } from './words.en.ts';

export const door: DoorWords = {
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
