// The words of signing in and setting up, in English: the source that words.zh.ts is typed by.
export const door = {
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
