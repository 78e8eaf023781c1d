// What lies over the page: one menu or dialog at a time. What it is, as a signal; drawing it is a chunk of its own.
import { signal } from '@preact/signals';
import type { FileView, Person } from '@teahouse/sdk';
import type { MessageRow } from './rows.ts';
import type { Timeline } from './timeline.ts';

/** Where a menu opens, in pixels of the window. */
export interface Point {
  x: number;
  y: number;
}

export type Overlay =
  /** *Jump to…*, with what its field begins with. */
  | { kind: 'jump'; text?: string }
  | { kind: 'shortcuts' }
  /** Jump to a date, from the day that is on screen. */
  | { kind: 'date'; room: string; at?: number }
  | { kind: 'message'; timeline: Timeline; row: MessageRow; chain?: number | undefined; at: Point }
  | { kind: 'emoji'; at: Point; onPick: (emoji: string) => void }
  | { kind: 'versions'; timeline: Timeline; row: MessageRow }
  | { kind: 'reactions'; row: MessageRow }
  | { kind: 'room'; room: string; at: Point }
  | { kind: 'person'; person: Person; timeline: Timeline | undefined }
  | { kind: 'report'; timeline: Timeline; row: MessageRow }
  | { kind: 'delete'; timeline: Timeline; row: MessageRow }
  | { kind: 'lightbox'; files: readonly FileView[]; at: number }
  /** A link whose text looks like another address. */
  | { kind: 'address'; href: string }
  /** What the plus over the rooms offers. */
  | { kind: 'add' }
  | { kind: 'code' }
  | { kind: 'new-room' }
  | { kind: 'invite'; room: string }
  | { kind: 'leave'; room: string }
  | { kind: 'export'; room: string }
  /** Another app shared something: where does it go? */
  | { kind: 'share'; text: string; files: readonly File[] };

export const overlay = signal<Overlay | undefined>(undefined);
/** A short word at the foot of the page: *Copied*. */
export const toast = signal<string | undefined>(undefined);

let timer: ReturnType<typeof setTimeout> | undefined;
const toast_ms = 4000;

export function show(what: Overlay): void {
  overlay.value = what;
}

export function hide(): void {
  overlay.value = undefined;
}

/** Says something that is nowhere else needed. */
export function tell(text: string): void {
  toast.value = text;
  clearTimeout(timer);
  timer = setTimeout(() => {
    toast.value = undefined;
  }, toast_ms);
}
