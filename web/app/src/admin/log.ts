// A line of the log in words: what was done, to what. Details are JSON of the server; what is unknown is left out. Pure.
import type { AuditLine } from '@teahouse/sdk/api';
import type { AdminWords } from './words.en.ts';

/** What was done. An action of a newer server has its own name. */
export function actionText(a: AdminWords, action: string): string {
  return a.actions[action] ?? action;
}

/** What of its detail a person wants to know: whom, where, until when, why. */
export function aboutWhat(
  a: AdminWords,
  { person, room, detail }: Pick<AuditLine, 'person' | 'room' | 'detail'>,
  roomName: (id: string) => string,
): string {
  const told = objectIn(detail);
  const parts = [
    person?.name,
    room === undefined ? undefined : roomName(room),
    textOf(told['name']),
    textOf(told['range']),
    textOf(told['role']),
    textOf(told['decision']),
    typeof told['until'] === 'number' ? a.logUntil(told['until']) : undefined,
    textOf(told['reason']),
  ];
  return parts.filter((part) => part !== undefined && part !== '').join(' · ');
}

function objectIn(detail: string): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(detail);
    return typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
