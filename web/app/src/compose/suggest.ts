// What may be meant by what is being typed: people after `@`, rooms after `#`, emoji after `:`, commands after `/`.
// Pure; the list that shows it is `Suggestions.tsx`.
import type { Person } from '@teahouse/sdk';
import { type Emoji, findEmoji, type Table } from '../emoji/emoji.ts';
import { fitting, initialsOf } from '../text/pinyin.ts';
import type { Command } from './commands.ts';

export const shownMax = 8;

export type Sign = '@' | '#' | ':' | '/';

/** The sign that was typed, where it stands, and what follows it up to the caret. */
export interface Trigger {
  sign: Sign;
  from: number;
  typed: string;
}

export interface Suggestion {
  key: string;
  label: string;
  detail: string;
  /** What is put into the field instead of the sign and what follows it. */
  text: string;
  /** What the text means, if it is a name. */
  id?: string;
  person?: Person;
  emoji?: string;
}

/** Someone or everybody who may be called. */
export interface Callable {
  people: readonly Person[];
  /** `@here` and `@room` with what they do; empty for who may not. */
  all: readonly { name: string; detail: string }[];
}

export interface Sources extends Callable {
  rooms: readonly { id: string; name: string; topic: string }[];
  commands: readonly Command[];
  emoji: readonly Table[];
}

const patterns: readonly (readonly [Sign, RegExp])[] = [
  ['@', /(?:^|[^\p{L}\p{N}_<]|\p{sc=Han})@([^@#\n]{0,32})$/u],
  ['#', /(?:^|[^\p{L}\p{N}_<#]|\p{sc=Han})#([^@#\n]{0,32})$/u],
  [':', /(?:^|[^\p{L}\p{N}_:]|\p{sc=Han}):([\p{L}\p{N}_+-]{2,24}|\p{sc=Han}{1,8})$/u],
];

/** What is being typed before the caret, if that can be completed. Code is not. */
export function triggerAt(text: string, caret: number): Trigger | undefined {
  const before = text.slice(0, caret);
  const command = /^\/([a-z]*)$/.exec(before);
  if (command !== null) return { sign: '/', from: 0, typed: command[1] ?? '' };
  const line = before.slice(before.lastIndexOf('\n') + 1);
  const inCode =
    (before.match(/^```/gm)?.length ?? 0) % 2 === 1 || (line.match(/`/g)?.length ?? 0) % 2 === 1;
  if (inCode) return undefined;
  for (const [sign, pattern] of patterns) {
    const typed = pattern.exec(before)?.[1];
    if (typed !== undefined) return { sign, from: caret - typed.length - 1, typed };
  }
  return undefined;
}

/** At most eight, the best first. */
export function suggestions({ sign, typed }: Trigger, from: Sources): Suggestion[] {
  const found = {
    '@': () => calls(typed, from),
    '#': () => places(typed, from.rooms),
    ':': () => findEmoji(from.emoji, typed, shownMax).map(ofEmoji),
    '/': () => from.commands.filter(({ name }) => name.startsWith(typed)).map(ofCommand),
  }[sign]();
  return sign === '/' ? found : found.slice(0, shownMax);
}

function calls(typed: string, { people, all }: Callable): Suggestion[] {
  // After a blank it is a longer name, or the sentence goes on.
  if (/\s$/.test(typed) || (/\s/.test(typed) && !people.some(({ name }) => begins(name, typed))))
    return [];
  const found = fitting(people, typed, ({ name }) => name).map((person) => ({
    key: person.id,
    label: person.name,
    detail: initialsOf(person.name),
    text: `@${person.name}`,
    id: person.id,
    person,
  }));
  const everybody = all
    .filter(({ name }) => name.startsWith(typed.toLowerCase()))
    .map(({ name, detail }) => ({ key: name, label: `@${name}`, detail, text: `@${name}` }));
  return typed === ''
    ? [...found.slice(0, shownMax - all.length), ...everybody]
    : [...everybody, ...found];
}

function begins(name: string, typed: string): boolean {
  return name.toLowerCase().startsWith(typed.toLowerCase());
}

function places(typed: string, rooms: Sources['rooms']): Suggestion[] {
  if (/\s$/.test(typed)) return [];
  return fitting(rooms, typed, ({ name }) => name).map(({ id, name, topic }) => ({
    key: id,
    label: `#${name}`,
    detail: topic,
    text: `#${name}`,
    id,
  }));
}

function ofEmoji({ emoji, name }: Emoji): Suggestion {
  return { key: emoji, label: name, detail: '', text: emoji, emoji };
}

function ofCommand({ name, hint, takes }: Command): Suggestion {
  return { key: name, label: `/${name}`, detail: hint, text: takes ? `/${name} ` : `/${name}` };
}
