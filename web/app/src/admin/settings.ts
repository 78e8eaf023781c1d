// The house's settings out of the list that the server gives. Total: what is missing has its default. Pure.
import type { Admission, Setting, SettingsChange } from '@teahouse/sdk/api';

export interface HouseNow {
  name: string;
  admission: Admission;
  /** What is asked at the door; the answer stays with the house. */
  question: string | undefined;
  work_bits: number;
  rooms_by: NonNullable<SettingsChange['rooms_by']>;
  /** How large files may be, in MiB, where the owner decided it. */
  files: Partial<Record<Size, number>>;
  /** Where each comes from. */
  sources: Record<string, string>;
}

/** One file, all of a person, all of the house. */
export const sizes = ['file_mib_max', 'person_mib_max', 'house_mib_max'] as const;
export type Size = (typeof sizes)[number];

const live = ['name', 'admission', 'question', 'work_bits', 'rooms_by', 'files'];

/** What can be changed here, and the rest, which is only shown. */
export function readSettings(all: readonly Setting[]): { now: HouseNow; others: Setting[] } {
  const values = Object.fromEntries(all.map(({ key, value }) => [key, value]));
  const now: HouseNow = {
    name: textOf(values['name']) ?? '',
    admission: oneOf(values['admission'], ['open', 'invited', 'accounts']) ?? 'open',
    question: questionOf(values['question']),
    work_bits: Number(values['work_bits'] ?? 0) || 0,
    rooms_by: oneOf(values['rooms_by'], ['guests', 'accounts', 'moderators']) ?? 'guests',
    files: filesOf(values['files']),
    sources: Object.fromEntries(all.map(({ key, source }) => [key, source])),
  };
  return { now, others: all.filter(({ key }) => !live.includes(key)) };
}

function questionOf(value: unknown): string | undefined {
  const ask =
    typeof value === 'object' && value !== null ? (value as { ask?: unknown }).ask : value;
  return textOf(ask) === '' ? undefined : textOf(ask);
}

function filesOf(value: unknown): HouseNow['files'] {
  const given = Object(value) as Record<string, unknown>;
  const decided = sizes.filter((size) => typeof given[size] === 'number');
  return Object.fromEntries(decided.map((size) => [size, given[size]]));
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function oneOf<T extends string>(value: unknown, allowed: readonly T[]): T | undefined {
  return allowed.find((one) => one === value);
}
