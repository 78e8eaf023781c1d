import type { Person } from '@teahouse/sdk';
import * as api from '@teahouse/sdk/api';
import { useRef, useState } from 'preact/hooks';
import { Avatar } from '../components/Avatar.tsx';
import { Button } from '../components/Button.tsx';
import { FieldError } from '../components/FieldError.tsx';
import { roleWord } from '../components/PeoplePanel.tsx';
import { doorWords } from '../door/words.ts';
import { words } from '../i18n/language.ts';
import { useAct } from '../parts/asked.ts';
import { Field } from '../parts/Field.tsx';
import { partWords } from '../parts/words.ts';
import { house, remember, you } from '../state/house.ts';
import { refreshMe } from '../state/me.ts';
import { tell } from '../state/overlay.ts';
import { nameFault } from '../text/names.ts';
import { ClaimForm } from './ClaimForm.tsx';
import { LanguageChoice } from './LookChoices.tsx';
import { ProfileForm } from './ProfileForm.tsx';
import { squareOf } from './picture.ts';
import './YouPage.css';

/** Name, picture, what one tells of oneself, and for a guest the way to keep the name. */
export function YouPage() {
  const person = you.value;
  if (person === undefined) return null;
  return (
    <>
      <PictureForm person={person} />
      <NameForm person={person} />
      <ProfileForm />
      <LanguageChoice />
      {person.role === undefined && <ClaimForm />}
    </>
  );
}

/** The answer says who one is now; so does the connection, a moment later. */
export function receiveYou({ you: now }: { you: Person }): void {
  remember(now);
  you.value = now;
  void refreshMe();
}

function PictureForm({ person }: { person: Person }) {
  const p = partWords();
  const t = words();
  const { act, busy, fault, setFault } = useAct();
  const field = useRef<HTMLInputElement>(null);
  const take = async () => {
    const file = field.current?.files?.[0];
    if (file === undefined) return;
    await act(async () => {
      const square = await squareOf(file).catch(() => undefined);
      if (square === undefined) return setFault(p.pictureBad);
      receiveYou(await api.setPicture(house(), square));
    });
    if (field.current !== null) field.current.value = '';
  };
  return (
    <div class="you-picture">
      <Avatar person={person} size={64} />
      <div>
        <p class="you-role">{roleWord(t, person)}</p>
        <div class="actions">
          <label class="button" for="picture">
            {p.pictureChoose}
          </label>
          <input
            class="sr"
            id="picture"
            type="file"
            accept="image/png,image/jpeg,image/webp"
            ref={field}
            aria-disabled={busy}
            onChange={() => void take()}
          />
          {person.picture !== undefined && (
            <Button
              onPress={() => void act(async () => receiveYou(await api.dropPicture(house())))}
            >
              {p.pictureDrop}
            </Button>
          )}
        </div>
        <FieldError id="picture-error" text={fault} />
      </div>
    </div>
  );
}

function NameForm({ person }: { person: Person }) {
  const d = doorWords();
  const p = partWords();
  const { act, busy, fault, setFault } = useAct();
  const [name, setName] = useState(person.name);
  const save = async () => {
    const wrong = nameFault(name);
    if (wrong !== undefined) return setFault(wrong === 'empty' ? d.doorEmpty : d.doorLong);
    if (await act(async () => receiveYou(await api.rename(house(), name.trim())))) tell(p.saved);
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <Field label={d.doorName} hint={p.nameHint}>
        {(id) => (
          <input
            class="text-field"
            autocomplete="nickname"
            value={name}
            onInput={(event) => setName(event.currentTarget.value)}
            {...id}
          />
        )}
      </Field>
      <FieldError id="you-name-error" text={fault} />
      <button
        type="submit"
        class="button primary"
        aria-disabled={busy || name.trim() === person.name}
      >
        {p.save}
      </button>
    </form>
  );
}
