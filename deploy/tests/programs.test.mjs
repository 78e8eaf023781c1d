/**
 * Has the programs themselves read their configuration: HAProxy, nginx, NATS and systemd, as Debian has them
 * (`bin/setup` installs them). Nothing is started.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('..', import.meta.url));
// Debian puts most of them where only root's search path looks.
const env = { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin`, NATS_PASSWORD: 'secret' };

/**
 * Runs a program that checks a file, and gives what it said.
 * @param {string} program
 * @param {string[]} words
 */
function check(program, ...words) {
  const done = spawnSync(program, words, { env, encoding: 'utf8' });
  assert.ifError(done.error);
  assert.equal(done.status, 0, `${program} ${words.join(' ')}\n${done.stdout}${done.stderr}`);
  return done.stdout + done.stderr;
}

/** @param {(folder: string) => void} use */
function withFolder(use) {
  const folder = mkdtempSync(join(tmpdir(), 'teahouse-deploy-'));
  try {
    use(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test('HAProxy takes its configuration', () => {
  const said = check('haproxy', '-c', '-f', join(here, 'haproxy.cfg'));
  // The names of the nodes are known only where the containers are.
  const warnings = said.split('\n').filter((line) => line.includes('[WARNING]'));
  const others = warnings.filter((line) => !line.includes('could not resolve address'));
  assert.deepEqual(others, []);
});

test('nginx takes its configuration', () => {
  withFolder((folder) => {
    const kinds = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
    const places = kinds.map((kind) => `${kind}_temp_path ${folder}/${kind};`).join(' ');
    const text = readFileSync(join(here, 'nginx.conf'), 'utf8');
    const file = join(folder, 'nginx.conf');
    writeFileSync(file, `pid ${folder}/pid;\n${text.replace('http {', `http { ${places}`)}`);
    check('nginx', '-t', '-q', '-e', 'stderr', '-c', file);
  });
});

test('NATS takes its configuration', () => {
  check('nats-server', '-t', '-c', join(here, 'nats.conf'));
});

test('systemd takes the units', () => {
  withFolder((folder) => {
    const units = readdirSync(join(here, 'systemd'));
    assert.ok(units.length >= 6, units.join());
    for (const unit of units) {
      const text = readFileSync(join(here, 'systemd', unit), 'utf8');
      // The program need not be installed where this runs.
      writeFileSync(join(folder, unit), text.replaceAll(/^(ExecStart\w*=)\S+/gm, '$1/bin/true'));
    }
    const said = check('systemd-analyze', 'verify', ...units.map((unit) => join(folder, unit)));
    assert.equal(said, '');
  });
});

test('every timer has its service, and every service is fenced in', () => {
  const units = readdirSync(join(here, 'systemd'));
  for (const timer of units.filter((unit) => unit.endsWith('.timer'))) {
    assert.ok(units.includes(timer.replace('.timer', '.service')), timer);
  }
  for (const unit of units.filter((one) => one.endsWith('.service'))) {
    const text = readFileSync(join(here, 'systemd', unit), 'utf8');
    for (const line of ['ProtectSystem=strict', 'NoNewPrivileges=yes', 'User=']) {
      assert.ok(text.includes(`\n${line}`), `${unit} lacks ${line}`);
    }
  }
});
