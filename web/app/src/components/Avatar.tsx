import type { Person } from '@teahouse/sdk';
import { colourOf } from '../text/names.ts';
import { firstGrapheme } from '../text/shape.ts';
import './Avatar.css';

interface AvatarProps {
  person: Pick<Person, 'id' | 'name'>;
  size?: 22 | 24 | 28 | 30 | 36;
  here?: boolean;
}

/** First character of the name on one of eight grounds. The name always stands beside it in words. */
export function Avatar({ person, size = 36, here = false }: AvatarProps) {
  return (
    <span class={`avatar avatar-${size} ground-${colourOf(person.id)}`} aria-hidden="true">
      {firstGrapheme(person.name)}
      {here && <span class="here-dot" />}
    </span>
  );
}

/** A few faces that overlap. */
export function Pile({ people, size = 22 }: { people: readonly Person[]; size?: 22 | 28 }) {
  if (people.length === 0) return null;
  return (
    <span class="pile">
      {people.map((person) => (
        <Avatar key={person.id} person={person} size={size} />
      ))}
    </span>
  );
}
