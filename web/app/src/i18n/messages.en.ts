// English, the source language: messages.zh.ts is typed by this object, so a missing key does not compile.
// Entries are whole sentences; nothing is put together from pieces elsewhere.

import type { TransportName } from '@teahouse/sdk';

const numbers = new Intl.NumberFormat('en');
const plurals = new Intl.PluralRules('en');
const lists = new Intl.ListFormat('en-GB', { type: 'conjunction' });

function plural(n: number, one: string, other: string): string {
  return (plurals.select(n) === 'one' ? one : other).replace('{n}', numbers.format(n));
}

export const messages = {
  tag: 'en',
  brandSmall: 'Teahouse',
  page: 'Page',

  doorTitle: 'What should we call you?',
  doorName: 'Your name',
  doorEnter: 'Come in',
  doorSuggest: 'No idea? Try',
  doorAnother: 'Other suggestions',
  doorNoSignup: 'No sign-up.',
  doorEmpty: 'Please type a name.',
  doorLong: 'That is too long. 32 characters at most.',
  doorTaken: (name: string) => `Someone here is already called ${name}.`,
  doorBad: 'This name cannot be used. Try letters, figures or characters of any script.',
  doorTry: 'Try',
  doorHere: (names: string[], others: number) => {
    if (names.length === 0) return 'Nobody is here yet. Be the first.';
    const all = others > 0 ? [...names, plural(others, '{n} other', '{n} others')] : names;
    return `${lists.format(all)} ${all.length === 1 ? 'is' : 'are'} here`;
  },
  doorCount: (n: number) => plural(n, '{n} person is here', '{n} people are here'),
  doorPeek: 'Latest messages',
  doorQuiet: 'Nobody has said anything yet.',
  doorUnreachable: 'The house does not answer. Check your connection and try again.',
  doorStuck: 'The house does not answer yet. Trying again.',
  doorBusy: 'Many are coming in at once. Please try again in a moment.',
  doorSignIn: 'Sign in',
  doorGuest: 'Come in as a guest',
  doorAgain: 'Your place here has ended. Please come in again.',

  signInTitle: 'Sign in to this house',
  signInName: 'Name',
  signInPassword: 'Password',
  signInWrong: 'Name and password do not match.',
  passwordShow: 'Show the password',
  passwordEmpty: 'Please type your password.',

  setupTitle: 'Set up your teahouse',
  setupLead: 'Three answers, then you are in the room. You are its owner.',
  setupHouse: 'Name of the house',
  setupHouseDefault: '茶馆 Teahouse',
  setupYou: 'Your name',
  setupPassword: 'Password',
  setupPasswordHint: 'At least 8 characters. You sign in with it on other devices.',
  setupPasswordShort: 'That is too short. At least 8 characters.',
  setupGo: 'Open the house',
  setupNoToken: 'This address has no key in it. Open the whole link that the terminal printed.',
  setupUsed:
    'This link has been used or is not valid. Sign in, or start the server again for a new one.',

  rooms: 'Rooms',
  roomsBack: 'Back to the rooms',
  roomMessages: (room: string) => `Messages in ${room}`,
  roomHere: (n: number, partial: boolean) => `${numbers.format(n)}${partial ? '+' : ''} here`,
  roomPeople: 'Show or hide the people here',
  roomNew: 'New messages',
  roomDraft: (text: string) => `Draft: ${text}`,
  roomLine: (name: string, text: string) => `${name}: ${text}`,
  roomBorn: 'This is where the room begins.',
  skipMessages: 'To the messages',
  skipComposer: 'To the text box',

  people: 'People',
  peopleClose: 'Close the panel',
  peopleHere: (n: number) => `Here · ${numbers.format(n)}`,
  peoplePartial: 'There may be more: this server does not hear from its neighbours right now.',
  peopleMany: (n: number) =>
    `${numbers.format(n)} people are here. Above 200 they are only counted.`,
  peopleFilter: 'Find a person',
  peopleNone: (text: string) => `Nobody here is called “${text}”.`,
  peopleYou: 'You',
  hereNow: 'Here',
  roleOwner: 'Owner',
  roleModerator: 'Moderator',
  roleMember: 'Member',
  roleGuest: 'Guest',

  composerPlaceholder: (room: string) => `Message #${room}`,
  composerPlaceholderShort: 'Message',
  composerSend: 'Send',
  composerHint: 'Enter sends, Shift + Enter for a new line',
  composerHintNever: 'Ctrl + Enter sends',
  composerLeft: (n: number) => plural(n, '{n} character left', '{n} characters left'),
  composerOver: (n: number) => plural(n, '{n} character too many', '{n} characters too many'),
  composerReadOnly: 'You can read here, but not write.',
  composerFull: 'This browser has no room left to keep the message. It was not sent.',

  sendFailed: 'Not sent.',
  sendRetry: 'Try again',
  sendDelete: 'Delete',
  sendWaiting: 'Waiting for the connection',
  sendOnItsWay: 'On its way',
  sendSlow: (s: number) =>
    `You are writing faster than this room allows. Sending in ${numbers.format(s)} s.`,
  sendLater: (s: number) => `The house did not take it yet. Sending in ${numbers.format(s)} s.`,
  sendWhy: (code: string) => enWhy[code] ?? `The house refused it. Code ${code}.`,

  netLost: (s: number) =>
    `Connection lost. Trying again in ${numbers.format(s)} s. You can keep writing.`,
  netTrying: 'Connection lost. Trying again now. You can keep writing.',
  netNow: 'Try now',
  netOffline: 'You are offline. Messages will go out when you are back.',
  netBack: (n: number) =>
    n === 0
      ? 'Back. Nothing was said while you were away.'
      : plural(
          n,
          'Back. {n} message arrived while you were away.',
          'Back. {n} messages arrived while you were away.',
        ),
  netShow: 'Show',
  netLive: 'Live',
  netConnecting: 'Connecting…',
  netReconnecting: 'Reconnecting…',
  netOfflineShort: 'Offline',
  wireName: (name: TransportName) => enTransports[name],
  wireLive: (name: string, ms: number) => `Live · ${name} · ${numbers.format(ms)} ms`,
  wireLiveBare: (name: string) => `Live · ${name}`,
  wireDown: (name: string, ms: number) => `${name} · ${numbers.format(ms)} ms`,
  wireTitle: 'Connection',
  wireCarrier: 'Carried by',
  wireDelay: 'Round trip',
  wireDelayMs: (ms: number) => `${numbers.format(ms)} ms`,
  wireSince: 'Since',
  wireDownWhy:
    'Nothing better gets through the network here right now. It is tried again now and then.',
  wireFixed: 'Fixed on this device.',
  wireAuto: 'Choose automatically',
  wireLab: 'Open the transport lab',
  netLostSaid: 'Connection lost.',
  netBackSaid: 'Connected again.',

  endedReplaced: 'This room is open in another window',
  endedReplacedText: 'Only one window of yours can be here at a time.',
  endedReplacedDo: 'Use this window',
  endedSignedOut: 'You are signed out',
  endedSignedOutText: 'Come in again to go on. What you had not sent is kept.',
  endedSignedOutDo: 'Come in again',
  endedVersion: 'A new version is here',
  endedVersionText: 'This page is older than the house. Drafts are kept.',
  endedVersionDo: 'Reload',
  endedOther: 'The house ended the connection',
  endedOtherText: (code: number) => `Something went wrong here. Code ${code}. Drafts are kept.`,
  endedOtherDo: 'Try again',

  listNew: (n: number) => plural(n, '{n} new', '{n} new'),
  listSince: (n: number, time: string) =>
    plural(n, `{n} new since ${time}`, `{n} new since ${time}`),
  listShow: 'Show',
  listMarkRead: 'Mark read',
  listLatest: 'Latest',
  listLatestNew: (n: number) => plural(n, 'Latest · {n} new', 'Latest · {n} new'),
  listToday: 'Today',
  listYesterday: 'Yesterday',
  listHole: 'Some messages are missing here.',
  listHoleLoad: 'Load them',
  listOlderFailed: 'Older messages did not come.',
  listTyping: (names: string[], n: number) => {
    if (n > 2) return `${numbers.format(n)} people are typing`;
    return names.length === 1 ? `${names[0]} is typing` : `${lists.format(names)} are typing`;
  },
  listMore: 'Show all',
  listLess: 'Show less',
  listArticle: (name: string, text: string, time: string) => `${name}: ${text}, ${time}`,
  listMany: (n: number, name: string) => `${numbers.format(n)} new messages, last from ${name}`,

  emptyTitle: 'The room is ready',
  emptyText: 'Nobody has said anything yet. Be the first to speak.',

  menuYou: 'You and your settings',
  menuTheme: 'Theme',
  menuThemeSystem: 'System',
  menuThemeLight: 'Day',
  menuThemeDark: 'Night',
  menuLanguage: 'Language',
  menuEnter: 'Enter sends',
  menuEnterAuto: 'Automatic',
  menuEnterAlways: 'Always',
  menuEnterNever: 'Never',
  menuLeave: 'Leave the house',
  menuLeaveAsk:
    'Leave the house? As a guest you give up your name, and unsent messages are dropped.',
  menuLeaveStay: 'Stay',
  menuLicences: 'Licences',
  themeToDark: 'Switch to night colours',
  themeToLight: 'Switch to day colours',
  languageOther: '中文',
  languageOtherLabel: '切换到中文',

  errorNotFound: 'There is no such room, or it is not open to you.',
  errorNotFoundDo: 'To the main room',
  errorUnknown: (code: string) => `Something went wrong here. Code ${code}.`,
  errorRetry: 'Try again',
};

const enTransports: Record<TransportName, string> = {
  websocket: 'WebSocket',
  stream: 'Streaming',
  long_poll: 'Long polling',
  poll: 'Polling',
};

const enWhy: Record<string, string> = {
  text_too_long: 'It is too long for this house.',
  too_large: 'It is too long for this house.',
  may_not_write: 'You may not write in this room.',
  muted: 'You are muted in this room for a while.',
  no_such_room: 'This room is gone, or not open to you.',
  store_full: 'The house has no space left.',
  store_busy: 'The house is busy.',
  store_down: 'The house cannot reach its store.',
  cid_conflict: 'The house has another message under the same number.',
  bad_field: 'It holds characters that the house does not take.',
  internal: 'Something went wrong in the house.',
};

export type Messages = typeof messages;
