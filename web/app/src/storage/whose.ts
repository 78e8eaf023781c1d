// Whose is what this device keeps of a person: drafts, files that wait, searches, habits. It is kept for one person at a
// time. The end of a sign-in does not end it, so that who comes back finds what they had begun.
import { signal } from '@preact/signals';
import type { Person } from '@teahouse/sdk';

type Owner = Pick<Person, 'id' | 'name' | 'role'>;

const key = 'teahouse.whose';
/** What a person chose for this browser stays for everybody. */
const settingsKey = 'teahouse.settings';

/** What is kept is read again when it is another's. */
export const whose = signal<Owner | undefined>(read());

if (typeof addEventListener === 'function') {
  addEventListener('storage', (event) => {
    if (event.key === key) whose.value = read();
  });
}

/** Whether it is kept for them. A guest whose sign-in ended comes again as another, by the same name. */
export function isFor(person: Person): boolean {
  const before = whose.peek();
  if (before === undefined || before.id === person.id) return before !== undefined;
  return isGuest(before) && isGuest(person) && before.name === person.name;
}

/** From now on it is kept for them. */
export function keepFor({ id, name, role }: Person): void {
  const owner: Owner = { id, name, ...(role !== undefined && { role }) };
  try {
    localStorage.setItem(key, JSON.stringify(owner));
  } catch {
    // Known as long as the page.
  }
  whose.value = owner;
}

/** Forgets all small things but the settings. What is new here is somebody's own, too, unless it is said here. */
export function forgetStored(): void {
  try {
    const keys = Object.keys(localStorage).filter((one) => one.startsWith('teahouse.'));
    for (const one of keys) if (one !== settingsKey) localStorage.removeItem(one);
  } catch {
    // A browser that forbids it has kept nothing.
  }
  whose.value = undefined;
}

function isGuest({ role }: Owner): boolean {
  return role === undefined;
}

function read(): Owner | undefined {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(key) ?? '');
    return typeof kept === 'object' && kept !== null && 'id' in kept ? (kept as Owner) : undefined;
  } catch {
    return undefined;
  }
}
