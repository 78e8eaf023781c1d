/**
 * Builds `dist/`: one ES module without dependencies for each entry, and the types. `--size` only measures it, and
 * fails when what a page would load for an entry has grown over its limit.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync } from 'node:zlib';
import { rolldown } from 'rolldown';

/** Entry → the most that it may load, in bytes of brotli. */
const ENTRIES = { index: 10_000, socket: 6_000 };
const here = (path) => fileURLToPath(new URL(path, import.meta.url));

async function build() {
  rmSync(here('dist'), { recursive: true, force: true });
  // Each entry is one file: an app uses one or the other, and one file compresses better.
  for (const entry of Object.keys(ENTRIES)) {
    const bundle = await rolldown({ input: here(`src/${entry}.ts`), platform: 'browser' });
    const file = here(`dist/${entry}.js`);
    await bundle.write({ file, format: 'esm', minify: true, comments: false, sourcemap: true });
    await bundle.close();
  }
  const tsc = here('../../node_modules/.bin/tsc');
  execFileSync(tsc, ['-p', here('tsconfig.build.json')], { stdio: 'inherit' });
}

function measure() {
  for (const [entry, bytes_max] of Object.entries(ENTRIES)) {
    const code = readFileSync(here(`dist/${entry}.js`), 'utf8');
    if (/\bimport\b|\bfrom\s*["'`]/.test(code))
      throw new Error(`dist/${entry}.js loads another file`);
    const bytes = brotliCompressSync(code).byteLength;
    process.stdout.write(`${entry}: ${bytes} bytes in brotli, at most ${bytes_max}\n`);
    if (bytes > bytes_max) process.exitCode = 1;
  }
}

if (!process.argv.includes('--size')) await build();
measure();
