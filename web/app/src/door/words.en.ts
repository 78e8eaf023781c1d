// The words of signing in and setting up, in English: the source that words.zh.ts is typed by.
import { timesIn } from '../text/time.ts';

const plurals = new Intl.PluralRules('en');
const numbers = new Intl.NumberFormat('en');
const times = timesIn('en-GB');
const lists = new Intl.ListFormat('en-GB', { type: 'conjunction' });

function plural(n: number, one: string, other: string): string {
  return (plurals.select(n) === 'one' ? one : other).replace('{n}', numbers.format(n));
}

export const door = {
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
  doorHidden: 'This room can be seen from inside only.',
  doorInvited: 'This house is open to people with an invite.',
  doorAnswer: 'Your answer',
  doorPassword: 'Choose a password',
  doorWrongAnswer: 'That is not the answer. Try again.',
  doorClosed: 'This house takes no guests without an invite.',
  doorBanned: (until: number | undefined) =>
    until === undefined
      ? 'You have been sent out of this house. Ask its owner if that is a mistake.'
      : `You have been sent out of this house until ${times.format(until)}.`,
  inviteEnded: 'This invite has ended. Ask who sent it for a new one.',
  doorGuest: 'Come in as a guest',
  doorAgain: 'Your place here has ended. Please come in again.',
  signInTitle: 'Sign in to this house',
  signInName: 'Name',
  password: 'Password',
  signInWrong: 'Name and password do not match.',
  passwordShow: 'Show the password',
  passwordEmpty: 'Please type your password.',
  passwordShort: 'That is too short. At least 8 characters.',
  themeToDark: 'Switch to night colours',
  themeToLight: 'Switch to day colours',
  languageOther: '中文',
  languageOtherLabel: '切换到中文',

  signInPasskey: 'Sign in with a passkey',
  signInPassword: 'Sign in with a password',
  signInWith: (name: string) => `Sign in with ${name}`,
  signInOr: 'or',
  signInCode: 'I have a code from another device',
  signInCancelled: 'Nothing was chosen. Try again, or use your password.',
  signInSlow: 'Too many tries. Wait a minute, then try again.',
  signInNoPassword: 'Forgotten? An owner or a moderator can give you a link for a new one.',

  setupTitle: 'Set up your teahouse',
  setupLead: 'Four answers, then you are in the room. You are its owner.',
  setupHouse: 'Name of the house',
  setupHouseDefault: '茶馆 Teahouse',
  setupYou: 'Your name',
  setupHow: 'You sign in with',
  setupByPassword: 'A password',
  setupPasskey: 'A passkey',
  setupPasskeyHint: 'Your phone, computer or key keeps it. Nothing to remember.',
  setupPassword: 'Password',
  setupPasswordHint: 'At least 8 characters. You sign in with it on other devices.',
  setupPasswordShort: 'That is too short. At least 8 characters.',
  setupWho: 'Who may come in',
  setupOpen: 'Anyone with the link',
  setupInvited: 'Invited people',
  setupAccounts: 'Accounts only',
  setupGo: 'Open the house',
  setupNoToken: 'This address has no key in it. Open the whole link that the terminal printed.',
  setupUsed:
    'This link has been used or is not valid. Sign in, or start the server again for a new one.',

  codeTitle: 'Sign in on this device',
  codeLead: 'Type the code that your other device shows under Devices and sign-in.',
  codeLabel: 'Code',
  codeWrong: 'This code has ended or is not right. Your other device can show a new one.',
  codeAsk: (name: string) => `You are ${name} here. Signing in by the code ends that.`,

  resetTitle: 'A new password',
  resetLead: 'Every other sign-in of yours ends.',
  resetPassword: 'New password',
  resetGo: 'Set and sign in',
  resetWrong: 'This link has ended. Ask who gave it to you for a new one.',

  inviteTitle: (name: string, room: string) => `${name} invites you to ${room}`,
  inviteExpired: (name: string) =>
    name === ''
      ? 'This invite has ended. Ask who sent it for a new one.'
      : `This invite has ended. Ask ${name} for a new one.`,
  inviteLook: 'To the door',
  inviteCode: 'Invite code or link',
  inviteGo: 'Go on',
  inviteMember: 'I have an account here',
};

export type DoorWords = typeof door;
