import type { ComponentChildren } from 'preact';
import type { IconName } from '../icons.ts';
import { Icon } from './Icon.tsx';
import './Button.css';

interface IconButtonProps {
  icon: IconName;
  label: string;
  onPress: () => void;
  expanded?: boolean;
  id?: string;
}

/** A square button with a drawing; its label is its name and its tooltip. */
export function IconButton({ icon, label, onPress, expanded, id }: IconButtonProps) {
  return (
    <button
      type="button"
      id={id}
      class="icon-button"
      aria-label={label}
      title={label}
      aria-expanded={expanded}
      onClick={onPress}
    >
      <Icon name={icon} />
    </button>
  );
}

interface ButtonProps {
  children: ComponentChildren;
  primary?: boolean;
  onPress: () => void;
}

/** An ordinary button. */
export function Button({ children, primary = false, onPress }: ButtonProps) {
  return (
    <button type="button" class={primary ? 'button primary' : 'button'} onClick={onPress}>
      {children}
    </button>
  );
}
