// What one can do from the composer: `/topic`, `/invite` and the others. What is no command is asked about, never sent
// by itself.
import type { Person } from '@teahouse/sdk';
import * as api from '@teahouse/sdk/api';
import { stepAway } from '../parts/away.ts';
import { faultText } from '../parts/faults.ts';
import { house, you } from '../state/house.ts';
import { muted, muteForMe } from '../state/me.ts';
import { show, tell } from '../state/overlay.ts';
import { addressFor, listedRoom, receiveRoom, refreshRooms } from '../state/rooms.ts';
import { go, roomRoute } from '../state/route.ts';
import { sendFrom } from '../state/sending.ts';
import type { Writing } from '../state/writing.ts';
import { giveBack } from './back.ts';
import { replaceText } from './insert.ts';
import { offer } from './offer.ts';
import { knownPeople } from './people.ts';
import { composeWords } from './words.ts';

export interface Command {
  name: string;
  hint: string;
  /** Something follows it. */
  takes: boolean;
}

interface Called extends Pick<Writing, 'timeline'> {
  writing: Writing;
  rest: string;
  field: HTMLTextAreaElement;
}

type Run = (called: Called) => unknown;

const runs: Record<string, Run> = {
  me: ({ writing, rest }) => (rest === '' ? undefined : sendFrom(writing, `*${rest}*`)),
  topic: ({ timeline, rest }) => api.changeRoom(house(), timeline.room.id, { topic: rest }),
  invite: ({ timeline }) => show({ kind: 'invite', room: timeline.room.id }),
  nick: ({ rest }) => api.rename(house(), rest),
  away: () => turnAway(),
  mute: ({ timeline, rest, writing }) =>
    rest === '' ? muteRoom(timeline.room.id) : mutePerson(writing, rest),
  msg: ({ writing, rest }) => message(writing, rest),
  leave: ({ timeline }) => show({ kind: 'leave', room: timeline.room.id }),
  lab: () => go({ screen: 'lab' }),
  help: ({ field }) => replaceText(field, { from: 0, to: field.value.length, text: '/' }),
};

/** Those that this person may use here, in the order in which they are shown. */
export function commands({ timeline }: Writing): Command[] {
  const t = composeWords();
  const may = timeline.info.peek()?.may ?? [];
  const needs: Record<string, string> = { topic: 'change', invite: 'invite', leave: 'leave' };
  const takes = new Set(['me', 'topic', 'nick', 'mute', 'msg']);
  return Object.keys(runs)
    .filter((name) => needs[name] === undefined || may.includes(needs[name]))
    .map((name) => ({ name, hint: t.command[name] ?? '', takes: takes.has(name) }));
}

/** Does what a text that begins with `/` says, or asks what is meant. Says whether it is no message. */
export function obeyed(writing: Writing, text: string, field: HTMLTextAreaElement): boolean {
  const [, name = '', rest = ''] = /^\/([a-z]+)(?:\s+([\s\S]*))?$/.exec(text) ?? [];
  if (name === '') return false;
  const run = runs[name];
  if (run === undefined) {
    offer.value = { kind: 'unknown', writing, command: `/${name}` };
    return true;
  }
  replaceText(field, { from: 0, to: field.value.length, text: '' });
  const called = { timeline: writing.timeline, writing, rest: rest.trim(), field };
  void done(called, text, run);
  return true;
}

/** What could not be done is there again to be mended. */
async function done(called: Called, text: string, run: Run): Promise<void> {
  const chosen = new Map(called.writing.chosen);
  try {
    await run(called);
  } catch (error) {
    tell(error instanceof Misnamed ? composeWords().nobody(error.message) : faultText(error));
    await giveBack(called.writing, { text, chosen });
  }
}

/** Nobody here is called that. */
class Misnamed extends Error {}

/** Everybody sees it; what is said meanwhile waits without a sound. The same again ends it. */
async function turnAway(): Promise<void> {
  const away = !(you.peek()?.away ?? false);
  await stepAway(away);
  tell(away ? composeWords().away : composeWords().back);
}

async function muteRoom(id: string): Promise<void> {
  const on = !(listedRoom(id)?.muted ?? false);
  void receiveRoom(await api.setLevel(house(), id, { muted: on }));
  tell(on ? composeWords().mutedRoom : composeWords().unmutedRoom);
}

async function mutePerson(writing: Writing, name: string): Promise<void> {
  const [person] = named(writing, name);
  if (person === undefined) throw new Misnamed(name);
  const on = !muted.peek().has(person.id);
  await muteForMe(person.id, on);
  tell(on ? composeWords().mutedPerson(person.name) : composeWords().unmutedPerson(person.name));
}

/** `/msg Ada Okafor come and see`: the longest name that the text begins with. */
async function message(writing: Writing, text: string): Promise<void> {
  const [person, rest] = named(writing, text);
  if (person === undefined) throw new Misnamed(text.split(/\s/)[0]);
  const room = await api.directRoom(house(), [person.id]);
  if (rest !== '') await house().room(room.id).send(rest);
  await refreshRooms();
  go(roomRoute(addressFor(room.id)));
}

function named(writing: Writing, text: string): [Person | undefined, string] {
  const plain = text.replace(/^@/, '');
  const person = knownPeople(writing)
    .filter(({ id }) => id !== you.peek()?.id)
    .sort((a, b) => b.name.length - a.name.length)
    .find(({ name }) => plain.toLowerCase().startsWith(name.toLowerCase()));
  return [person, plain.slice(person?.name.length ?? 0).trim()];
}
