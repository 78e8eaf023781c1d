// The kinds of room that people think in, and the policy that each of them is. Pure.
import type { Policy } from '@teahouse/sdk';

export type Kind = 'public' | 'private' | 'announcement';
export const kinds: readonly Kind[] = ['public', 'private', 'announcement'];

export function policyOf(kind: Kind): Partial<Policy> {
  if (kind === 'private') return { read: 'joined', write: 'guests', history: true };
  return { read: 'guests', write: kind === 'announcement' ? 'moderators' : 'guests' };
}

export function kindOf({ read, write }: Pick<Policy, 'read' | 'write'>): Kind {
  if (read === 'joined') return 'private';
  return write === 'moderators' ? 'announcement' : 'public';
}

/** The readable form of a name for an address: empty where its script has none. `typed`: by hand, a dash may end it. */
export function slugFrom(name: string, typed = false): string {
  const plain = name.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
  const slug = plain
    .replace(/[^a-z0-9_]+/g, '-')
    .replace(/^-+/, '')
    .slice(0, 32);
  const ended = typed ? slug : slug.replace(/-+$/, '');
  return /[a-z0-9]/.test(ended) || typed ? ended : '';
}
