// A message's text as one line of plain words, for quotes and for what is spoken. People are called by their names.
import type { Person } from '@teahouse/sdk';

const mention = /<@([0-9a-f-]{36}|here|room)>/g;

/** The text with names instead of ids. */
export function plainOf(text: string, mentions: readonly Person[] = []): string {
  if (!text.includes('<@')) return text;
  return text.replace(mention, (whole, id: string) => {
    const name = id.length === 36 ? mentions.find((person) => person.id === id)?.name : id;
    return name === undefined ? whole : `@${name}`;
  });
}
