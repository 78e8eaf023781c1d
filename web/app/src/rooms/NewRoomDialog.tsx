import * as api from '@teahouse/sdk/api';
import { useState } from 'preact/hooks';
import { Button } from '../components/Button.tsx';
import { FieldError } from '../components/FieldError.tsx';
import { useAct } from '../parts/asked.ts';
import { Dialog } from '../parts/Dialog.tsx';
import { Field } from '../parts/Field.tsx';
import { partWords } from '../parts/words.ts';
import { house } from '../state/house.ts';
import { hide } from '../state/overlay.ts';
import { receiveRoom } from '../state/rooms.ts';
import { go, roomRoute } from '../state/route.ts';
import { type Kind, kinds, policyOf, slugFrom } from './policy.ts';
import './NewRoomDialog.css';

/** Name, topic, for whom. The address follows the name until somebody changes it. */
export function NewRoomDialog() {
  const p = partWords();
  const { act, busy, fault, setFault } = useAct();
  const [kind, setKind] = useState<Kind>('public');
  const [name, setName] = useState('');
  const [slug, setSlug] = useState<string | undefined>();
  const [topic, setTopic] = useState('');
  const address = slug ?? slugFrom(name);
  const make = async () => {
    if (name.trim() === '') return setFault(p.roomNameEmpty);
    await act(async () => {
      const wish = { name: name.trim(), topic: topic.trim(), policy: policyOf(kind) };
      const room = await api.makeRoom(house(), {
        ...wish,
        ...(address !== '' && { slug: address }),
      });
      await receiveRoom(room);
      hide();
      go(roomRoute(room.slug || room.id));
    });
  };
  return (
    <Dialog title={p.roomNew} onClose={hide}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void make();
        }}
      >
        <Field label={p.roomName}>
          {(id) => (
            <input
              class="text-field"
              autocomplete="off"
              maxLength={80}
              value={name}
              onInput={(event) => setName(event.currentTarget.value)}
              {...id}
            />
          )}
        </Field>
        <Field label={p.roomTopic}>
          {(id) => (
            <input
              class="text-field"
              autocomplete="off"
              maxLength={250}
              value={topic}
              onInput={(event) => setTopic(event.currentTarget.value)}
              {...id}
            />
          )}
        </Field>
        <KindChoice kind={kind} onChoose={setKind} />
        <Field label={p.roomAddress} hint={p.roomAddressHint(location.host, address)}>
          {(id) => (
            <input
              class="text-field"
              autocomplete="off"
              autocapitalize="off"
              spellcheck={false}
              maxLength={32}
              value={address}
              onInput={(event) => setSlug(slugFrom(event.currentTarget.value, true))}
              {...id}
            />
          )}
        </Field>
        <FieldError id="room-error" text={fault} />
        <div class="actions end">
          <Button onPress={hide}>{p.cancel}</Button>
          <button type="submit" class="button primary" aria-disabled={busy}>
            {p.roomMake}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

function KindChoice({ kind, onChoose }: { kind: Kind; onChoose: (kind: Kind) => void }) {
  const p = partWords();
  return (
    <fieldset class="kinds">
      <legend>{p.roomFor}</legend>
      {kinds.map((each) => (
        <label key={each}>
          <input type="radio" name="kind" checked={each === kind} onChange={() => onChoose(each)} />
          <span>
            <b>{p.kind(each)}</b>
            <small>{p.kindHint(each)}</small>
          </span>
        </label>
      ))}
    </fieldset>
  );
}
