// The words of searching, in English: the source that words.zh.ts is typed by.
import type { FilterName, Has } from './query.ts';

const numbers = new Intl.NumberFormat('en');
const plurals = new Intl.PluralRules('en');
const lists = new Intl.ListFormat('en-GB', { type: 'unit' });

function plural(n: number, one: string, other: string): string {
  return (plurals.select(n) === 'one' ? one : other).replace('{n}', numbers.format(n));
}

export const search = {
  title: 'Search',
  close: 'Close the search',
  field: 'Search messages',
  placeholder: 'Words, or from: in: before: after: has:',
  filters: 'Filters',
  chips: {
    from: 'From',
    in: 'Room',
    date: 'Date',
    file: 'With files',
    image: 'With images',
    link: 'With links',
    code: 'With code',
  },
  /** A filter that is set, on its chip. */
  filter: (name: FilterName, value: string) => {
    const has: Record<Has, string> = {
      file: 'with files',
      image: 'with images',
      link: 'with links',
      code: 'with code',
    };
    const texts: Record<FilterName, string> = {
      from: `from ${value}`,
      in: `in ${value}`,
      before: `before ${value}`,
      after: `since ${value}`,
      has: has[value as Has] ?? `with ${value}`,
    };
    return texts[name];
  },
  filterOff: (filter: string) => `Take away: ${filter}`,
  /** What was searched, said above the hits. */
  said: (words: string, filters: readonly string[], count: number, more: boolean) => {
    const found = more
      ? plural(count, 'More than {n} message', 'More than {n} messages')
      : plural(count, '{n} message', '{n} messages');
    const about = words === '' ? [] : [`with “${words}”`];
    return [found, lists.format([...about, ...filters])].filter((part) => part !== '').join(' ');
  },
  unknown: (name: FilterName, value: string) => {
    const texts: Record<FilterName, string> = {
      from: `Nobody known here is called “${value}”.`,
      in: `No room of yours is called “${value}”.`,
      before: `“${value}” is no date. Write it as 2026-11-03.`,
      after: `“${value}” is no date. Write it as 2026-11-03.`,
      has: `One can search for file, image, link and code, not for “${value}”.`,
    };
    return texts[name];
  },
  hits: (room: string, n: number) => `${room}: ${plural(n, '{n} message', '{n} messages')}`,
  found: 'Messages found',
  more: 'Show more',
  moreFailed: 'The rest did not come.',
  none: (words: string) =>
    words === '' ? 'No messages like that.' : `No messages with “${words}”.`,
  noneHint: 'Try fewer words, or search wider:',
  noneFewer: 'Try fewer words.',
  widenDate: 'every date',
  widenRoom: 'all rooms',
  widenFrom: 'from anybody',
  widenHas: 'with or without files, links, code',
  failed: 'The search did not answer.',
  offline: 'You are offline. Searching needs the house.',
  recent: 'Searched before on this device',
  recentForget: 'Forget them',
  blank: 'Everything that you may read is searched. One character is enough.',
  daysOnly: 'A date alone finds everything. Add a word, a person or a room.',
  behind: 'The newest messages are still being added to the search.',
  again: 'Search again',
  hint: 'from:Ada  in:1024  after:2026-11-01  has:image',
  pickFrom: 'Messages of whom?',
  pickIn: 'In which room?',
  pickDate: 'When?',
  dateFrom: 'From',
  dateUntil: 'Until before',
  dateSet: 'Search these days',
  dateClear: 'Every date',
  dateToday: 'Today',
  dateWeek: 'Last 7 days',
  dateMonth: 'Last 30 days',
};

export type SearchWords = typeof search;
