import { type IconName, iconPaths, markPaths } from '../icons.ts';
import './Icon.css';

interface IconProps {
  name: IconName;
  size?: 14 | 16 | 18 | 20;
}

/** A drawing of the sprite. Never the only name of a button: the button has its own. */
export function Icon({ name, size = 20 }: IconProps) {
  return (
    <svg class={`icon icon-${size}`} aria-hidden="true">
      <use href={`#icon-${name}`} />
    </svg>
  );
}

/** A lidded tea bowl whose foot is the tail of a speech bubble. */
export function Mark() {
  return (
    <svg class="mark" aria-hidden="true">
      <use href="#mark" />
    </svg>
  );
}

/** Drawings for this page, by name. */
export function symbols(paths: Record<string, string>) {
  return Object.entries(paths).map(([name, path]) => (
    <symbol key={name} id={`icon-${name}`} viewBox="0 0 24 24">
      <path d={path} />
    </symbol>
  ));
}

/** What a room is drawn with, once per page. */
export function Sprite() {
  return (
    <svg class="sprite" aria-hidden="true">
      {symbols(iconPaths)}
      <symbol id="mark" viewBox="0 0 40 40">
        {markPaths.map((path) => (
          <path key={path} d={path} />
        ))}
      </symbol>
    </svg>
  );
}
