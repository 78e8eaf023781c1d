// The transport lab in the states that a lane can have, with figures that are made up.
import { LabBench } from '../src/lab/LabBench.tsx';
import { LabPage } from '../src/lab/LabScreen.tsx';
import type { Arrival, Lane, Span } from '../src/lab/lane.ts';
import { transport } from '../src/state/house.ts';
import { FakeHouse } from '../tests/lab-fakes.ts';

const now = performance.now();
const sentAt = [1, 3, 5, 7, 9, 11].map((s) => now - s * 1_000 - 400);
const way = (delay_ms: number, kept = sentAt): Arrival[] =>
  kept.map((sent_at) => ({ cid: String(sent_at), sent_at, at: sent_at + delay_ms }));

/** A bench that stands still, with a picture in each lane. */
function stillBench(): FakeHouse {
  const house = new FakeHouse('known');
  const { bench } = house;
  bench.pausedAt.value = now;
  bench.sent.value = sentAt.map((at) => ({ cid: String(at), at }));
  const open: Span = { from: now - 20_000, to: undefined, news: false };
  const asks = way(8).map(({ at }) => ({ from: at, to: at + 1_990, news: true }));
  const polls = way(900).map(({ at }) => ({ from: at - 5, to: at, news: true }));
  const empty = { from: now - 4_000, to: now - 3_995, news: false };
  show(house.lane('websocket'), [open], way(8), 4, 0.1);
  show(house.lane('stream'), [open], way(9), 16, 0.3);
  show(house.lane('long_poll'), asks, way(14), 780, 2.5);
  show(house.lane('poll'), [...polls, empty], way(900), 790, 31);
  return house;
}

function show(lane: Lane, spans: Span[], arrivals: Arrival[], transport: number, idle: number) {
  lane.state.value = 'live';
  lane.spans.value = spans;
  lane.arrivals.value = arrivals;
  lane.delays.value = arrivals.map(({ at, sent_at }) => at - sent_at);
  lane.figures.value = {
    price: { messages: 6, text: 120, frame: transport > 100 ? 460 : 211, transport },
    idle: { bytes: idle * 1_000, requests: Math.floor(idle) },
    opening: undefined,
  };
}

/** Lanes that do not work. */
function brokenBench(): FakeHouse {
  const house = new FakeHouse('known');
  house.bench.pausedAt.value = now;
  house.bench.note.value = 'rate';
  house.lane('websocket').state.value = 'blocked';
  house.lane('stream').state.value = 'lost';
  house.lane('long_poll').state.value = 'ended';
  house.lane('long_poll').why.value = { kind: 'status', status: 504 };
  return house;
}

export function LabStates() {
  transport.value = 'websocket';
  return (
    <div class="lab-states">
      <LabBench bench={stillBench().bench} />
      <LabBench bench={brokenBench().bench} />
      <LabPage visit={{ state: 'elsewhere' }} onRetry={() => {}} />
      <LabPage visit={{ state: 'unreachable' }} onRetry={() => {}} />
    </div>
  );
}
