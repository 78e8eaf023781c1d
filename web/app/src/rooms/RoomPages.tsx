// The pages of a room's settings that are about the room itself. Each change is sent when it is made.
import type { Level, Policy, RoomView } from '@teahouse/sdk';
import * as api from '@teahouse/sdk/api';
import { useState } from 'preact/hooks';
import { FieldError } from '../components/FieldError.tsx';
import { useAct } from '../parts/asked.ts';
import { Choice, Field, Switch } from '../parts/Field.tsx';
import { partWords } from '../parts/words.ts';
import { house } from '../state/house.ts';
import { receiveRoom } from '../state/rooms.ts';
import { mainRoom } from '../state/route.ts';
import { slugFrom } from './policy.ts';

interface PageProps {
  room: RoomView;
}

/** Sends a change of the room and takes what it is then. */
function useChange(room: RoomView) {
  const { act, ...rest } = useAct();
  const change = (wish: api.RoomChange) =>
    act(async () => receiveRoom(await api.changeRoom(house(), room.id, wish)));
  return { act, change, ...rest };
}

export function About({ room }: PageProps) {
  const p = partWords();
  const { change, busy, fault, setFault } = useChange(room);
  const [name, setName] = useState(room.name);
  const [topic, setTopic] = useState(room.topic);
  const [slug, setSlug] = useState(room.slug ?? '');
  const [saved, setSaved] = useState(false);
  const closed = !room.may.includes('change');
  if (closed) {
    return (
      <>
        <p class="lead">{room.topic}</p>
        <p class="hint">{p.roomClosed}</p>
      </>
    );
  }
  const isChanged = name !== room.name || topic !== room.topic || slug !== (room.slug ?? '');
  const save = async () => {
    if (name.trim() === '') return setFault(p.roomNameEmpty);
    setSaved(
      await change({
        name: name.trim(),
        topic: topic.trim(),
        ...(slug !== (room.slug ?? '') && { slug }),
      }),
    );
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <Field label={p.roomName}>
        {(id) => (
          <input
            class="text-field"
            maxLength={80}
            value={name}
            onInput={(event) => setName(event.currentTarget.value)}
            {...id}
          />
        )}
      </Field>
      <Field label={p.roomTopic}>
        {(id) => (
          <textarea
            class="text-field"
            rows={2}
            maxLength={250}
            value={topic}
            onInput={(event) => setTopic(event.currentTarget.value)}
            {...id}
          />
        )}
      </Field>
      {room.id !== mainRoom && (
        <Field label={p.roomAddress} hint={p.roomAddressHint(location.host, slug)}>
          {(id) => (
            <input
              class="text-field"
              maxLength={32}
              autocapitalize="off"
              spellcheck={false}
              value={slug}
              onInput={(event) => setSlug(slugFrom(event.currentTarget.value, true))}
              {...id}
            />
          )}
        </Field>
      )}
      <FieldError id="about-error" text={fault} />
      <div class="actions">
        <button type="submit" class="button primary" aria-disabled={busy || !isChanged}>
          {p.save}
        </button>
        <span class="hint" role="status">
          {saved && !isChanged && p.saved}
        </span>
      </div>
    </form>
  );
}

const slow = ['0', '5', '15', '60', '300'] as const;

