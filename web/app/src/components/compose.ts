// The chunk of what helps to write: suggestions, formatting, commands. Fetched once a composer is on the page.
import { signal } from '@preact/signals';

type Compose = typeof import('../compose/compose.ts');

export const compose = signal<Compose | undefined>(undefined);

/** Fetches it; without a network it comes when it is wanted again. */
export async function fetchCompose(): Promise<Compose> {
  const found = compose.peek() ?? (await import('../compose/compose.ts'));
  compose.value = found;
  return found;
}
