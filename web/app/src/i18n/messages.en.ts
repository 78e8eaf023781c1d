// English, the source language: messages.zh.ts is typed by this object, so a missing key does not compile.
// Entries are whole sentences; nothing is put together from pieces elsewhere.

import type { TransportName } from '@teahouse/sdk';
import { timesIn } from '../text/time.ts';

const numbers = new Intl.NumberFormat('en');
const plurals = new Intl.PluralRules('en');
const times = timesIn('en-GB');
const lists = new Intl.ListFormat('en-GB', { type: 'conjunction' });

function plural(n: number, one: string, other: string): string {
  return (plurals.select(n) === 'one' ? one : other).replace('{n}', numbers.format(n));
}

export const messages = {
  tag: 'en',
  brandSmall: 'Teahouse',

  rooms: 'Rooms',
  roomsBack: 'Back to the rooms',
  roomsDirect: 'Direct messages',
  roomsBrowse: 'Browse all rooms',
  roomAdd: 'New room or invite',
  roomMake: 'New room',
  roomMenu: 'More about this room',
  roomMuted: 'muted',
  roomSaid: (n: number) => plural(n, '{n} message for you', '{n} messages for you'),
  join: 'Join',
  roomMessages: (room: string) => `Messages in ${room}`,
  roomHere: (n: number, partial: boolean) => `${numbers.format(n)}${partial ? '+' : ''} here`,
  roomPeople: 'Show or hide the people here',
  roomPins: (n: number) => plural(n, '{n} pinned message', '{n} pinned messages'),
  roomDrafted: 'has a draft',
  roomNew: 'New messages',
  roomDraft: (text: string) => `Draft: ${text}`,
  roomLine: (name: string, text: string) => `${name}: ${text}`,
  roomInvite: 'Invite people',
  roomBorn: 'This is where the room begins.',
  skipMessages: 'To the messages',
  skipComposer: 'To the text box',

  jump: 'Jump to…',
  search: 'Search',
  forYou: 'For you',
  people: 'People',
  roleOwner: 'Owner',
  roleModerator: 'Moderator',
  roleMember: 'Member',
  roleGuest: 'Guest',

  composerPlaceholder: (room: string) => `Message ${room}`,
  composerPlaceholderShort: 'Message',
  composerSave: 'Save',
  replyTo: (name: string) => `Reply to ${name}`,
  composerSend: 'Send',
  composerHint: 'Enter sends, Shift + Enter for a new line',
  composerHintNever: 'Ctrl + Enter sends',
  composerLeft: (n: number) => plural(n, '{n} character left', '{n} characters left'),
  composerOver: (n: number) => plural(n, '{n} character too many', '{n} characters too many'),
  composerFull: 'This browser has no room left to keep the message. It was not sent.',

  sendFailed: 'Not sent.',
  sendWaiting: 'Waiting for the connection',
  sendOnItsWay: 'On its way',
  sendWhy: (code: string) => enWhy[code] ?? `The house refused it. Code ${code}.`,

  netLive: 'Live',
  netConnecting: 'Connecting…',
  netReconnecting: 'Reconnecting…',
  netOfflineShort: 'Offline',
  wireName: (name: TransportName) => enTransports[name],
  wireLive: (name: string, ms: number) => `Live · ${name} · ${numbers.format(ms)} ms`,
  wireLiveBare: (name: string) => `Live · ${name}`,
  wireDown: (name: string, ms: number) => `${name} · ${numbers.format(ms)} ms`,
  wireTitle: 'Connection',

  listNew: (n: number) => plural(n, '{n} new', '{n} new'),
  listShow: 'Show',
  listToday: 'Today',
  listYesterday: 'Yesterday',
  listHole: 'Some messages are missing here.',
  listHoleLoad: 'Load them',
  listOlderFailed: 'Older messages did not come.',
  listTyping: (names: string[], n: number) => {
    if (n > 2) return `${numbers.format(n)} people are typing`;
    return names.length === 1 ? `${names[0]} is typing` : `${lists.format(names)} are typing`;
  },
  listDeleted: 'Message deleted',
  listDeletedBy: 'Message deleted by a moderator',
  listMuted: 'You muted this person.',
  listJoined: (name: string) => `${name} joined`,
  listLeft: (name: string) => `${name} left`,
  listRemoved: (name: string) => `${name} was removed by a moderator`,
  listCame: (came: number, went: number) => {
    const joined = plural(came, '{n} person joined', '{n} people joined');
    const left = plural(went, '{n} left', '{n} left');
    if (went === 0) return joined;
    return came === 0 ? plural(went, '{n} person left', '{n} people left') : `${joined}, ${left}`;
  },
  listMade: (name: string) => `${name} made the room`,
  listRoom: (name: string, room: string) =>
    room === '' ? `${name} changed the room` : `${name} changed the room: ${room}`,
  listUntil: (until: number, _at: number) => ` until ${times.format(until)}`,
  listModeration: (act: string, by: string, name: string, until: string) => {
    const acts: Record<string, string> = {
      ban: `${by} banned ${name}${until}`,
      unban: `${by} lifted the ban of ${name}`,
      mute: `${by} muted ${name}${until}`,
      unmute: `${by} let ${name} write again`,
      moderator: `${by} made ${name} a moderator`,
      member: `${by} made ${name} an ordinary member`,
    };
    return acts[act] ?? `${by} moderated ${name}`;
  },
  listReason: (text: string, reason: string) => `${text}: ${reason}`,
  fileText: (kind: string, name: string, size: string) =>
    `${kind === 'image' ? 'Image' : kind === 'video' ? 'Video' : kind === 'audio' ? 'Sound' : 'File'}, ${name}, ${size}`,
  listEdited: '(edited)',
  listReplies: (n: number) => plural(n, '{n} reply', '{n} replies'),
  listLast: (time: string) => `last at ${time}`,
  listFacts: (edited: boolean, reactions: number, replies: number) =>
    [
      '',
      edited ? 'edited' : '',
      reactions > 0 ? plural(reactions, '{n} reaction', '{n} reactions') : '',
      replies > 0 ? plural(replies, '{n} reply', '{n} replies') : '',
    ]
      .filter((fact, index) => index === 0 || fact !== '')
      .join(', '),
  listPinned: (name: string, on: boolean) =>
    on ? `${name} pinned a message` : `${name} took down a pinned message`,
  quoteGone: 'The message is gone',
  reactionOf: (emoji: string, n: number) => `${emoji} ${numbers.format(n)}`,
  reactionBy: (names: string[], others: number) =>
    lists.format(others > 0 ? [...names, plural(others, '{n} other', '{n} others')] : names),
  listMore: 'Show all',
  listLess: 'Show less',
  textHidden: 'Hidden. Show it',
  code: 'Code',
  codeOf: (lang: string | undefined) => (lang === undefined ? 'Code' : `Code, ${lang}`),
  codeCopy: 'Copy',
  codeCopied: 'Copied',
  listArticle: (name: string, text: string, time: string) => `${name}: ${text}, ${time}`,
  listMany: (n: number, name: string) => `${numbers.format(n)} new messages, last from ${name}`,

  emptyTitle: 'The room is ready',
  emptyText: 'Nobody has said anything yet. Ask someone in, or be the first to speak.',

  messageMore: 'More about this message',
  personGone: 'Deleted account',
  actRefused: (code: string) => enWhy[code] ?? `That was not taken. Code ${code}.`,
  actReact: 'Add reaction',

  errorNotFound: 'There is no such room, or it is not open to you.',
  errorShut: 'This room is not open to you any more.',
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
  quota: 'There is no more room for files here.',
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
