/**
 * Builds `dist/`, the package as it is published: an ES module for each entry and one that they
 * share, their types, and a manifest that names them. `--size` only measures it, and fails when what
 * an entry adds, or loads in all, has grown over its limit.
 */
import { execFileSync } from 'node:child_process';
import { copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync } from 'node:zlib';
import { rolldown } from 'rolldown';

/** What a page loads → the most that it may have, in bytes of brotli, as README.md says. */
const LOADS = {
  'the socket': { files: ['shared', 'socket'], bytes_max: 10_000 },
  'the rooms on top': { files: ['index'], bytes_max: 7_100 },
  'a house in all': { files: ['shared', 'index'], bytes_max: 15_900 },
  'every address of the API': { files: ['api'], bytes_max: 2_000 },
  'files on top': { files: ['files'], bytes_max: 2_000 },
};
const ENTRIES = ['index', 'socket', 'api', 'files'];
const here = (path) => fileURLToPath(new URL(path, import.meta.url));

async function build() {
  rmSync(here('dist'), { recursive: true, force: true });
  const input = Object.fromEntries(ENTRIES.map((name) => [name, here(`src/${name}.ts`)]));
  const bundle = await rolldown({ input, platform: 'browser' });
  const files = { entryFileNames: '[name].js', chunkFileNames: 'shared.js' };
  const form = { format: 'esm', minify: true, comments: false, sourcemap: true };
  // What two entries need is in one file, whichever two they are.
  const codeSplitting = { groups: [{ name: 'shared', minShareCount: 2 }] };
  const { output } = await bundle.write({ dir: here('dist'), ...files, ...form, codeSplitting });
  await bundle.close();
  const chunks = output.filter(({ type }) => type === 'chunk').map(({ fileName }) => fileName);
  if (chunks.length !== 5) throw new Error(`there are ${chunks}: LOADS does not know them`);
  const tsc = here('../../node_modules/.bin/tsc');
  execFileSync(tsc, ['-p', here('tsconfig.build.json')], { stdio: 'inherit' });
  writeManifest();
}

/** In the repository the package is its sources; as it is published it is what was built. */
function writeManifest() {
  const {
    private: _,
    scripts,
    devDependencies,
    ...manifest
  } = JSON.parse(readFileSync(here('package.json'), 'utf8'));
  const entry = (name) => ({ types: `./${name}.d.ts`, default: `./${name}.js` });
  const named = ENTRIES.filter((name) => name !== 'index').map((name) => [
    `./${name}`,
    entry(name),
  ]);
  const exports = { '.': entry('index'), ...Object.fromEntries(named) };
  const published = { ...manifest, types: './index.d.ts', exports };
  writeFileSync(here('dist/package.json'), `${JSON.stringify(published, undefined, 2)}\n`);
  copyFileSync(here('README.md'), here('dist/README.md'));
  for (const licence of ['LICENSE-MIT', 'LICENSE-APACHE']) {
    copyFileSync(here(`../../${licence}`), here(`dist/${licence}`));
  }
}

function measure() {
  for (const [what, { files, bytes_max }] of Object.entries(LOADS)) {
    const code = files.map((name) => readFileSync(here(`dist/${name}.js`)));
    const bytes = code.reduce((sum, file) => sum + brotliCompressSync(file).byteLength, 0);
    process.stdout.write(`${what}: ${bytes} bytes in brotli, at most ${bytes_max}\n`);
    if (bytes > bytes_max) process.exitCode = 1;
  }
}

if (!process.argv.includes('--size')) await build();
measure();
