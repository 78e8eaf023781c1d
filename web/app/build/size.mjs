// Checks what the first visit costs against the budgets of the design: brotli bytes of index.html's own
// scripts and styles plus one language, and every lazy chunk by itself. Reads the .br files of the last build.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const firstLoadBytesMax = 60_000;
const chunkBytesMax = 40_000;
const dist = join(dirname(fileURLToPath(import.meta.url)), '..', 'dist');

const page = join(dist, 'index.html');
if (!existsSync(page)) fail(`There is no build in ${dist}: run npm run build -w web/app first.`);

const html = readFileSync(page, 'utf8');
const first = [...html.matchAll(/(?:src|href)="\/([^"]+\.(?:js|css))"/g)].map(
  (match) => match[1] ?? '',
);
if (first.length < 3)
  fail(
    `index.html names only ${first.length} scripts and styles: this check no longer sees what it counts.`,
  );
const lazy = readdirSync(join(dist, 'assets'))
  .filter((name) => /\.(?:js|css)$/.test(name))
  .map((name) => `assets/${name}`)
  .filter((name) => !first.includes(name));
const languages = lazy.filter((name) => name.includes('messages.'));
if (languages.length < 2) fail('The two languages are not chunks of their own any more.');

const language = Math.max(...languages.map(brotliBytes));
const total = first.reduce((sum, name) => sum + brotliBytes(name), language);
for (const name of [...first, ...lazy]) tell(`${String(brotliBytes(name)).padStart(7)} B  ${name}`);
tell(`${String(total).padStart(7)} B  first load with one language (limit ${firstLoadBytesMax})`);

if (total > firstLoadBytesMax)
  fail(`The first load is ${total - firstLoadBytesMax} B over its budget.`);
for (const name of lazy) {
  if (brotliBytes(name) > chunkBytesMax)
    fail(`${name} is over the ${chunkBytesMax} B of a lazy chunk.`);
}

function brotliBytes(name) {
  return statSync(join(dist, `${name}.br`)).size;
}

function tell(line) {
  process.stdout.write(`${line}\n`);
}

function fail(why) {
  process.stderr.write(`${why}\n`);
  process.exit(1);
}
