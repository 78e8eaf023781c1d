// 个人设置的中文。
import type { SettingWords } from './words.en.ts';

export const settings: SettingWords = {
  here: '只对这个浏览器有效。',

  contrast: '高对比度',
  density: '疏密',
  densities: { comfortable: '宽松', compact: '紧凑' },
  text: '字号',
  textValue: (px) => `${px} 像素`,
  textUsual: '恢复默认',
  still: '减少动画',
  stillHint: '不再滑动和淡入淡出，会动的图片打开以前是静止的。',
  hours: '时间',
  hoursOf: { auto: '跟随设备', h23: '24 小时制', h12: '12 小时制' },
  preview: '看起来是这样',
  previewName: '林晓',
  previewText: '水烧上了，谁要喝乌龙？',
  previewMore: '2019 年的普洱也还剩一些。',

  composer: '输入框',
  enterHint: '自动：有实体键盘时按回车就发送。Ctrl + 回车总是发送。',
  typing: '在哪儿打字都进输入框',
  tells: '让别人看到我正在输入',

  access: '无障碍',
  announce: '屏幕阅读器朗读',
  announced: { auto: '自动', all: '每条新消息', me: '只读跟我有关的', nothing: '不读消息' },
  announcedHint: {
    auto: '每条都读；在座超过 30 人时，只读跟你有关的。',
    all: '读当前房间的消息，窗口要在最前面。',
    me: '提到你的、回复你的，还有私聊。',
    nothing: '没发出去的消息和断线仍然会说。',
  },
  captions: '声音配文字',
  captionsHint: '有提示音的时候，同时用一行字说明是什么事。',
  lookToo: '字号、对比度和动画在“外观”里。',
  keysToo: '全部操作都可以只用键盘。',
  keysShow: '查看快捷键',

  transport: '传输',
  transportLead: '这台设备上的聊天走哪条路。换一条不会丢消息，也不会重复。',
  transportNow: '正在使用',
  transports: '走哪条路',
  carriedBy: { auto: '自动选最好的' },
  carriedHint: {
    auto: '网络放行就用 WebSocket，不行就用次一等的；好了会自己换回来。',
    websocket: '一条连接，双向常开。有些代理不让用。',
    stream: '一个不结束的响应；发送另走 POST。',
    long_poll: '问一句，等到有消息再答，再问。HTTP 能通的地方几乎都行。',
    poll: '到点就问，不管有没有。最后的办法。',
  },

  about: '关于',
  aboutLead: 'Teahouse（茶馆），开在你自己地方的聊天服务。',
  versionApp: '这个页面',
  versionHouse: '这家茶馆',
  licencesLead: '这个页面用到了哪些软件，各是什么许可证。',
};
