// For whom this device keeps what it keeps, while the page lives.
import { effect } from '@preact/signals';
import { you } from '../state/house.ts';
import { settle } from '../state/leaving.ts';
import { visit } from '../state/visit.ts';
import { isFor, keepFor, whose } from '../storage/whose.ts';

/** Begins; somebody is inside. Whoever came through the door of this version found only what is theirs. */
export function watchOwner(): void {
  const person = you.peek();
  const isOthers = whose.peek() !== undefined && person !== undefined && !isFor(person);
  if (isOthers) return void settle(person).then(() => location.reload());
  if (person !== undefined) keepFor(person);
  effect(() => {
    // Their name or their role is another one.
    const now = you.value;
    if (now !== undefined && now.id === whose.peek()?.id) keepFor(now);
  });
  effect(() => {
    const here = you.peek();
    if (whose.value === undefined || here === undefined || visit.peek() !== 'inside') return;
    // Somebody else came in, in another tab: this page is theirs, too, by the cookie.
    if (!isFor(here)) location.reload();
  });
}
