// What a message text says without its marks: for quotes, previews, notifications, and whoever listens.
import type { Person } from '@teahouse/sdk';
import { parse } from './parse.ts';
import type { Block, Inline } from './tree.ts';

/** What stands for hidden text, as long as nobody asked for it. */
const cover = '▒▒▒';

/** Who is meant by an id, by their name. */
export type Names = (id: string, kind: 'person' | 'room') => string | undefined;

/** The text without its marks, with the names of people that came with it; hidden parts stay covered. */
export function plainOf(text: string, mentions: readonly Person[] = []): string {
  return plain(text, namesOf(mentions));
}

/** Names of people that came with a message. */
export function namesOf(people: readonly Person[]): Names {
  return (id, kind) =>
    kind === 'person' ? people.find((person) => person.id === id)?.name : undefined;
}

/** The text without its marks. */
export function plain(text: string, names: Names): string {
  // Without a sign that means something the text is what it says, with every blank line.
  return /[\\`*_~|<[#]/.test(text) ? below(parse(text), names) : text;
}

/** Whether it calls everybody; not where the sign is escaped, or in code. */
export function callsEverybody(text: string): boolean {
  return /<@(?:here|room)>/.test(text) && hasCall(parse(text));
}

function hasCall(tree: readonly (Block | Inline)[]): boolean {
  return tree.some((part) => {
    if (typeof part === 'string') return false;
    if ('items' in part) return part.items.some(hasCall);
    return part.kind === 'everybody' || ('inside' in part && hasCall(part.inside));
  });
}

function below(blocks: Block[], names: Names): string {
  const said = blocks.map((block, index) => {
    // What made two paragraphs of them was a blank line.
    const isApart = block.kind === 'paragraph' && blocks[index - 1]?.kind === 'paragraph';
    return `${index === 0 ? '' : isApart ? '\n\n' : '\n'}${plainBlock(block, names)}`;
  });
  return said.join('');
}

function plainBlock(block: Block, names: Names): string {
  if (block.kind === 'pre') return block.text;
  if (block.kind === 'quote') return margin(below(block.inside, names), '> ', '> ');
  if (block.kind !== 'list') return plainInlines(block.inside, names);
  const { first, items } = block;
  const lines = items.map((item, index) => {
    const sign = first === undefined ? '- ' : `${first + index}. `;
    return margin(below(item, names), sign, ' '.repeat(sign.length));
  });
  return lines.join('\n');
}

function margin(text: string, first: string, rest: string): string {
  return first + text.replaceAll('\n', `\n${rest}`);
}

export function plainInlines(inlines: Inline[], names: Names): string {
  return inlines.map((inline) => plainInline(inline, names)).join('');
}

function plainInline(inline: Inline, names: Names): string {
  if (typeof inline === 'string') return inline;
  switch (inline.kind) {
    case 'code':
      return inline.text;
    case 'hidden':
      return cover;
    case 'person':
      return `@${names(inline.id, 'person') ?? '?'}`;
    case 'everybody':
      return `@${inline.id}`;
    case 'room':
      return `#${names(inline.id, 'room') ?? inline.id}`;
    case 'emoji':
      return `:${inline.id}:`;
    case 'link': {
      const said = plainInlines(inline.inside, names);
      // The address is said where the text is another.
      return said === inline.href ? said : `${said} (${inline.href})`;
    }
    default:
      return plainInlines(inline.inside, names);
  }
}
