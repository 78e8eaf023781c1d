import * as api from '@teahouse/sdk/api';
import { useState } from 'preact/hooks';
import { Avatar } from '../components/Avatar.tsx';
import { Button } from '../components/Button.tsx';
import { FieldError } from '../components/FieldError.tsx';
import { roleWord } from '../components/PeoplePanel.tsx';
import { words } from '../i18n/language.ts';
import { useAct, useAsked } from '../parts/asked.ts';
import { CopyLine, whole } from '../parts/CopyLine.tsx';
import { Field } from '../parts/Field.tsx';
import { Waiting } from '../parts/Waiting.tsx';
import { house } from '../state/house.ts';
import { may } from '../state/me.ts';
import { PersonActs } from './PersonActs.tsx';
import { adminWords } from './words.ts';
import './NowPage.css';

const page = 50;

/** Everybody who has a place in the house; what can be done with each is one press away. */
export function PeoplePage() {
  const a = adminWords();
  const [q, setQ] = useState('');
  const asked = useAsked(() => api.allPeople(house(), { q: q.trim(), limit: page }), q);
  const people = asked.value?.people ?? [];
  const more = async () => {
    const after = people.at(-1)?.person.id;
    const wish = { q: q.trim(), limit: page, ...(after !== undefined && { after }) };
    const next = await api.allPeople(house(), wish);
    asked.set({ ...next, people: [...people, ...next.people] });
  };
  const { act, fault } = useAct();
  return (
    <>
      <input
        class="panel-filter find"
        type="search"
        placeholder={a.peopleFind}
        aria-label={a.peopleFind}
        onInput={(event) => setQ(event.currentTarget.value)}
      />
      <Waiting asked={asked} />
      <ul class="things">
        {people.map((each) => (
          <PersonRow key={each.person.id} entry={each} onChanged={() => void asked.again()} />
        ))}
      </ul>
      {asked.value !== undefined && people.length === 0 && <p class="empty-note">{a.peopleNone}</p>}
      <FieldError id="people-more" text={fault} />
      {asked.value?.more && <Button onPress={() => void act(more)}>{a.more}</Button>}
      {may('administer') && <NewAccount onMade={() => void asked.again()} />}
    </>
  );
}

function PersonRow({ entry, onChanged }: { entry: api.AdminPerson; onChanged: () => void }) {
  const a = adminWords();
  const t = words();
  const [open, setOpen] = useState(false);
  const { person, joined, seen, signins, banned } = entry;
  const name = person.name === '' ? t.personGone : person.name;
  return (
    <li>
      <Avatar person={person} />
      <span class="thing-text">
        <b>{name}</b>
        <small>
          {roleWord(t, person)}
          {banned && ` · ${a.banned}`}
        </small>
        <small>{a.personFacts(joined, seen, signins)}</small>
      </span>
      <button
        type="button"
        class="icon-button"
        aria-expanded={open}
        aria-label={a.personMore(name)}
        onClick={() => setOpen(!open)}
      >
        <svg class="icon icon-20" aria-hidden="true">
          <use href="#icon-more" />
        </svg>
      </button>
      {open && <PersonActs entry={entry} onChanged={onChanged} />}
    </li>
  );
}

/** An account for somebody, who then chooses a password by the link. */
function NewAccount({ onMade }: { onMade: () => void }) {
  const a = adminWords();
  const { act, busy, fault } = useAct();
  const [name, setName] = useState('');
  const [link, setLink] = useState<api.ResetLink | undefined>();
  const make = () =>
    act(async () => {
      setLink(await api.makeAccount(house(), { name: name.trim() }));
      setName('');
      onMade();
    });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (name.trim() !== '') void make();
      }}
    >
      <h2>{a.newAccount}</h2>
      <p class="lead">{a.newAccountLead}</p>
      <Field label={a.newAccountName}>
        {(id) => (
          <input
            class="text-field"
            autocomplete="off"
            value={name}
            onInput={(event) => setName(event.currentTarget.value)}
            {...id}
          />
        )}
      </Field>
      <FieldError id="account-error" text={fault} />
      <button type="submit" class="button" aria-disabled={busy || name.trim() === ''}>
        {a.newAccountMake}
      </button>
      {link !== undefined && (
        <>
          <p class="hint">{a.resetLead(link.until)}</p>
          <CopyLine label={a.reset} text={whole(link.url)} />
        </>
      )}
    </form>
  );
}
