// 搜索里的话。写成，不是译成；由英文的对象定类型。
import type { SearchWords } from './words.en.ts';

const numbers = new Intl.NumberFormat('zh-CN');

function n_(n: number): string {
  return numbers.format(n);
}

const kinds: Record<string, string> = { file: '文件', image: '图片', link: '链接', code: '代码' };

export const search: SearchWords = {
  title: '搜索',
  close: '关闭搜索',
  field: '搜索消息',
  placeholder: '几个字，或 from: in: before: after: has:',
  filters: '筛选',
  chips: {
    from: '谁发的',
    in: '房间',
    date: '日期',
    file: '有文件',
    image: '有图片',
    link: '有链接',
    code: '有代码',
  },
  filter: (name, value) => {
    const texts = {
      from: `${value} 发的`,
      in: `在${value}`,
      before: `${value} 之前`,
      after: `${value} 以来`,
      has: `有${kinds[value] ?? value}`,
    };
    return texts[name];
  },
  filterOff: (filter) => `去掉：${filter}`,
  said: (words, filters, count, more) => {
    const found = more ? `超过 ${n_(count)} 条消息` : `${n_(count)} 条消息`;
    const about = words === '' ? [] : [`含“${words}”`];
    return [found, ...about, ...filters].join('，');
  },
  unknown: (name, value) => {
    const texts = {
      from: `没有叫“${value}”的人。`,
      in: `你的房间里没有叫“${value}”的。`,
      before: `“${value}”不是日期，写成 2026-11-03 这样。`,
      after: `“${value}”不是日期，写成 2026-11-03 这样。`,
      has: `可以找 file、image、link、code，不能找“${value}”。`,
    };
    return texts[name];
  },
  hits: (room, n) => `${room}：${n_(n)} 条消息`,
  found: '找到的消息',
  more: '再看一些',
  moreFailed: '后面的没有加载出来。',
  none: (words) => (words === '' ? '没有这样的消息。' : `没有找到“${words}”。`),
  noneHint: '少写几个字，或者放宽一些：',
  noneFewer: '少写几个字试试。',
  widenDate: '不限日期',
  widenRoom: '所有房间',
  widenFrom: '不限是谁',
  widenHas: '不限有没有文件、链接、代码',
  failed: '搜索没有回应。',
  offline: '没有网络，搜索要等恢复以后。',
  recent: '这台设备上搜过的',
  recentForget: '全部忘掉',
  blank: '你能看到的消息都会搜到，一个字也行。',
  daysOnly: '光有日期，什么都会找到。再加几个字、一个人或一个房间。',
  behind: '最新的消息还在编入搜索。',
  again: '再搜一次',
  hint: 'from:林晓  in:早茶  after:2026-11-01  has:image',
  pickFrom: '找谁发的？',
  pickIn: '在哪个房间？',
  pickDate: '什么时候？',
  dateFrom: '从',
  dateUntil: '到（不含）',
  dateSet: '就搜这几天',
  dateClear: '不限日期',
  dateToday: '今天',
  dateWeek: '最近 7 天',
  dateMonth: '最近 30 天',
};
