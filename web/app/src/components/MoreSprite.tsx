import { moreIconPaths } from '../moreIcons.ts';
import { symbols } from './Icon.tsx';

/** The drawings that only lazy parts use. */
export function MoreSprite() {
  return (
    <svg class="sprite" aria-hidden="true">
      {symbols(moreIconPaths)}
    </svg>
  );
}
