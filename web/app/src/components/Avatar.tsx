import type { Person } from '@teahouse/sdk';
import { colourOf } from '../text/colour.ts';
import { firstGrapheme } from '../text/shape.ts';
import './Avatar.css';

interface AvatarProps {
  person: Pick<Person, 'id' | 'name' | 'picture' | 'away'>;
  size?: 18 | 22 | 24 | 28 | 30 | 36 | 44 | 64;
  here?: boolean;
}

/** The picture, else the first character of the name on one of eight grounds. The name stands beside it in words. */
export function Avatar({ person, size = 36, here = false }: AvatarProps) {
  const { id, name, picture } = person;
  return (
    <span class={`avatar avatar-${size} ground-${colourOf(id)}`} aria-hidden="true">
      {picture === undefined ? (
        firstGrapheme(name)
      ) : (
        <img
          src={`/v1/people/${id}/picture?v=${picture}`}
          alt=""
          loading="lazy"
          draggable={false}
        />
      )}
      {here && <span class={person.away ? 'here-dot away' : 'here-dot'} />}
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
