import { readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Plugin } from 'vite';

interface Manifest {
  name: string;
  version: string;
  license?: string;
}

/** Emits `licenses.txt`: name, version, licence and licence text of every package whose code is in the bundle. */
export function collectLicences(): Plugin {
  return {
    name: 'teahouse:licences',
    apply: 'build',
    async generateBundle(_options, bundle) {
      const folders = new Set<string>();
      for (const output of Object.values(bundle)) {
        if (output.type !== 'chunk') continue;
        for (const id of output.moduleIds) {
          const folder = packageFolder(id);
          if (folder !== undefined) folders.add(folder);
        }
      }
      const parts = await Promise.all([...folders].sort().map(describe));
      this.emitFile({
        type: 'asset',
        fileName: 'licenses.txt',
        source: `${head}\n${parts.join('\n')}`,
      });
    },
  };
}

const emojiFolder = dirname(createRequire(import.meta.url).resolve('emojibase-data/package.json'));

const head = 'Teahouse contains code of the following packages. Thank you.\n';

function packageFolder(id: string): string | undefined {
  // The tables that build/emoji.ts makes have no file of their own.
  if (id.startsWith('\0virtual:emoji/')) return emojiFolder;
  return /^(.*\/node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(id)?.[1];
}

async function describe(folder: string): Promise<string> {
  const manifest = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as Manifest;
  const file = (await readdir(folder)).find((name) => /^licen[cs]e/i.test(name));
  if (file === undefined && manifest.license === undefined) {
    throw new Error(
      `${manifest.name} says nowhere under which licence it is: do not bundle it, or add its text here.`,
    );
  }
  const text = file === undefined ? '' : await readFile(join(folder, file), 'utf8');
  return `${'-'.repeat(72)}\n${manifest.name} ${manifest.version} (${manifest.license ?? 'see below'})\n\n${text.trim()}\n`;
}
