import { labWords } from './words.ts';

/** What the signs mean. */
export function LabLegend() {
  const l = labWords();
  return (
    <div class="lab-legend">
      <Sign text={l.legendSent}>
        <path class="time-sent" d="M11 0V12" />
      </Sign>
      <Sign text={l.legendAtOnce}>
        <path class="time-dot" d="M11 6h.01" />
      </Sign>
      <Sign text={l.legendLate}>
        <path class="time-wait" d="M2 6H14" />
        <path class="time-dot late" d="M16 6h.01" />
      </Sign>
      <Sign text={l.legendOpen}>
        <path class="time-open" d="M1 6H21" />
      </Sign>
      <Sign text={l.legendEmpty}>
        <path class="time-tick" d="M11 0V12" />
      </Sign>
      <Square look="bar-text" text={l.legendText} />
      <Square look="bar-frame" text={l.legendFrame} />
      <Square look="bar-transport" text={l.legendTransport} />
    </div>
  );
}

function Sign({ text, children }: { text: string; children: preact.ComponentChildren }) {
  return (
    <span>
      <svg class="legend-sign" viewBox="0 0 22 12" aria-hidden="true">
        {children}
      </svg>
      {text}
    </span>
  );
}

function Square({ look, text }: { look: string; text: string }) {
  return (
    <span>
      <svg class="legend-square" viewBox="0 0 10 10" aria-hidden="true">
        <rect class={look} width="10" height="10" rx="3" />
      </svg>
      {text}
    </span>
  );
}
