import { useState } from 'preact/hooks';
import { Avatar } from '../components/Avatar.tsx';
import { Icon } from '../components/Icon.tsx';
import { RoomTile } from '../components/RoomRow.tsx';
import { type OptionGroup, Picker } from '../parts/Picker.tsx';
import { askPeople, knownPeople } from '../state/known.ts';
import { idOf, listedRoom, nameOf, rooms } from '../state/rooms.ts';
import { lastRoom } from '../state/route.ts';
import { fitting } from '../text/pinyin.ts';
import { DatesDialog } from './DatesDialog.tsx';
import {
  type Filter,
  type Has,
  hasKinds,
  readTyped,
  type Typed,
  withFilter,
  withoutFilter,
  writeTyped,
} from './query.ts';
import { searchWords } from './words.ts';

interface ChipsProps {
  text: string;
  onChange: (text: string) => void;
}

type Choosing = 'from' | 'in' | 'date';

/** The filters of the text as chips: pressing one sets it, changes it or takes it away. */
export function Chips({ text, onChange }: ChipsProps) {
  const w = searchWords();
  const [choosing, setChoosing] = useState<Choosing | undefined>();
  const typed = readTyped(text);
  const change = (next: Typed) => onChange(writeTyped(next));
  const isSet = (name: Filter['name'], value?: string) =>
    typed.filters.some((one) => one.name === name && (value === undefined || one.value === value));
  const choices: { id: Choosing; unset: boolean }[] = [
    { id: 'from', unset: !isSet('from') },
    { id: 'in', unset: !isSet('in') },
    { id: 'date', unset: !isSet('before') && !isSet('after') },
  ];
  const close = () => setChoosing(undefined);
  return (
    <fieldset class="chips" aria-label={w.filters}>
      {typed.filters.map((filter) => (
        <SetChip
          key={`${filter.name}:${filter.value}`}
          filter={filter}
          onDrop={() => change(withoutFilter(typed, filter))}
        />
      ))}
      {choices
        .filter(({ unset }) => unset)
        .map(({ id }) => (
          <button
            key={id}
            type="button"
            class="chip"
            aria-haspopup="dialog"
            onClick={() => setChoosing(id)}
          >
            {w.chips[id]}
          </button>
        ))}
      {hasKinds
        .filter((kind) => !isSet('has', kind))
        .map((kind) => (
          <button
            key={kind}
            type="button"
            class="chip"
            onClick={() => change(withFilter(typed, 'has', kind))}
          >
            {w.chips[kind]}
          </button>
        ))}
      {choosing === 'from' && (
        <PersonPicker onPick={(name) => change(withFilter(typed, 'from', name))} onClose={close} />
      )}
      {choosing === 'in' && (
        <RoomPicker onPick={(name) => change(withFilter(typed, 'in', name))} onClose={close} />
      )}
      {choosing === 'date' && <DatesDialog typed={typed} onChange={change} onClose={close} />}
    </fieldset>
  );
}

function SetChip({ filter, onDrop }: { filter: Filter; onDrop: () => void }) {
  const w = searchWords();
  const label = w.filter(filter.name, filter.value as Has);
  return (
    <button type="button" class="chip set" aria-label={w.filterOff(label)} onClick={onDrop}>
      <span>{label}</span>
      <Icon name="x" size={14} />
    </button>
  );
}

interface PickerOfProps {
  onPick: (name: string) => void;
  onClose: () => void;
}

const shownMax = 50;

function PersonPicker({ onPick, onClose }: PickerOfProps) {
  const w = searchWords();
  useState(() => void askPeople(idOf(lastRoom.peek()) ?? lastRoom.peek()));
  const find = (text: string): OptionGroup[] => {
    const people = fitting(knownPeople(), text, ({ name }) => name).slice(0, shownMax);
    return [
      {
        title: w.chips.from,
        options: people.map((person) => ({
          key: person.id,
          label: person.name,
          sign: <Avatar person={person} size={24} />,
          pick: () => onPick(person.name),
        })),
      },
    ];
  };
  return (
    <Picker
      label={w.pickFrom}
      placeholder={w.pickFrom}
      find={find}
      none={(text) => w.unknown('from', text)}
      onClose={onClose}
    />
  );
}

function RoomPicker({ onPick, onClose }: PickerOfProps) {
  const w = searchWords();
  const find = (text: string): OptionGroup[] => {
    const here = listedRoom(idOf(lastRoom.peek()) ?? '');
    const all = [...(here === undefined ? [] : [here]), ...(rooms.value ?? [])];
    const list = fitting([...new Set(all)], text, nameOf).slice(0, shownMax);
    return [
      {
        title: w.chips.in,
        options: list.map((room) => ({
          key: room.id,
          label: nameOf(room),
          sign: <RoomTile room={room} />,
          pick: () => onPick(room.direct ? room.id : nameOf(room)),
        })),
      },
    ];
  };
  return (
    <Picker
      label={w.pickIn}
      placeholder={w.pickIn}
      find={find}
      none={(text) => w.unknown('in', text)}
      onClose={onClose}
    />
  );
}
