// The words of rooms, settings and dialogs, in English: the source that words.zh.ts is typed by.
import type { Level, Policy } from '@teahouse/sdk';
import type { Kind } from '../rooms/policy.ts';
import { timesIn } from '../text/time.ts';

const numbers = new Intl.NumberFormat('en');
const plurals = new Intl.PluralRules('en');
const times = timesIn('en-GB');
const lists = new Intl.ListFormat('en-GB', { type: 'conjunction' });

function plural(n: number, one: string, other: string): string {
  return (plurals.select(n) === 'one' ? one : other).replace('{n}', numbers.format(n));
}

type MeasureName = 'mute' | 'kick' | 'ban' | 'remove-all' | 'house-ban';

export const parts = {
  back: 'Back',
  actCopy: 'Copy text',
  actLink: 'Copy link',
  actReport: 'Report',
  actDelete: 'Delete',
  actCopied: 'Copied',
  actNotCopied: 'This browser does not let pages copy.',

  composerReadOnly: 'You can read here, but not write.',
  composerArchived: 'This room is archived. It can be read, not written in.',
  composerAnnouncements: 'Only moderators write here.',
  composerAccounts: 'Members write here. Claim your name under Settings to be one.',
  composerSilenced: (until: number) => `You are muted in this room until ${times.format(until)}.`,

  sendEdit: 'Edit',
  sendRetry: 'Try again',
  sendDelete: 'Delete',
  sendSlow: (s: number) =>
    `You are writing faster than this room allows. Sending in ${numbers.format(s)} s.`,
  sendLater: (s: number) => `The house did not take it yet. Sending in ${numbers.format(s)} s.`,
  netLost: (s: number) =>
    `Connection lost. Trying again in ${numbers.format(s)} s. You can keep writing.`,
  netTrying: 'Connection lost. Trying again now. You can keep writing.',
  netNow: 'Try now',
  netOffline: 'You are offline. Messages will go out when you are back.',
  netAsOf: (time: string) => `As of ${time}`,
  netBack: (n: number) =>
    n === 0
      ? 'Back. Nothing was said while you were away.'
      : plural(
          n,
          'Back. {n} message arrived while you were away.',
          'Back. {n} messages arrived while you were away.',
        ),
  netShow: 'Show',

  joinAsk: 'You are looking in. Join to keep this room in your list.',
  joinFailed: 'Joining did not work. Try again.',
  hereNow: 'Here',
  steppedAway: 'Stepped away',
  netLostSaid: 'Connection lost.',
  netBackSaid: 'Connected again.',
  listSince: (n: number, time: string) =>
    plural(n, `{n} new since ${time}`, `{n} new since ${time}`),
  listMarkRead: 'Mark read',
  listLatestNew: (n: number) => plural(n, 'Latest · {n} new', 'Latest · {n} new'),
  listLatest: 'Latest',
  menuYou: 'You and your settings',
  peopleClose: 'Close the panel',
  peopleInRoom: 'People in this room',
  peopleHere: (n: number) => `Here · ${numbers.format(n)}`,
  peopleAway: (n: number) => `Stepped away · ${numbers.format(n)}`,
  localTime: (time: string) => `${time} where they are`,
  peopleGone: (n: number) => `Not here · ${numbers.format(n)}`,
  peopleGoneMany: (n: number) =>
    plural(n, '{n} more person belongs to the room.', '{n} more people belong to the room.'),
  peopleJoined: (when: string) => `Joined ${when}`,
  peopleTyping: 'typing…',
  count: (n: number) => numbers.format(n),
  peoplePartial: 'There may be more: this server does not hear from its neighbours right now.',
  peopleUnknown: 'Who is here is told when you are connected.',
  peopleMany: (n: number) =>
    `${numbers.format(n)} people are here. Above 200 they are only counted.`,
  peopleFilter: 'Find a person',
  peopleNone: (text: string) => `Nobody here is called “${text}”.`,
  peopleYou: 'You',
  wireCarrier: 'Carried by',
  wireDelay: 'Round trip',
  wireDelayMs: (ms: number) => `${numbers.format(ms)} ms`,
  wireSince: 'Since',
  wireDownWhy:
    'Nothing better gets through the network here right now. It is tried again now and then.',
  wireFixed: 'Fixed on this device.',
  wireAuto: 'Choose automatically',
  wireLab: 'Open the transport lab',
  endedReplaced: 'This room is open in another window',
  endedReplacedText: 'Only one window of yours can be here at a time.',
  endedReplacedDo: 'Use this window',
  endedSignedOut: 'You are signed out',
  endedSignedOutText:
    'Come in again to go on. What you had not sent goes out when you are back as yourself.',
  endedSignedOutDo: 'Come in again',
  endedVersion: 'A new version is here',
  endedVersionText: 'This page is older than the house. Drafts are kept.',
  endedVersionDo: 'Reload',
  endedBanned: 'You have been sent out',
  endedBannedText: 'A moderator of this house banned you. Ask its owner if that is a mistake.',
  endedBannedDo: 'To the door',
  endedOther: 'The house ended the connection',
  endedOtherText: (code: number) => `Something went wrong here. Code ${code}. Drafts are kept.`,
  endedOtherDo: 'Try again',
  menuSettings: 'Settings',
  menuClaim: 'Claim your name',
  menuHouse: 'The house',
  menuSignOut: 'Sign out',
  menuSignOutAsk: 'Sign out on this device? Unsent messages and drafts are dropped.',
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
    'Leave the house? As a guest you give up your name; unsent messages and drafts are dropped.',
  menuLeaveStay: 'Stay',
  menuStillIn: (why: string) => `You are still signed in. ${why}`,
  menuLicences: 'Licences',

  close: 'Close',
  cancel: 'Cancel',
  save: 'Save',
  saved: 'Saved.',
  remove: 'Remove',
  copy: 'Copy',
  copied: 'Copied',
  addressTitle: 'Open this address?',
  addressWhy: 'The text of the link looks like another address. It leads to:',
  addressOpen: 'Open',
  copyFailed: 'This browser does not let pages copy. Select the text and copy it yourself.',
  qr: 'QR code',
  qrOf: (what: string) => `QR code: ${what}`,
  minutes: (n: number | undefined) => {
    if (n === undefined) return 'For ever';
    if (n < 60) return plural(n, '{n} minute', '{n} minutes');
    if (n < 1440) return plural(n / 60, '{n} hour', '{n} hours');
    return plural(n / 1440, '{n} day', '{n} days');
  },
  faults: {
    forbidden: 'You may not do that here.',
    may_not_write: 'You may not do that here.',
    not_found: 'That is not there any more.',
    no_such_room: 'This room is gone, or not open to you.',
    no_such_message: 'This message is gone.',
    name_taken: 'That name is taken.',
    bad_name: 'This name cannot be used. Try letters, figures or characters of any script.',
    bad_field: 'Something in it cannot be used. Check what you typed.',
    bad_password: 'That password is not right.',
    bad_token: 'Your sign-in has ended. Reload the page and sign in again.',
    too_large: 'That is too large.',
    rate: 'That was too quick. Wait a little, then try again.',
    unreachable: 'The house does not answer. Check your connection and try again.',
    store_full: 'The house has no space left.',
    store_busy: 'The house is busy. Try again in a moment.',
    store_down: 'The house cannot reach its store.',
  } as Record<string, string>,

  deleteAsk: 'Delete this message for everyone?',
  reportTitle: 'Report this message',
  reportLead: 'The moderators see the message and the ones around it. Its author is not told.',
  reportWhy: 'Why',
  reportMore: 'Anything else they should know (may be left empty)',
  reportSend: 'Report',
  reported: 'Reported. Thank you.',
  reason: (reason: 'spam' | 'abuse' | 'private' | 'other') =>
    ({
      spam: 'Spam or advertising',
      abuse: 'Insults or threats',
      private: 'Tells something private of somebody',
      other: 'Something else',
    })[reason],

  roomNew: 'New room',
  roomName: 'Name',
  roomNameEmpty: 'Please type a name.',
  roomTopic: 'Topic (may be left empty)',
  roomAddress: 'Address',
  roomAddressHint: (host: string, slug: string) =>
    slug === ''
      ? 'Left empty, the house chooses one. Letters a–z, figures, dashes.'
      : `${host}/r/${slug}`,
  roomMake: 'Make the room',
  roomFor: 'For whom',
  kind: (kind: Kind) =>
    ({ public: 'Public', private: 'Private', announcement: 'Announcements' })[kind],
  kindHint: (kind: Kind) =>
    ({
      public: 'Everybody in the house finds it, reads and writes.',
      private: 'Only invited people see that it is there.',
      announcement: 'Everybody reads, moderators write.',
    })[kind],

  roomsFind: 'Find a room',
  roomsWhich: 'Which rooms',
  roomsAll: 'All rooms',
  roomsYours: 'Your rooms',
  roomsCount: (n: number) => plural(n, '{n} room', '{n} rooms'),
  roomsNone: 'There are no rooms yet.',
  roomsNotFound: (text: string) => `No room with “${text}”. Try fewer words.`,
  roomFacts: (here: number, last: string) => {
    const now = plural(here, '{n} here', '{n} here');
    return last === '' ? now : `${now} · last message ${last}`;
  },
  roomJoined: 'Joined',
  roomMenu: 'This room',
  markRead: 'Mark read',
  haveCode: 'I have an invite code',
  haveCodeLead: 'The code, or the whole link.',
  invitePeople: 'Invite people',
  muteRoom: 'Mute this room',
  unmuteRoom: 'Unmute this room',
  pinRoom: 'Pin to the top of the list',
  unpinRoom: 'Unpin from the top',
  muteRoomHint: 'A muted room is grey in the list and shows no dot.',
  jumpToDate: 'Jump to a date',
  roomSettings: 'Room settings',
  roomSettingsOf: (name: string) => `Settings of ${name}`,
  leaveRoom: 'Leave the room',
  takeRoom: 'Export the room',
  takeRoomTitle: (name: string) => `Take ${name} along`,
  takeRoomLead: 'Everything that you may read here, as it is now.',
  takeRoomPage: 'A page to read (HTML)',
  takeRoomLines: 'For programs (NDJSON)',
  leaveAsk: (name: string) => `Leave ${name}?`,
  leavePublic: 'You can join again at any time.',
  leavePrivate: 'It is a private room: to come back you need an invite.',

  pageAbout: 'About',
  pageWho: 'Who may',
  pageNotifications: 'Notifications',
  pagePeople: 'People',
  pageInvites: 'Invites',
  pageKeep: 'Keep messages',
  pageDanger: 'Danger',
  roomClosed: 'Moderators of the room can change name and topic.',
  mayRead: 'Who may come in and read',
  mayWrite: 'Who may write',
  mayHistory: 'Who joins reads what was said before',
  read: (value: Policy['read']) =>
    ({
      guests: 'Everybody in the house',
      accounts: 'Members, no guests',
      joined: 'Only who joined (private)',
    })[value],
  write: (value: Policy['write']) =>
    ({
      guests: 'Everybody who may read',
      accounts: 'Members, no guests',
      moderators: 'Moderators (announcements)',
    })[value],
  slowMode: 'Slow mode',
  slowHint: 'How long one person waits between two messages. Moderators do not.',
  slow: (s: number) => {
    if (s === 0) return 'Off';
    return s < 60
      ? plural(s, '{n} second', '{n} seconds')
      : plural(s / 60, '{n} minute', '{n} minutes');
  },
  level: 'Tell me about',
  levelLead: 'This is yours alone and holds on all your devices.',
  levelOf: (level: Level) =>
    ({ all: 'Everything', mentions: 'What is said to me', nothing: 'Nothing' })[level],
  keepLead: 'Older messages are deleted by themselves, for everyone.',
  keep: (days: number | null) =>
    days === null ? 'For ever' : plural(days, 'For {n} day', 'For {n} days'),
  archive: 'Archive the room',
  archiveLead:
    'An archived room can be read and found, but nobody writes in it. Moderators can open it again.',
  archived: 'This room is archived.',
  unarchive: 'Open it again',
  typeName: (name: string) => `To be sure, type “${name}”`,

  moderatorHere: 'Moderator of this room',
  makeModerator: 'Make moderator',
  makeMember: 'Make ordinary member',
  bansTitle: 'Kept out',
  banLift: 'Let in again',
  mutesTitle: 'May not write',
  muteLift: 'Let write again',
  until: (until: number | null, reason: string) => {
    const time = until === null ? 'For ever' : `Until ${times.format(until)}`;
    return reason === '' ? time : `${time} · ${reason}`;
  },

  inviteTo: (name: string) => `Invite people to ${name}`,
  inviteLead: 'Who has the link comes in by it, until it ends or is used up.',
  inviteLink: 'Invite link',
  inviteLasts: 'Ends after',
  inviteUses: 'May be used',
  inviteMake: 'Make a link',
  inviteEnd: 'End it',
  invitesTitle: 'Invites that hold',
  invitesNone: 'There are no invites that hold.',
  hours: (value: string) => {
    if (value === '') return 'Never';
    const n = Number(value);
    return n < 24 ? plural(n, '{n} hour', '{n} hours') : plural(n / 24, '{n} day', '{n} days');
  },
  uses: (value: string) =>
    value === '' ? 'Any number of times' : plural(Number(value), 'Once', '{n} times'),
  inviteBy: (name: string, until: number | null, left: number | null) => {
    const ends = until === null ? 'never ends' : `ends ${times.format(until)}`;
    const uses = left === null ? '' : ` · ${plural(left, '{n} use left', '{n} uses left')}`;
    return `by ${name} · ${ends}${uses}`;
  },

  message: 'Message',
  mention: 'Mention',
  muteForMe: 'Mute for me',
  unmuteForMe: 'Unmute',
  mutedForMe: 'You will not see their messages.',
  unmutedForMe: 'You see their messages again.',
  mutedHint: 'You muted this person. They do not know.',
  notHere: 'Not here',
  sharedRooms: (names: string[]) => `Rooms you share: ${lists.format(names)}`,
  moderation: 'Moderation',
  measure: (kind: MeasureName) =>
    ({
      mute: 'Mute for…',
      kick: 'Remove',
      ban: 'Ban from room',
      'remove-all': 'Delete everything',
      'house-ban': 'Ban from house',
    })[kind],
  measureAsk: (kind: MeasureName, name: string) =>
    ({
      mute: `${name} may read here and not write.`,
      kick: `Remove ${name} from this room. Where everybody may read they can come back.`,
      ban: `Keep ${name} out of this room.`,
      'remove-all': `Delete everything that ${name} wrote, in every room.`,
      'house-ban': `Send ${name} out of the house, at once.`,
    })[kind],
  measureDone: (kind: MeasureName, name: string) =>
    ({
      mute: `${name} is muted.`,
      kick: `${name} is removed.`,
      ban: `${name} is kept out.`,
      'remove-all': `What ${name} wrote is deleted.`,
      'house-ban': `${name} is out of the house.`,
    })[kind],
  howLong: 'For how long',
  why: 'Reason (may be left empty)',
  whyHint: 'The person and the log see it.',

  pageYou: 'You',
  tabs: 'Main screens',
  pageDevices: 'Devices and sign-in',
  pageLook: 'Look',
  pageData: 'Data',
  pictureChoose: 'Choose a picture',
  pictureDrop: 'Remove the picture',
  pictureBad: 'This is no picture that the browser can read. PNG, JPEG and WebP work.',
  nameHint: 'Everybody sees a new name at once, on earlier messages too.',
  lineLabel: 'About you',
  lineHint: 'One line that people see on your card: pronouns, a role, what you drink.',
  zoneLabel: (zone: string) => `Show what time it is where I am (${zone})`,
  stepAway: 'Step away',
  stepBack: 'I am back',
  claimLead:
    'As a guest you lose your name when you leave. With a password or a passkey it stays yours, with everything you wrote.',
  claimPassword: 'Claim with a password',
  claimPasskey: 'Claim with a passkey',
  claimed: 'The name is yours.',
  passkeys: 'Passkeys',
  passkeysLead: 'Your phone, computer or key keeps it. Nothing to remember.',
  passkeyFacts: (made: number, used: number | null) =>
    used === null
      ? `made ${times.format(made)}, not used yet`
      : `made ${times.format(made)}, last used ${times.format(used)}`,
  passkeyAdd: 'Add a passkey of this device',
  passkeyCannot: 'This page cannot make passkeys: they need https and a recent browser.',
  passwordOld: 'Present password',
  passwordNew: 'New password',
  passwordChange: 'Change the password',
  passwordSet: 'Set a password',
  signIns: 'Where you are signed in',
  signInsLead: 'A sign-in that nobody uses for 90 days ends by itself.',
  signInFacts: (seen: number, address: string) => `last seen ${times.format(seen)} · ${address}`,
  thisDevice: 'This device',
  signInEnd: 'Sign out',
  signInEndOthers: 'Sign out everywhere else',
  otherDevice: 'Sign in on another device',
  otherDeviceLead: (address: string) =>
    `Photograph the QR code with the other device, or open ${address} there and type the code.`,
  otherDeviceMake: 'Show a code',
  otherDeviceUntil: (until: number) => `Good for one use until ${times.format(until)}.`,
  exportTitle: 'Take your data along',
  exportLead: 'One file with your account, your sign-ins, your rooms and every message of yours.',
  exportGo: 'Download',
  eraseTitle: 'Delete your account',
  eraseLead:
    'Your sign-ins end, your name is free again, and the text of everything you wrote is deleted. This cannot be undone.',
  eraseOwner: 'You own this house. Hand it over first: The house, People, Role.',
  eraseGo: 'Delete my account',
  order: 'Order of the rooms',
  orderName: 'By name',
  orderNewest: 'Newest first',
};

export type PartWords = typeof parts;
