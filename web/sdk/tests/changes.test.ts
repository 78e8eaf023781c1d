/** What one does with a message: replies, edits, deletions, reactions and pins go the way of messages. */
import { describe, expect, test } from 'vitest';
import { type Keep, memoryKeep } from '../src/keep.js';
import { listen, town, visit } from './world/house.js';

const SECOND = 1_000;

async function inside(keep: Keep = memoryKeep()) {
  const { clock, server } = town(['1024']);
  server.post('1024', 'one');
  const v = visit(server, keep);
  const room = v.house.room('1024');
  const heard = listen(room);
  const opened = room.open();
  const entered = v.house.enter('Ada');
  await clock.pass(SECOND);
  await Promise.all([opened, entered]);
  return { clock, server, keep, room, heard, ...v };
}

const file = { id: 'f1', name: 'tea.webp', type: 'image/webp', bytes: 10 };

describe('what is sent', () => {
  test('has the kind and the body of docs/protocol.md, and leaves the outbox when it is shown', async () => {
    const w = await inside();
    await w.room.send('two', { target: 1 });
    await w.room.send('', { files: [file] });
    await w.room.edit(2, 'deux');
    await w.room.react(1, '🍵');
    await w.room.react(1, '🍵', false);
    await w.room.pin(1);
    await w.room.remove(2);
    expect(w.room.outbox).toHaveLength(7);
    await w.clock.pass(SECOND);
    expect(w.room.outbox).toEqual([]);
    const sends = w.page.connections[0]?.received.filter(({ type }) => type === 'send') ?? [];
    expect(sends.map(({ kind, body }) => [kind, body])).toEqual([
      ['message', { text: 'two', target: 1 }],
      ['message', { text: '', files: ['f1'] }],
      ['edit', { text: 'deux', target: 2 }],
      ['reaction', { target: 1, emoji: '🍵', on: true }],
      ['reaction', { target: 1, emoji: '🍵', on: false }],
      ['pin', { target: 1, on: true }],
      ['delete', { target: 2 }],
    ]);
  });

  test('is not blank, but for a message of files', async () => {
    const w = await inside();
    await expect(w.room.send(' ')).rejects.toMatchObject({ code: 'bad_field' });
    await expect(w.room.send(' ', { files: [file] })).rejects.toMatchObject({ code: 'bad_field' });
    await expect(w.room.edit(1, '')).rejects.toMatchObject({ code: 'bad_field' });
    expect(w.room.outbox).toEqual([]);
  });

  test('survives a reload', async () => {
    const w = await inside();
    w.page.cut();
    await w.room.react(1, '🍵');
    w.page.kill();
    const again = visit(w.server, w.keep);
    again.house.enter().catch(() => {});
    await w.clock.pass(SECOND);
    expect(w.server.log('1024').at(-1)).toMatchObject({ kind: 'reaction', body: { emoji: '🍵' } });
  });
});

describe('a refusal', () => {
  test('because it is so already is none', async () => {
    const w = await inside();
    w.server.faults.refuse = ({ type }) => (type === 'send' ? { code: 'no_change' } : undefined);
    await w.room.react(1, '🍵');
    await w.clock.pass(SECOND);
    expect(w.room.outbox).toEqual([]);
    expect(await w.keep.outbox()).toEqual([]);
  });

  test('of anything else is told, and may be tried again', async () => {
    const w = await inside();
    w.server.faults.refuse = ({ type }) => (type === 'send' ? { code: 'muted' } : undefined);
    const { cid } = await w.room.edit(1, 'deux');
    await w.clock.pass(SECOND);
    expect(w.room.outbox).toMatchObject([{ cid, kind: 'edit', target: 1, state: 'failed' }]);
    w.server.faults = {};
    await w.room.retry(cid);
    await w.clock.pass(SECOND);
    expect(w.server.log('1024').at(-1)).toMatchObject({ kind: 'edit', body: { text: 'deux' } });
  });
});
