import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Plugin, transformWithOxc } from 'vite';

/** Writes the service worker beside the page: one file, which knows the files of this version by name. */
export function serviceWorker(): Plugin {
  let root = '';
  return {
    name: 'teahouse:worker',
    apply: 'build',
    configResolved(config) {
      root = config.root;
    },
    async generateBundle(_options, bundle) {
      const source = await readFile(join(root, 'worker/worker.ts'), 'utf8');
      const { code } = await transformWithOxc(source, 'worker.ts');
      const built = Object.keys(bundle).filter((name) => /\.(?:js|css)$/.test(name));
      const files = ['/', '/favicon.svg', '/icon-192.png', '/manifest.webmanifest', '/theme.js'];
      const all = [...files, ...built.sort().map((name) => `/${name}`)];
      const page = await readFile(join(root, 'index.html'), 'utf8');
      const version = createHash('sha256')
        .update(page)
        .update(code)
        .update(all.join('\n'))
        .digest('hex');
      const head = `const FILES = ${JSON.stringify(all)};\nconst VERSION = '${version.slice(0, 12)}';\n`;
      this.emitFile({ type: 'asset', fileName: 'worker.js', source: head + code });
    },
  };
}
