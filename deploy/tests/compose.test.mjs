/**
 * Reads compose.yaml and what it names, and checks that the parts fit together. It starts nothing: no container
 * engine is needed, and none has run the file in these tests.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import test from 'node:test';
import { parse } from 'yaml';

const read = (/** @type {string} */ path) =>
  readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');

/**
 * @typedef {object} Service
 * @property {string} image
 * @property {{ context: string, dockerfile: string }} [build]
 * @property {string[]} [command]
 * @property {Record<string, string>} [environment]
 * @property {string} restart
 * @property {string} [stop_grace_period]
 * @property {string[]} networks
 * @property {string[]} [secrets]
 * @property {Array<string | { type: string, target: string }>} [volumes]
 * @property {Record<string, { condition: string }>} [depends_on]
 * @property {{ test: string[], interval: string, timeout: string, retries: number }} healthcheck
 * @property {string[]} [ports]
 */

/** @type {{ services: Record<string, Service>, networks: Record<string, { internal?: boolean } | null>, volumes: object, secrets: Record<string, { file: string }> }} */
const house = parse(read('compose.yaml'), { merge: true });
const services = Object.entries(house.services);
const nodes = services.filter(([name]) => name.startsWith('node-'));

/** A version of at least two numbers, and no word that means whatever is newest. */
const PINNED = /^[a-z/-]+:\d+\.\d+(\.\d+)?(-[a-z0-9.-]+)?$/;

test('there are three nodes, PostgreSQL, NATS and HAProxy', () => {
  const names = services.map(([name]) => name).sort();
  assert.deepEqual(names, ['haproxy', 'nats', 'node-1', 'node-2', 'node-3', 'postgres']);
});

test('every image has a version', () => {
  for (const [name, service] of services) assert.match(service.image, PINNED, name);
  const bases = read('Dockerfile').matchAll(/^FROM (\S+)/gm);
  const images = [...bases].map(([, image = '']) => image);
  assert.equal(images.length, 3);
  for (const image of images) assert.match(image, PINNED);
});

test('every service says how it is, and comes back by itself', () => {
  for (const [name, { healthcheck, restart }] of services) {
    assert.equal(healthcheck.test[0], 'CMD', name);
    assert.ok(healthcheck.interval && healthcheck.timeout && healthcheck.retries > 0, name);
    assert.equal(restart, 'unless-stopped', name);
  }
});

test('what a service needs is there', () => {
  for (const [name, service] of services) {
    for (const network of service.networks)
      assert.ok(network in house.networks, `${name} ${network}`);
    for (const secret of service.secrets ?? [])
      assert.ok(secret in house.secrets, `${name} ${secret}`);
    for (const [other, { condition }] of Object.entries(service.depends_on ?? {})) {
      assert.ok(other in house.services, `${name} waits for ${other}`);
      assert.equal(condition, 'service_healthy', `${name} waits for ${other}`);
    }
    for (const volume of service.volumes ?? []) {
      if (typeof volume !== 'string') continue;
      const source = volume.split(':')[0] ?? '';
      const isThere = source.startsWith('./')
        ? existsSync(new URL(`../${source}`, import.meta.url))
        : source in house.volumes;
      assert.ok(isThere, `${name} ${source}`);
    }
  }
});

test('nodes are told only what the house understands', () => {
  const example = read('../teahouse.example.toml');
  const keys = new Set([...example.matchAll(/^# ([a-z_]+) = /gm)].map(([, key]) => key));
  for (const [name, node] of nodes) {
    for (const variable of Object.keys(node.environment ?? {})) {
      const key = variable.replace(/^TEAHOUSE_/, '').toLowerCase();
      assert.ok(variable.startsWith('TEAHOUSE_') && keys.has(key), `${name}: ${variable}`);
    }
    assert.equal(node.environment?.['TEAHOUSE_NODE'], name);
    assert.match(node.environment?.['TEAHOUSE_NATS'] ?? '', /@nats:4222$/);
    assert.equal(node.environment?.['TEAHOUSE_DATABASE_FILE'], '/run/secrets/database');
  }
});

test('a node has the time to let everybody go', () => {
  const drain = /^# drain_s = (\d+)/m.exec(read('../teahouse.example.toml'))?.[1];
  assert.ok(drain);
  for (const [, node] of nodes) {
    assert.ok(Number.parseInt(node.stop_grace_period ?? '', 10) > Number(drain) + 6);
  }
});

test('PostgreSQL takes the connections of all nodes', () => {
  const most = /max_connections=(\d+)/.exec(
    house.services['postgres']?.command?.join(' ') ?? '',
  )?.[1];
  // Sixteen of a node, and some for whoever looks after it.
  assert.ok(Number(most) >= nodes.length * 16 + 10);
});

test('only HAProxy is reached from outside, and it cannot reach NATS or PostgreSQL', () => {
  assert.deepEqual(
    services.filter(([, service]) => service.ports).map(([name]) => name),
    ['haproxy'],
  );
  assert.deepEqual(house.services['haproxy']?.networks, ['people']);
  for (const part of ['nats', 'postgres']) {
    assert.deepEqual(house.services[part]?.networks, ['inside']);
  }
  assert.equal(house.networks['inside']?.internal, true);
});

test('HAProxy knows exactly the nodes', () => {
  const servers = [...read('haproxy.cfg').matchAll(/^ {4}server (\S+) (\S+)$/gm)];
  const expected = nodes.map(([name]) => [name, `${name}:8888`]);
  assert.deepEqual(
    servers.map(([, name, address]) => [name, address]),
    expected,
  );
});

for (const [status, code] of [
  [200, 0],
  [503, 1],
]) {
  test(`the health check of a node ends with ${code} when it is answered with ${status}`, async () => {
    const server = createServer((_, response) => response.writeHead(status ?? 0).end());
    const port = await new Promise((resolve) => {
      server.listen(0, '127.0.0.1', () => {
        const address = server.address();
        resolve(typeof address === 'object' ? address?.port : undefined);
      });
    });
    const [, ...words] = house.services['node-1']?.healthcheck.test ?? [];
    const [program = '', ...rest] = words.map((word) => word.replace('/8888', `/${port}`));
    const ended = await new Promise((resolve) => spawn(program, rest).on('exit', resolve));
    server.close();
    assert.equal(ended, code);
  });
}
