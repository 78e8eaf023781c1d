import { useEffect, useMemo, useState } from 'preact/hooks';
import { Brand } from '../components/Brand.tsx';
import { Button, IconButton } from '../components/Button.tsx';
import { Corner } from '../door/Corner.tsx';
import { doorWords } from '../door/words.ts';
import { houseName } from '../state/house.ts';
import { goBack, mainRoom, roomRoute } from '../state/route.ts';
import { LabBench } from './LabBench.tsx';
import { MeasuredDialog } from './MeasuredDialog.tsx';
import { type LabVisit, newVisit, openLab } from './visit.ts';
import { labWords } from './words.ts';
import '../door/Door.css';
import './LabScreen.css';

/** The transport lab: one message, four ways, what arrives when and what it costs. */
export function LabScreen() {
  const l = labWords();
  const visit = useMemo(newVisit, []);
  const [attempt, setAttempt] = useState(0);
  useEffect(() => openLab(visit), [visit, attempt]);
  useEffect(() => {
    document.title = `${l.title} · ${houseName.value}`;
  }, [l, houseName.value]);
  return <LabPage visit={visit.value} onRetry={() => setAttempt(attempt + 1)} />;
}

/** The page, whatever became of the visit. */
export function LabPage({ visit, onRetry }: { visit: LabVisit; onRetry: () => void }) {
  const l = labWords();
  const bench = visit.state === 'ready' ? visit.bench : undefined;
  return (
    <div class="lab-page">
      <header class="door-top">
        <IconButton icon="cleft" label={l.back} onPress={() => goBack(roomRoute(mainRoom))} />
        <Brand />
        <nav aria-label={doorWords().page}>
          <Corner />
        </nav>
      </header>
      <main class="lab" tabIndex={-1}>
        <header class="lab-head">
          <div>
            <h1>{l.title}</h1>
            <p>{l.lead}</p>
          </div>
          <MeasuredDialog lanes={bench?.lanes ?? []} />
        </header>
        {bench === undefined ? (
          <LabNotice visit={visit} onRetry={onRetry} />
        ) : (
          <LabBench bench={bench} />
        )}
      </main>
    </div>
  );
}

function LabNotice({ visit, onRetry }: { visit: LabVisit; onRetry: () => void }) {
  const l = labWords();
  if (visit.state === 'opening' || visit.state === 'ready') return null;
  const texts = { elsewhere: l.elsewhere, 'no-room': l.noRoom, unreachable: l.unreachable };
  return (
    <div class="lab-notice" role="status">
      <p>{texts[visit.state]}</p>
      {visit.state === 'unreachable' && <Button onPress={onRetry}>{l.retry}</Button>}
    </div>
  );
}
