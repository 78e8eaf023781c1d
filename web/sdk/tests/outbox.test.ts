import { describe, expect, test } from 'vitest';
import { ERRORS, errorAction } from '../src/code.js';
import type { OutboxItem } from '../src/keep.js';
import { asPending, Outbox } from '../src/outbox.js';
import { cidOf } from './world/frames.js';

function item(n: number, fields: Partial<OutboxItem> = {}): OutboxItem {
  return {
    cid: cidOf(n),
    room: '1024',
    text: `text ${n}`,
    written_at: n,
    state: 'pending',
    ...fields,
  };
}

/** An outbox with the items 1 to `count`, and its refs. */
function outboxOf(count: number) {
  const outbox = new Outbox('1024', () => 0);
  for (let n = 1; n <= count; n += 1) outbox.put(item(n));
  let ref = 0;
  /** What goes out now, as `cid/ref` and a `!` for the head. */
  const next = (now = 0, free = 32) =>
    outbox
      .next(now, free, () => ++ref)
      .map(
        (send) => `${Number.parseInt(send.cid.slice(-8), 16)}/${send.ref}${send.first ? '!' : ''}`,
      );
  const shown = () => outbox.items.map(({ cid }) => Number.parseInt(cid.slice(-8), 16));
  return { outbox, next, shown };
}

const refusal = (ref: number, code: string, retry_ms?: number) => ({
  type: 'error' as const,
  ref,
  code,
  message: 'No.',
  ...(retry_ms !== undefined && { retry_ms }),
});

describe('sending', () => {
  test('goes in the order written, the head with first', () => {
    const { next } = outboxOf(3);
    expect(next()).toEqual(['1/1!', '2/2', '3/3']);
    expect(next()).toEqual([]);
  });

  test('goes on without first while something is on its way', () => {
    const { outbox, next } = outboxOf(2);
    expect(next(0, 1)).toEqual(['1/1!']);
    expect(next()).toEqual(['2/2']);
    expect(outbox.inFlight).toBe(2);
  });

  test('never takes more than is free', () => {
    const { next } = outboxOf(3);
    expect(next(0, 0)).toEqual([]);
    expect(next(0, -1)).toEqual([]);
  });

  test('carries the text as a message', () => {
    const outbox = new Outbox('1024', () => 0);
    outbox.put(item(1));
    expect(outbox.next(0, 1, () => 9)).toEqual([
      {
        type: 'send',
        ref: 9,
        room: '1024',
        cid: cidOf(1),
        kind: 'message',
        body: { text: 'text 1' },
        first: true,
      },
    ]);
  });
});

describe('an acknowledgement', () => {
  test('takes the item away once the room shows the event', () => {
    const { outbox, next, shown } = outboxOf(2);
    next();
    expect(outbox.acked(cidOf(1), 7, 6)).toBe(true);
    expect(shown()).toEqual([1, 2]);
    expect(outbox.shown(6)).toBe(false);
    expect(outbox.shown(7)).toBe(true);
    expect(shown()).toEqual([2]);
  });

  test('takes it away at once where the event was shown before, or nobody looks', () => {
    const { outbox, shown } = outboxOf(2);
    outbox.acked(cidOf(1), 7, 7);
    outbox.acked(cidOf(2), 8, Number.POSITIVE_INFINITY);
    expect(shown()).toEqual([]);
  });

  test('of a stored item keeps it from going out again', () => {
    const { outbox, next, shown } = outboxOf(1);
    next();
    outbox.acked(cidOf(1), 7, 6);
    outbox.unsend();
    outbox.put(item(1));
    outbox.load([item(1)]);
    expect(next()).toEqual([]);
    expect(shown()).toEqual([1]);
  });

  test('twice is once, and of something unknown is nothing', () => {
    const { outbox } = outboxOf(1);
    expect(outbox.acked(cidOf(1), 7, 7)).toBe(true);
    expect(outbox.acked(cidOf(1), 7, 7)).toBe(false);
    expect(outbox.acked(cidOf(9), 9, 9)).toBe(false);
  });
});

