import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type Plugin, transformWithOxc } from 'vite';

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
      const { code } = await transformWithOxc(source, 'worker.ts');
      const names = await readdir(join(folder, 'assets'));
      const built = names.filter((name) => /\.(?:js|css)$/.test(name));
      const files = ['/', '/favicon.svg', '/icon-192.png', '/manifest.webmanifest', '/theme.js'];
      const all = [...files, ...built.sort().map((name) => `/assets/${name}`)];
      const page = await readFile(join(folder, 'index.html'), 'utf8');
      const version = createHash('sha256')
        .update(page)
        .update(await readFile(join(root, 'public/theme.js')))
        .update(code)
        .update(all.join('\n'))
        .digest('hex');
      const head = `const FILES = ${JSON.stringify(all)};\nconst VERSION = '${version.slice(0, 12)}';\n`;
      await writeFile(join(folder, 'worker.js'), head + code);
    },
  };
}
