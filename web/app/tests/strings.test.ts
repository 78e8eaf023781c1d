// Every sentence of the app stands in a dictionary: what is shown or said is never written into a component.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const source = join(import.meta.dirname, '../src');

function components(): string[] {
  return readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.tsx'),
  );
}

/** Signs, figures, units and names of keys are the same in every language. */
const same =
  /^(?:[^\p{L}]*|English|中文|茶馆|[⌘ K]+|Ctrl K|\d+ ?(?:B|kB|MB|KB|ms|s)|WebSocket|Esc)$/u;
const attributes = /\s(?:aria-label|aria-description|title|placeholder|alt)="([^"]+)"/g;

function code(name: string): string {
  return readFileSync(join(source, name), 'utf8')
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/^\s*\/\/.*$/gm, '');
}

test('no text between the tags of a component', () => {
  const found = components().flatMap((name) =>
    [...code(name).matchAll(/(?<=[\w"'}/]>)([^<>{}=;]+)(?=<)/g)]
      .map((match) => (match[1] ?? '').trim())
      // What follows a bracket is code between two branches.
      .filter((text) => text !== '' && !text.startsWith(')') && !same.test(text))
      .map((text) => `${name}: ${text}`),
  );
  expect(found).toEqual([]);
});

test('no words in the attributes that people hear or see', () => {
  const found = components().flatMap((name) =>
    [...code(name).matchAll(attributes)]
      .map((match) => match[1] ?? '')
      .filter((text) => !same.test(text))
      .map((text) => `${name}: ${text}`),
  );
  expect(found).toEqual([]);
});

test('the check sees what it looks for', () => {
  expect(components().length).toBeGreaterThan(60);
  expect(same.test('Send')).toBe(false);
  expect(same.test('·')).toBe(true);
});
