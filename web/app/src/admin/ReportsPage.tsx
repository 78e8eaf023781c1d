import * as api from '@teahouse/sdk/api';
import { useState } from 'preact/hooks';
import { FieldError } from '../components/FieldError.tsx';
import { words } from '../i18n/language.ts';
import { useAct, useAsked } from '../parts/asked.ts';
import { Switch } from '../parts/Field.tsx';
import { Waiting } from '../parts/Waiting.tsx';
import { house } from '../state/house.ts';
import { listedRoom } from '../state/rooms.ts';
import { coarse } from '../state/screen.ts';
import { clock } from '../text/time.ts';
import { decidedAs, decisionOf, decisions } from './decisions.ts';
import { adminWords } from './words.ts';
import './NowPage.css';

/** The queue: each report with the messages around it, decided by one key or one press. */
export function ReportsPage({ onDecided }: { onDecided: () => void }) {
  const a = adminWords();
  const [all, setAll] = useState(false);
  const asked = useAsked(() => api.reports(house(), all), all);
  const reports = asked.value?.reports ?? [];
  const decided = async () => {
    await asked.again();
    onDecided();
  };
  return (
    <>
      <Switch label={a.reportsAll} checked={all} onChange={setAll} />
      <Waiting asked={asked} />
      {asked.value !== undefined && reports.length === 0 ? (
        <p class="empty-note">{a.reportsNone}</p>
      ) : (
        !coarse.value && <p class="hint">{a.reportKeys}</p>
      )}
      <ul class="things">
        {reports.map((report) => (
          <li key={report.id}>
            <ReportCard report={report} onDecided={() => void decided()} />
          </li>
        ))}
      </ul>
    </>
  );
}

interface ReportCardProps {
  report: api.Report;
  onDecided: () => void;
}

function ReportCard({ report, onDecided }: ReportCardProps) {
  const a = adminWords();
  const { act, busy, fault } = useAct();
  const { message, by, reason, at } = report;
  const done = decidedAs(report);
  const decide = async (decision: api.Decision) => {
    if (await act(() => api.decide(house(), report.id, decision))) onDecided();
  };
  const press = (event: KeyboardEvent) => {
    const box = event.currentTarget as HTMLElement;
    if (event.target !== box || event.ctrlKey || event.metaKey || event.altKey) return;
    const key = event.key.toLowerCase();
    if (key === 'j' || key === 'k') return moveFrom(box, key === 'j' ? 1 : -1);
    const decision = done === undefined ? decisionOf(key) : undefined;
    if (decision === undefined) return;
    event.preventDefault();
    void decide(decision);
  };
  return (
    <article
      class="report"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: the card takes the keys that decide
      tabIndex={0}
      aria-label={a.reportBy(by.name, reason, at)}
      onKeyDown={press}
    >
      <p class="thing-text">
        <b>{a.reportIn(listedRoom(report.room)?.name ?? report.room)}</b>
        <small>{a.reportBy(by.name, reason, at)}</small>
      </p>
      <Around report={report} />
      {message === undefined && <p class="hint">{a.reportGone}</p>}
      <FieldError id={`report-${report.id}`} text={fault} />
      {done === undefined ? (
        <div class="thing-acts">
          {decisions.map((decision) => (
            <button
              key={decision}
              type="button"
              class={decision === 'dismiss' ? 'button' : 'button danger-button'}
              aria-disabled={busy}
              onClick={() => void decide(decision)}
            >
              {a.decision(decision)}
            </button>
          ))}
        </div>
      ) : (
        <p class="hint">{a.decided(a.decision(done))}</p>
      )}
    </article>
  );
}

/** The message among the ones before and after it. */
function Around({ report }: { report: api.Report }) {
  const t = words();
  const { around, message, seq } = report;
  const has = around.some((event) => event.seq === seq);
  const list = message === undefined || has ? around : [...around, message];
  const shown = [...list].sort((a, b) => a.seq - b.seq);
  if (shown.length === 0) return null;
  return (
    <ul class="report-around">
      {shown.map((event) => (
        <li key={event.seq} class={event.seq === seq ? 'reported' : undefined}>
          <b>{event.by.name}</b>
          <time>{clock(t.tag, event.at)}</time> {event.body.text ?? t.listDeleted}
        </li>
      ))}
    </ul>
  );
}

function moveFrom(card: HTMLElement, step: 1 | -1): void {
  const all = [...document.querySelectorAll<HTMLElement>('article.report')];
  all[all.indexOf(card) + step]?.focus();
}
