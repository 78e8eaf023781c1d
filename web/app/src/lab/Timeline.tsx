import { useEffect, useRef } from 'preact/hooks';
import type { Bench } from './bench.ts';
import { type Lane, shown_ms } from './lane.ts';
import { type Line, pictureOf } from './picture.ts';
import { labWords } from './words.ts';

interface TimelineProps {
  lane: Lane;
  bench: Bench;
  name: string;
}

/** Where something goes on, the picture goes on to its right edge and beyond. */
const beyond_ms = 3_600_000;

/**
 * The last twelve seconds, drawn in milliseconds: the drawing changes when something happens, and each frame only
 * moves it. Lines and dots are strokes that keep their width, so nothing is stretched.
 */
export function Timeline({ lane, bench, name }: TimelineProps) {
  const l = labWords();
  const moving = useRef<SVGGElement>(null);
  const paused = bench.pausedAt.value;
  useEffect(
    () => follow(() => move(moving.current, bench, paused ?? bench.now())),
    [bench, paused],
  );
  const view = { name: lane.name, spans: lane.spans.value, arrivals: lane.arrivals.value };
  const picture = pictureOf(view, bench.sent.value, lane.state.value === 'live');
  const x = (at: number) => at - bench.began;
  const line = ({ key, from, to }: Line, y: number, look: string) => (
    <path key={key} class={look} d={`M${x(from)} ${y}H${x(to ?? from + beyond_ms)}`} />
  );
  return (
    <div class="lane-time">
      <svg
        viewBox={`0 0 ${shown_ms} 96`}
        preserveAspectRatio="none"
        role="img"
        aria-label={l.picture(name, picture.dots.length)}
      >
        <g ref={moving}>
          {picture.sent.map(({ key, at }) => (
            <path key={key} class="time-sent" d={`M${x(at)} 0V96`} />
          ))}
          {picture.open.map((span) => line(span, 66, 'time-open'))}
          {picture.ticks.map(({ key, at, news }) => (
            <path key={key} class={news ? 'time-tick news' : 'time-tick'} d={`M${x(at)} 32V64`} />
          ))}
          {picture.waits.map((wait) => line(wait, 48, 'time-wait'))}
          {picture.pending.map((wait) => line(wait, 48, 'time-pending'))}
          {picture.dots.map(({ key, at, late }) => (
            <path key={key} class={late ? 'time-dot late' : 'time-dot'} d={`M${x(at)} 48h.01`} />
          ))}
        </g>
      </svg>
    </div>
  );
}

function move(group: SVGGElement | null, bench: Bench, now: number): void {
  group?.setAttribute('transform', `translate(${shown_ms - (now - bench.began)} 0)`);
}

/** Each frame; once a second for whoever wants less motion. A hidden page has no frames. */
function follow(draw: () => void): () => void {
  draw();
  if (document.documentElement.hasAttribute('data-still')) {
    const timer = setInterval(draw, 1_000);
    return () => clearInterval(timer);
  }
  let frame = 0;
  const next = () => {
    draw();
    frame = requestAnimationFrame(next);
  };
  frame = requestAnimationFrame(next);
  return () => cancelAnimationFrame(frame);
}