describe('a refusal', () => {
  const codes = Object.keys(ERRORS).map((code) => [code, errorAction({ code })] as const);
  const goesBack = ([code, action]: readonly [string, string]) =>
    action === 'wait' || action === 'reconnect' || code === 'not_subscribed';

  test.each(codes.filter(goesBack))('%s (%s) sends it and all after it again', (code) => {
    const { outbox, next } = outboxOf(3);
    next();
    outbox.refused(refusal(1, code, 900), 1_000);
    expect(outbox.waiting_until).toBe(1_900);
    expect(next(1_899)).toEqual([]);
    expect(next(1_900)).toEqual(['1/4!']);
    outbox.acked(cidOf(1), 1, 1);
    expect(next(1_900)).toEqual(['2/5!', '3/6']);
  });

  test.each(codes.filter((row) => !goesBack(row)))('%s (%s) is a failure of that one', (code) => {
    const { outbox, next, shown } = outboxOf(3);
    next(0, 2);
    const failed = outbox.refused(refusal(1, code), 1_000);
    const retryable = ERRORS[code]?.[0] === 403;
    expect(failed).toEqual({
      ...item(1, { state: 'failed' }),
      error: { code, message: 'No.', retryable },
    });
    expect(next()).toEqual(['3/3']);
    expect(shown()).toEqual([1, 2, 3]);
  });

  test('that says until when is shown with the item until it goes out', () => {
    const { outbox, next } = outboxOf(1);
    next();
    expect(outbox.refused(refusal(1, 'rate', 900), 1_000)?.waiting_until).toBe(1_900);
    next(1_900);
    expect(outbox.items).toEqual([item(1)]);
  });

  test('that does not say until when backs off, longer each time, until one is taken', () => {
    const outbox = new Outbox('1024', () => 0.999_999);
    outbox.put(item(1));
    const waits = [1, 2, 3].map((ref) => {
      outbox.next(Number.MAX_SAFE_INTEGER, 1, () => ref);
      outbox.refused(refusal(ref, 'store_down'), 0);
      return outbox.waiting_until;
    });
    expect(waits).toEqual([1_000, 2_000, 4_000]);
    outbox.put(item(2));
    outbox.acked(cidOf(1), 1, 1);
    outbox.next(Number.MAX_SAFE_INTEGER, 1, () => 4);
    outbox.refused(refusal(4, 'store_down'), 0);
    expect(outbox.waiting_until).toBe(1_000);
  });

  test('of an earlier attempt says nothing', () => {
    const { outbox, next } = outboxOf(2);
    next();
    outbox.refused(refusal(1, 'rate', 900), 0);
    next(900);
    expect(outbox.refused(refusal(2, 'out_of_order'), 900)).toBeUndefined();
    expect(outbox.inFlight).toBe(1);
  });

  test('waits for the answers to what was sent before', () => {
    const { outbox, next } = outboxOf(3);
    next();
    outbox.refused(refusal(2, 'rate', 900), 0);
    expect(outbox.inFlight).toBe(1);
    expect(next(900)).toEqual([]);
    outbox.acked(cidOf(1), 1, 1);
    expect(next(900)).toEqual(['2/4!']);
  });

  test('of something sent before the refused one goes out first', () => {
    const { outbox, next } = outboxOf(3);
    next();
    outbox.refused(refusal(2, 'rate', 900), 0);
    outbox.refused(refusal(1, 'store_busy', 950), 0);
    expect(next(900)).toEqual([]);
    expect(next(950)).toEqual(['1/4!']);
  });

  test('makes it feel its way: one, then twice as much room for each one taken', () => {
    const { outbox, next } = outboxOf(20);
    next();
    outbox.refused(refusal(1, 'rate', 0), 0);
    const batches = [1, 2, 3, 4].map((n) => {
      const { length } = next();
      outbox.acked(cidOf(n), n, n);
      return length;
    });
    expect(batches).toEqual([1, 2, 3, 5]);
  });

  test('of a code that nobody knows is waited for only if it says how long', () => {
    const { outbox, next } = outboxOf(2);
    next();
    expect(outbox.refused(refusal(2, 'brand_new'), 0)?.state).toBe('failed');
    expect(outbox.refused(refusal(1, 'brand_new', 5), 0)?.state).toBe('pending');
  });
});

test('a failed item goes out in its place when it is tried again', () => {
  const { outbox, next } = outboxOf(3);
  next(0, 1);
  const failed = outbox.refused(refusal(1, 'muted'), 0);
  outbox.put(asPending(failed ?? item(9)));
  expect(outbox.items[0]).toEqual(item(1));
  expect(next()).toEqual(['1/2!', '2/3', '3/4']);
});

test('a room that cannot be entered fails everything pending', () => {
  const { outbox, next } = outboxOf(2);
  const changed = outbox.fail({ code: 'no_such_room', message: 'No.' });
  expect(changed.map(({ error }) => error?.code)).toEqual(['no_such_room', 'no_such_room']);
  expect(next()).toEqual([]);
});

test('unsend lets everything go out again', () => {
  const { outbox, next } = outboxOf(2);
  next();
  outbox.unsend();
  expect(next()).toEqual(['1/3!', '2/4']);
});

test('load takes what is kept, in that order', () => {
  const { outbox, shown } = outboxOf(2);
  outbox.load([item(3), item(2)]);
  expect(shown()).toEqual([3, 2]);
});