export function WhoMay({ room }: PageProps) {
  const p = partWords();
  const { change, fault } = useChange(room);
  const { policy } = room;
  const closed = !room.may.includes('change');
  const set = (part: Partial<Policy>) => void change({ policy: { ...policy, ...part } });
  const reads: Policy['read'][] = ['guests', 'accounts'];
  if (room.id !== mainRoom) reads.push('joined');
  if (closed) {
    return (
      <ul class="things">
        <Fact name={p.mayRead} value={p.read(policy.read)} />
        <Fact name={p.mayWrite} value={p.write(policy.write)} />
        <Fact name={p.slowMode} value={p.slow(policy.slow_s)} />
      </ul>
    );
  }
  return (
    <>
      <FieldError id="who-error" text={fault} />
      <Choice
        label={p.mayRead}
        value={policy.read}
        choices={reads.map((value) => ({ value, label: p.read(value) }))}
        onChoose={(read) => set({ read })}
      />
      {policy.read === 'joined' && (
        <Switch
          label={p.mayHistory}
          checked={policy.history}
          onChange={(history) => set({ history })}
        />
      )}
      <Choice
        label={p.mayWrite}
        value={policy.write}
        choices={(['guests', 'accounts', 'moderators'] as const).map((value) => ({
          value,
          label: p.write(value),
        }))}
        onChoose={(write) => set({ write })}
      />
      <Choice
        label={p.slowMode}
        hint={p.slowHint}
        value={String(policy.slow_s)}
        choices={withPresent(slow, policy.slow_s).map((value) => ({
          value,
          label: p.slow(Number(value)),
        }))}
        onChoose={(value) => set({ slow_s: Number(value) })}
      />
    </>
  );
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <li>
      <span class="thing-text">
        <small>{name}</small>
        {value}
      </span>
    </li>
  );
}

/** The usual values, and the one that holds where that is another. */
function withPresent(usual: readonly string[], present: number): string[] {
  const all = new Set([...usual, String(present)]);
  return [...all].sort((a, b) => Number(a) - Number(b));
}

export function Notifications({ room }: PageProps) {
  const p = partWords();
  const { act, fault } = useAct();
  const set = (wish: { level?: Level; muted?: boolean }) =>
    void act(async () => receiveRoom(await api.setLevel(house(), room.id, wish)));
  return (
    <>
      <p class="lead">{p.levelLead}</p>
      <Choice
        label={p.level}
        value={room.level}
        choices={(['all', 'mentions', 'nothing'] as const).map((value) => ({
          value,
          label: p.levelOf(value),
        }))}
        onChoose={(level) => set({ level })}
      />
      <Switch label={p.muteRoom} checked={room.muted} onChange={(muted) => set({ muted })} />
      <p class="hint">{p.muteRoomHint}</p>
      <FieldError id="level-error" text={fault} />
    </>
  );
}

const days = ['1', '7', '30', '90', '365', ''] as const;

export function Keep({ room }: PageProps) {
  const p = partWords();
  const { change, fault } = useChange(room);
  const kept = room.policy.keep_days;
  if (!room.may.includes('change')) return <p class="lead">{p.keep(kept)}</p>;
  const choices = [
    ...new Set<string>([...days.slice(0, -1), ...(kept === null ? [] : [String(kept)])]),
  ];
  choices.sort((a, b) => Number(a) - Number(b));
  return (
    <>
      <p class="lead">{p.keepLead}</p>
      <Choice
        label={p.pageKeep}
        value={String(kept ?? '')}
        choices={[...choices, ''].map((value) => ({
          value,
          label: p.keep(value === '' ? null : Number(value)),
        }))}
        onChoose={(value) => {
          const keep_days = value === '' ? null : Number(value);
          void change({ policy: { ...room.policy, keep_days } });
        }}
      />
      <FieldError id="keep-error" text={fault} />
    </>
  );
}

/** Archiving: the room stays to be read, nobody writes. It can be opened again. */
export function Danger({ room }: PageProps) {
  const p = partWords();
  const { change, busy, fault } = useChange(room);
  const [typed, setTyped] = useState('');
  const matches = typed.trim() === room.name;
  if (room.archived) {
    return (
      <>
        <p class="lead">{p.archived}</p>
        <FieldError id="danger-error" text={fault} />
        <button
          type="button"
          class="button primary"
          aria-disabled={busy}
          onClick={() => void change({ archived: false })}
        >
          {p.unarchive}
        </button>
      </>
    );
  }
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (matches) void change({ archived: true });
      }}
    >
      <p class="lead">{p.archiveLead}</p>
      <Field label={p.typeName(room.name)}>
        {(id) => (
          <input
            class="text-field"
            autocomplete="off"
            value={typed}
            onInput={(event) => setTyped(event.currentTarget.value)}
            {...id}
          />
        )}
      </Field>
      <FieldError id="danger-error" text={fault} />
      <button type="submit" class="button danger-fill" aria-disabled={busy || !matches}>
        {p.archive}
      </button>
    </form>
  );
}
