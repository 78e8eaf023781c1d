// The words of the house's own pages, in English: the source that words.zh.ts is typed by.
import type { Decision } from '@teahouse/sdk/api';
import { timesIn } from '../text/time.ts';

const numbers = new Intl.NumberFormat('en');
const plurals = new Intl.PluralRules('en');
const times = timesIn('en-GB');

function plural(n: number, one: string, other: string): string {
  return (plurals.select(n) === 'one' ? one : other).replace('{n}', numbers.format(n));
}

export const admin = {
  title: 'The house',
  forbidden: 'Only moderators and the owner see these pages.',
  now: 'Now',
  people: 'People',
  rooms: 'Rooms',
  reports: 'Reports',
  invites: 'Invites',
  bans: 'Bans',
  settings: 'Settings',
  log: 'Log',
  more: 'Show more',
  done: 'Done.',

  nowPeople: 'People here',
  nowConnections: 'Connections',
  nowEvents: 'Events per second',
  nowRooms: 'Rooms',
  nowMemory: 'Memory',
  nowStore: 'Store',
  nowFiles: 'Files',
  nowBus: 'Bus',
  nowNodes: 'Nodes',
  nowStarted: 'Running since',
  nowVersion: 'Version',
  nowTable: 'The figures as a table',
  nowFigure: 'Figure',
  nowValue: 'Value',
  good: 'good',
  bad: 'not reachable',
  number: (n: number) => numbers.format(n),
  rate: (n: number) => numbers.format(Math.round(n * 10) / 10),
  bytes: (n: number | null) => {
    if (n === null) return '–';
    if (n < 1_000_000) return `${numbers.format(Math.ceil(n / 1000))} kB`;
    if (n < 1_000_000_000) return `${numbers.format(Math.round(n / 100_000) / 10)} MB`;
    return `${numbers.format(Math.round(n / 100_000_000) / 10)} GB`;
  },
  time: (at: number) => times.format(at),

  peopleFind: 'Find by name',
  peopleNone: 'Nobody of that name.',
  personFacts: (joined: number, seen: number | null, signins: number) => {
    const last = seen === null ? 'never seen' : `last seen ${times.format(seen)}`;
    return `since ${times.format(joined)} · ${last} · ${plural(signins, '{n} sign-in', '{n} sign-ins')}`;
  },
  banned: 'Banned',
  personMore: (name: string) => `What to do with ${name}`,
  role: 'Role',
  roleSet: 'Set the role',
  roleHand: (name: string) => `${name} becomes the owner, and you a moderator. Sure?`,
  reset: 'Reset link',
  resetLead: (until: number) => `Give it to them. Good for one use until ${times.format(until)}.`,
  signOut: 'Sign out everywhere',
  ban: 'Ban',
  removeAll: 'Delete all messages',
  erase: 'Delete the account',
  sure: 'Sure?',
  yes: 'Yes',
  newAccount: 'New account',
  newAccountLead: 'They choose their password by the link that you give them.',
  newAccountName: 'Name',
  newAccountMake: 'Make the account',

  roomFacts: (people: number, n: number, bytes: string) =>
    `${plural(people, '{n} person', '{n} people')} · ${plural(n, '{n} message', '{n} messages')} · ${bytes}`,
  roomLast: (at: number) => `last message ${times.format(at)}`,
  roomArchived: 'Archived',
  roomDirect: 'Conversation',
  roomPrivate: 'Private',
  roomOpen: 'Settings',

  reportsNone: 'Nothing to decide. Reports of messages come here.',
  reportsAll: 'Show decided ones, too',
  reportBy: (by: string, reason: string, at: number) =>
    `${by} reported on ${times.format(at)}: ${reason}`,
  reportGone: 'The message is deleted.',
  reportIn: (room: string) => `In ${room}`,
  reportKeys: 'Keys: J and K move, D dismiss, X delete, M mute, B ban.',
  decision: (decision: Decision) =>
    ({ dismiss: 'Dismiss', delete: 'Delete', mute: 'Delete and mute', ban: 'Delete and ban' })[
      decision
    ],
  decided: (decision: string) => `Decided: ${decision}`,

  bansNone: 'Nobody is banned.',
  banNew: 'New ban',
  banRange: 'Address or range',
  banRangeHint: 'For example 203.0.113.7 or 2001:db8::/48. People: ban them on their card.',
  banFacts: (by: string, until: number | null, reason: string) => {
    const ends = until === null ? 'for ever' : `until ${times.format(until)}`;
    return `${ends} · by ${by}${reason === '' ? '' : ` · ${reason}`}`;
  },
  banLift: 'Lift it',
  banMake: 'Ban',

  setName: 'Name of the house',
  setAdmission: 'Who may come in',
  admission: (value: string) =>
    ({
      open: 'Anyone with the address',
      invited: 'Guests with an invite, and members',
      accounts: 'Accounts only',
    })[value] ?? value,
  setQuestion: 'A question at the door',
  setQuestionHint: 'Guests have to answer it. Something that every friend of the house knows.',
  setAnswer: 'Its answer',
  setQuestionDrop: 'Ask nothing',
  setWork: 'Proof of work at the door',
  setWorkHint: 'Makes it slow to come in with a thousand names. A phone takes the time named.',
  work: (bits: number) => {
    if (bits === 0) return 'None';
    const words: Record<number, string> = {
      14: 'Light: under a second',
      17: 'Middle: some seconds',
      20: 'Heavy: half a minute',
    };
    return words[bits] ?? `${numbers.format(bits)} bits`;
  },
  setRooms: 'Who makes rooms',
  roomsBy: (value: string) =>
    ({ guests: 'Everybody', accounts: 'Members', moderators: 'Moderators' })[value] ?? value,
  setSizes: 'Files',
  setSize: (size: string) =>
    ({
      file_mib_max: 'Largest file, MiB',
      person_mib_max: 'All files of a person, MiB',
      house_mib_max: 'All files of the house, MiB',
    })[size] ?? size,
  setSizeHint: 'Empty: as the server’s configuration says.',
  source: (source: string) =>
    ({ default: 'As it comes.', stored: 'Decided on this page or at set-up.' })[source] ??
    `Set by: ${source}`,
  others: 'Other settings',
  othersLead: 'These are read when the server starts, from its file and its environment.',
  ownerOnly: 'Only the owner changes these.',

  actions: {
    ban: 'Banned',
    unban: 'Lifted a ban',
    mute: 'Muted',
    unmute: 'Lifted a mute',
    removed: 'Removed from a room',
    removed_all: 'Deleted everything of',
    deleted: 'Deleted a message of',
    decided: 'Decided a report',
    role: 'Gave a role',
    room_role: 'Gave a role in a room',
    room_changed: 'Changed a room',
    settings: 'Changed the settings',
    account: 'Made an account',
    reset_link: 'Made a reset link',
    signed_out: 'Signed out',
    erased: 'Deleted an account',
    invited: 'Made an invite',
    invite_ended: 'Ended an invite',
    room_made: 'Made a room',
  } as Record<string, string>,
  logUntil: (until: number) => `until ${times.format(until)}`,
  logNone: 'Nothing has been done yet.',
  logFacts: (by: string, at: number) => `${by} · ${times.format(at)}`,
};

export type AdminWords = typeof admin;
