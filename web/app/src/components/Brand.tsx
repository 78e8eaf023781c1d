import { words } from '../i18n/language.ts';
import { houseName } from '../state/house.ts';
import { Mark } from './Icon.tsx';
import './Brand.css';

/** The mark and the name of the house. */
export function Brand() {
  const name = houseName.value;
  return (
    <span class="brand">
      <Mark />
      <b>{name}</b>
      {name === '茶馆' && <small lang="en">{words().brandSmall}</small>}
    </span>
  );
}
