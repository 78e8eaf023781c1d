import type { Person } from '@teahouse/sdk';
import * as api from '@teahouse/sdk/api';
import { useEffect } from 'preact/hooks';
import { Avatar } from '../components/Avatar.tsx';
import { Icon } from '../components/Icon.tsx';
import { RoomTile } from '../components/RoomRow.tsx';
import { faultText } from '../parts/faults.ts';
import { type Option, type OptionGroup, Picker } from '../parts/Picker.tsx';
import { house, you } from '../state/house.ts';
import { askPeople, knownPeople } from '../state/known.ts';
import { hide, tell } from '../state/overlay.ts';
import { openPanel } from '../state/panel.ts';
import { addressFor, isMine, type Listed, nameOf, receiveRoom } from '../state/rooms.ts';
import { go, roomRoute } from '../state/route.ts';
import { fitting } from '../text/pinyin.ts';
import { openRoom, roomsByUse } from './around.ts';
import { comboText } from './combos.ts';
import { offered } from './commands.ts';
import { keyWords } from './words.ts';

const roomsMax = 12;
const peopleMax = 8;

/** *Jump to…*: rooms and people by any part of their names or their pinyin initials; after `>` the actions. */
export function Jump({ text = '' }: { text?: string | undefined }) {
  const w = keyWords();
  useEffect(() => {
    const room = openRoom();
    if (room !== undefined) void askPeople(room.id);
  }, []);
  return (
    <Picker
      label={w.jump}
      placeholder={w.jumpPlaceholder}
      text={text}
      find={find}
      none={(typed) => (isAct(typed) ? w.jumpNoAct(typed.trim().slice(1)) : w.jumpNone(typed))}
      onClose={hide}
    />
  );
}

/** The wide form of input methods too. */
function isAct(text: string): boolean {
  return /^\s*[>＞》]/u.test(text);
}

function find(text: string): OptionGroup[] {
  const w = keyWords();
  if (isAct(text)) return [{ title: w.jumpActs, options: actsFor(text.trim().slice(1)) }];
  const rooms = fitting(roomsByUse(), text, roomText).slice(0, roomsMax);
  const others = knownPeople().filter(({ id }) => id !== you.value?.id);
  const people = text.trim() === '' ? [] : fitting(others, text, ({ name }) => name);
  const groups: OptionGroup[] = [
    { title: w.jumpRooms, options: rooms.map(roomOption) },
    { title: w.jumpPeople, options: people.slice(0, peopleMax).map(personOption) },
  ];
  if (text.trim() !== '')
    groups.push({ title: w.jumpSearch, options: [searchOption(text.trim())] });
  return groups;
}

/** A room is found by its name, and by what stands in its address. */
function roomText(room: Listed): string {
  return room.slug ? `${nameOf(room)} ${room.slug}` : nameOf(room);
}

function roomOption(room: Listed): Option {
  return {
    key: `room-${room.id}`,
    label: nameOf(room),
    hint: isMine(room) ? undefined : room.topic,
    sign: <RoomTile room={room} />,
    pick: () => go(roomRoute(addressFor(room.id))),
  };
}

function personOption(person: Person): Option {
  return {
    key: `person-${person.id}`,
    label: person.name,
    sign: <Avatar person={person} size={24} />,
    pick: () => void talkTo(person),
  };
}

async function talkTo({ id }: Person): Promise<void> {
  try {
    const room = await api.directRoom(house(), [id]);
    await receiveRoom(room);
    go(roomRoute(addressFor(room.id)));
  } catch (error) {
    tell(faultText(error));
  }
}

function searchOption(text: string): Option {
  return {
    key: 'search',
    label: keyWords().jumpSearchFor(text),
    sign: <Icon name="search" size={18} />,
    pick: () => openPanel({ search: text }),
  };
}

function actsFor(text: string): Option[] {
  return fitting(offered(), text, ({ label }) => label).map(({ command, label }) => ({
    key: `act-${command.id}`,
    label,
    keys: command.keys === undefined ? undefined : comboText(command.keys),
    sign: <Icon name={command.icon} size={18} />,
    pick: command.run,
  }));
}
