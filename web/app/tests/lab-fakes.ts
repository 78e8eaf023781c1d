// A house for the lab's tests: sockets that open when a test says so, and counts that it makes up.
import type { ServerFrame, TransportName } from '@teahouse/sdk';
import { Bench } from '../src/lab/bench.ts';
import type { Lane } from '../src/lab/lane.ts';
import type { Count } from '../src/lab/ledger.ts';
import type { LabSocket, SocketEvents, SocketOptions } from '../src/lab/socket.ts';

export class FakeSocket implements LabSocket {
  readonly options: SocketOptions;
  readonly events: SocketEvents;
  readonly sent: Record<string, unknown>[] = [];
  isClosed = false;

  constructor(options: SocketOptions, events: SocketEvents) {
    this.options = options;
    this.events = events;
  }

  open(session = `session of ${this.options.transport}`): void {
    const limits = {
      frame_bytes_max: 65_536,
      text_bytes_max: 16_384,
      rooms_max: 200,
      sends_unacked_max: 32,
    };
    const token = this.options.token ?? 'fresh';
    this.events.opened({ session, token, heartbeat_s: 25, limits });
  }

  hear(frame: ServerFrame): void {
    this.events.received(frame, JSON.stringify(frame));
  }

  send(line: string): void {
    this.sent.push(JSON.parse(line) as Record<string, unknown>);
  }

  close(): void {
    this.isClosed = true;
  }

  retryNow(): void {}
}

/** A message of the lab's room, as it arrives. */
export function labEvent(cid: string, text = 'x'): ServerFrame {
  return {
    type: 'event',
    room: 'lab',
    seq: 1,
    kind: 'message',
    cid,
    by: { id: '11111111-7c0a-4c8e-8f5e-3a52d2d5a1b9', name: 'Ada' },
    at: 0,
    n: 1,
    body: { text },
  };
}

export class FakeHouse {
  readonly sockets: FakeSocket[] = [];
  readonly kept: string[] = [];
  costs: Record<string, Count> = {};
  asked = 0;
  hidden = false;
  readonly bench: Bench;

  constructor(token: string | undefined) {
    this.bench = new Bench({
      open: (options, events) => {
        const socket = new FakeSocket(options, events);
        this.sockets.push(socket);
        return socket;
      },
      readCosts: async () => {
        this.asked++;
        return this.costs;
      },
      token,
      keepToken: (made) => this.kept.push(made),
      fetch: () => Promise.reject(new Error('nothing is asked of a fake')),
      now: () => performance.now(),
      hidden: () => this.hidden,
    });
  }

  /** The newest connection of that kind. */
  socket(transport: 'auto' | TransportName): FakeSocket {
    const found = this.sockets.findLast(({ options }) => options.transport === transport);
    if (found === undefined) throw new Error(`nothing was opened over ${transport}`);
    return found;
  }

  lane(name: TransportName): Lane {
    const found = this.bench.lanes.find((lane) => lane.name === name);
    if (found === undefined) throw new Error(`there is no lane ${name}`);
    return found;
  }

  /** What the fifth connection sent last. */
  lastCid(): string {
    return String(this.socket('auto').sent.at(-1)?.['cid']);
  }
}
