// The words of For you and of notifications, in English: the source that words.zh.ts is typed by.
import type { Call } from '@teahouse/sdk/api';

const numbers = new Intl.NumberFormat('en');
const plurals = new Intl.PluralRules('en');

export const calls = {
  title: 'For you',
  close: 'Close',
  empty: 'Nothing for you yet. Mentions and replies will wait here.',
  failed: 'What was said to you did not come.',
  again: 'Try again',
  readAll: 'Mark all read',
  more: 'Show more',
  unread: 'New',
  earlier: 'Earlier',
  kind: (kind: Call['kind'], name: string, room: string, emoji: string) => {
    switch (kind) {
      case 'mention':
        return `${name} mentioned you in ${room}`;
      case 'here':
        return `${name} called everybody here in ${room}`;
      case 'room':
        return `${name} called everybody in ${room}`;
      case 'reply':
        return `${name} replied to you in ${room}`;
      case 'reaction':
        return `${name} reacted ${emoji} in ${room}`;
      case 'direct':
        return `${name} wrote to you`;
    }
  },
  deleted: 'Message deleted',
  ask: 'Want to know when somebody calls you?',
  askOn: 'Turn on',
  askLater: 'Not now',
  page: 'Notifications',
  browser: 'On this device',
  on: 'This device shows notifications.',
  off: 'This device shows no notifications.',
  turnOn: 'Turn on',
  turnOff: 'Turn off',
  denied:
    'Notifications are blocked in the browser. Allow them in its settings for this site, then come back.',
  unsupported: 'This browser cannot show notifications.',
  insecure: 'Browsers show notifications only over https.',
  apple: 'On iPhone and iPad: press Share, then Add to Home Screen, and open Teahouse from there.',
  test: 'Send a test',
  tested: (n: number): string =>
    n > 0 ? 'Sent. It arrives in a moment.' : 'The push service did not take it. Try again later.',
  quiet: 'Quiet hours',
  quietLead: 'Nothing is sent in these hours.',
  from: 'From',
  to: 'To',
  pause: 'Do not disturb',
  pauseHour: 'For 1 hour',
  pauseDay: 'Until tomorrow',
  pauseEnd: 'End now',
  pausedUntil: (time: string) => `Quiet until ${time}.`,
  hideText: 'Leave sender and text out of notifications',
  sounds: 'Sounds',
  cup: 'A cup for what is said to you',
  tap: 'A tap for messages in the open room',
  level: 'Tell me of',
  levels: { all: 'Everything', mentions: 'Mentions and replies', nothing: 'Nothing' },
  update: 'A new version is here.',
  reload: 'Reload',
  messages: (n: number) =>
    `${numbers.format(n)} new ${plurals.select(n) === 'one' ? 'message' : 'messages'}`,
  inRoom: (name: string, room: string) => `${name} · ${room}`,
};

export type CallWords = typeof calls;
