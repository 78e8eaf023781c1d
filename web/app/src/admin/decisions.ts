// What a moderator decides about a report, and by which key. Pure.
import type { Decision, Report } from '@teahouse/sdk/api';

export const decisions: readonly Decision[] = ['dismiss', 'delete', 'mute', 'ban'];
const keys: Record<string, Decision> = { d: 'dismiss', x: 'delete', m: 'mute', b: 'ban' };

export function decisionOf(key: string): Decision | undefined {
  return keys[key];
}

/** What was decided, if anything was. */
export function decidedAs({ decided }: Report): Decision | undefined {
  return typeof decided === 'object' ? decided.decision : decided;
}
