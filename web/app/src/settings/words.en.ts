// The words of one's own settings, in English: the source that words.zh.ts is typed by. What they share with other
// pages stands in parts/.
import type { Settings } from '../state/settings.ts';

export const settings = {
  here: 'For this browser.',

  contrast: 'High contrast',
  density: 'Density',
  densities: { comfortable: 'Comfortable', compact: 'Compact' } satisfies Record<
    Settings['density'],
    string
  >,
  text: 'Text size',
  textValue: (px: number) => `${px} px`,
  textUsual: 'Usual size',
  still: 'Less motion',
  stillHint: 'Nothing slides or fades, and pictures that move stand still until you open them.',
  hours: 'Times',
  hoursOf: {
    auto: 'As this device',
    h23: '24 hours',
    h12: '12 hours',
  } satisfies Record<Settings['hours'], string>,
  preview: 'How it looks',
  previewName: 'Ada',
  previewText: 'The kettle is on. Who wants oolong?',
  previewMore: 'There is still some of the 2019 pu’er, too.',

  composer: 'Composer',
  enterHint: 'Automatic: Enter sends where there is a real keyboard. Ctrl + Enter always sends.',
  typing: 'Typing anywhere goes into the text box',
  tells: 'Tell others that I am typing',

  access: 'Accessibility',
  announce: 'Read aloud by screen readers',
  announced: {
    auto: 'Automatic',
    all: 'Every new message',
    me: 'Only what is for me',
    nothing: 'No messages',
  } satisfies Record<Settings['announce'], string>,
  announcedHint: {
    auto: 'Every message; with more than 30 people here, only what is for you.',
    all: 'In the room that is open, while this window has the focus.',
    me: 'Mentions, replies to you, and direct messages.',
    nothing: 'A message that was not sent and a lost connection are still said.',
  } satisfies Record<Settings['announce'], string>,
  captions: 'Write what sounds',
  captionsHint: 'When a sound tells of something for you, a line says what it was.',
  lookToo: 'Text size, contrast and motion are under Look.',
  keysToo: 'Everything works by keyboard.',
  keysShow: 'Show the shortcuts',

  transport: 'Transport',
  transportLead:
    'What carries the chat on this device. Changing it neither loses nor repeats a message.',
  transportNow: 'In use now',
  transports: 'Carry the chat by',
  carriedBy: { auto: 'Whatever works best' },
  carriedHint: {
    auto: 'WebSocket where the network lets it through, else the next best; it moves up again by itself.',
    websocket: 'One connection, open both ways. Some proxies refuse it.',
    stream: 'One open response; sending is a POST.',
    long_poll: 'Ask, wait for news, ask again. Works almost wherever HTTP works.',
    poll: 'Ask again when the server said, news or not. The last resort.',
  } satisfies Record<Settings['transport'], string>,

  about: 'About',
  aboutLead: 'Teahouse, a chat server for your own house.',
  versionApp: 'This page',
  versionHouse: 'The house',
  licencesLead: 'What this page is built from, and under which terms.',
};

export type SettingWords = typeof settings;
