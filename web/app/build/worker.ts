import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type Plugin, transformWithOxc } from 'vite';

/** What the shell needs besides the page and what its scripts and styles are named in: their names never change. */
const fixed = [
  'favicon.svg',
  'favicon-dot.svg',
  'icon-192.png',
  'icon-512.png',
  'manifest.webmanifest',
  'theme.js',
];

/**
 * Writes the service worker beside the page: one file, which knows the files of this version by name. It reads the
 * names from the disk: the bundler forgets pieces that turned out empty only at the very end, and a worker that asks
 * for one file too many never begins.
 */
export function serviceWorker(): Plugin {
  let root = '';
  let folder = '';
  return {
    name: 'teahouse:worker',
    apply: 'build',
    configResolved(config) {
      root = config.root;
      folder = resolve(config.root, config.build.outDir);
    },
    async writeBundle() {
      const source = await readFile(join(root, 'worker/worker.ts'), 'utf8');
      await writeWorker(folder, source);
    },
  };
}

/** Makes `worker.js` of its source for the files of a folder. */
export async function writeWorker(folder: string, source: string): Promise<void> {
  const { code } = await transformWithOxc(source, 'worker.ts');
  const names = await readdir(join(folder, 'assets'));
  const built = names.filter((name) => /\.(?:js|css)$/.test(name)).sort();
  const files = [
    '/',
    ...fixed.map((name) => `/${name}`),
    ...built.map((name) => `/assets/${name}`),
  ];
  const head = `const FILES = ${JSON.stringify(files)};\nconst VERSION = '${await version(folder, code)}';\n`;
  await writeFile(join(folder, 'worker.js'), head + code);
}

/** Another one with every change of a file: the page names its scripts by their hash, the others are read. */
async function version(folder: string, code: string): Promise<string> {
  const hash = createHash('sha256').update(code);
  for (const name of ['index.html', ...fixed]) hash.update(await readFile(join(folder, name)));
  const names = await readdir(join(folder, 'assets'));
  return hash.update(names.sort().join('\n')).digest('hex').slice(0, 12);
}
