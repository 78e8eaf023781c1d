// What is attached to the next message of a room or reply chain. Uploading is a chunk of its own (files/); here is
// what the composer has to know: is something there, is it whole, and what goes out with the message.
import { type Signal, signal } from '@preact/signals';
import type { FileView } from '@teahouse/sdk';

/** A file on its way, or whole. */
export interface Attached {
  key: string;
  name: string;
  bytes: number;
  /** How many of them the house has. */
  sent: number;
  /** The media type that the browser says. */
  kind: string;
  alt: string;
  state: 'coming' | 'whole' | 'failed';
  /** Why it failed: a code of the house. */
  code?: string;
  /** As everybody will see it, once it is whole. */
  view?: FileView;
  /** An image of it in this page. */
  picture?: string;
}

/** All of them, by place. */
export const places = new Map<string, Signal<readonly Attached[]>>();

/** What is attached there, under the key of its draft. */
export function attachedTo(place: string): Signal<readonly Attached[]> {
  const found = places.get(place) ?? signal<readonly Attached[]>([]);
  places.set(place, found);
  return found;
}

/** Whether everything is with the house. */
export function areWhole(files: readonly Attached[]): boolean {
  return files.every(({ state }) => state === 'whole');
}

/** Takes what is attached there: it goes with the message. */
export function takeAttached(place: string): readonly Attached[] {
  const files = attachedTo(place);
  const taken = files.peek();
  if (taken.length > 0) files.value = [];
  return taken;
}

/** The message could not be kept: what it carried is back. */
export function putBack(place: string, taken: readonly Attached[]): void {
  const files = attachedTo(place);
  if (taken.length > 0) files.value = [...taken, ...files.peek()];
}
