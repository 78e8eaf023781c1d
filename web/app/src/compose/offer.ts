// A question above the field.
import { signal } from '@preact/signals';
import type { Writing } from '../state/writing.ts';

/** What it is about. */
export type Offer =
  | { kind: 'unknown'; writing: Writing; command: string }
  | { kind: 'code'; writing: Writing; from: number; to: number }
  /** A text that did not go out, while something else was written. */
  | { kind: 'back'; writing: Writing; text: string };

export const offer = signal<Offer | undefined>(undefined);
