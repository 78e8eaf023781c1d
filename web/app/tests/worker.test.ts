import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { writeWorker } from '../build/worker.ts';

let folder: string;

const plain = [
  'index.html',
  'favicon.svg',
  'favicon-dot.svg',
  'icon-192.png',
  'icon-512.png',
  'manifest.webmanifest',
  'theme.js',
];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'teahouse-worker-'));
  await mkdir(join(folder, 'assets'));
  for (const name of plain) await writeFile(join(folder, name), name);
  for (const name of ['first-a1.js', 'first-b2.css', 'first-a1.js.br', 'first-a1.js.map'])
    await writeFile(join(folder, 'assets', name), name);
});
afterEach(() => rm(folder, { recursive: true }));

/** The worker's files and version, as it will know them. */
async function written(source = 'const one: number = 1;'): Promise<[string[], string]> {
  await writeWorker(folder, source);
  const text = await readFile(join(folder, 'worker.js'), 'utf8');
  const [, files = '', version = ''] =
    /^const FILES = (.*);\nconst VERSION = '([0-9a-f]{12})';\n/.exec(text) ?? [];
  return [JSON.parse(files) as string[], version];
}

test('the worker names the page and every script and style that is there, and no other', async () => {
  const [files] = await written();
  const names = plain.slice(1).map((name) => `/${name}`);
  expect(files).toEqual(['/', ...names, '/assets/first-a1.js', '/assets/first-b2.css']);
});

test.each([...plain, 'assets/first-c3.js'])('another %s is another version', async (name) => {
  const [, before] = await written();
  expect((await written())[1]).toBe(before);
  await writeFile(join(folder, name), 'changed');
  expect((await written())[1]).not.toBe(before);
});

test('another worker is another version', async () => {
  const [, before] = await written();
  expect((await written('const one: number = 2;'))[1]).not.toBe(before);
});

test('a file that is named and not there ends the build', async () => {
  await rm(join(folder, 'theme.js'));
  await expect(written()).rejects.toThrow('theme.js');
});
