// What the house refused, in a sentence.
import { TeahouseError } from '@teahouse/sdk';
import { words } from '../i18n/language.ts';
import { partWords } from './words.ts';

export function faultText(error: unknown): string {
  const code = error instanceof TeahouseError ? error.code : 'internal';
  return partWords().faults[code] ?? words().errorUnknown(code);
}
