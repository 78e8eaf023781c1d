/**
 * Builds `dist/`: one ES module without dependencies, and the types. `--size` only measures it, and
 * fails when what a page would load has grown over the limit.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync } from 'node:zlib';
import { rolldown } from 'rolldown';

const BROTLI_BYTES_MAX = 10_000;
const here = (path) => fileURLToPath(new URL(path, import.meta.url));

async function build() {
  rmSync(here('dist'), { recursive: true, force: true });
  const bundle = await rolldown({ input: here('src/index.ts'), platform: 'browser' });
  await bundle.write({
    file: here('dist/index.js'),
    format: 'esm',
    minify: true,
    comments: false,
    sourcemap: true,
  });
  await bundle.close();
  const tsc = here('../../node_modules/.bin/tsc');
  execFileSync(tsc, ['-p', here('tsconfig.build.json')], { stdio: 'inherit' });
}

function measure() {
  const code = readFileSync(here('dist/index.js'));
  if (/\bimport\b[^(]*from/.test(code.toString()))
    throw new Error('dist/index.js imports something');
  const bytes = brotliCompressSync(code).byteLength;
  process.stdout.write(`@teahouse/sdk: ${bytes} bytes in brotli, at most ${BROTLI_BYTES_MAX}\n`);
  if (bytes > BROTLI_BYTES_MAX) process.exit(1);
}

if (!process.argv.includes('--size')) await build();
measure();
