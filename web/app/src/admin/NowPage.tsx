import * as api from '@teahouse/sdk/api';
import { useEffect, useRef, useState } from 'preact/hooks';
import { words } from '../i18n/language.ts';
import { useAsked } from '../parts/asked.ts';
import { Waiting } from '../parts/Waiting.tsx';
import { house } from '../state/house.ts';
import { type Figure, figuresOf, rateBetween } from './figures.ts';
import { adminWords } from './words.ts';
import './NowPage.css';

const every_ms = 2000;

/** How the house is at this moment: as cards, and as a table to read out or copy. */
export function NowPage() {
  const a = adminWords();
  const t = words();
  const asked = useAsked(() => api.now(house()));
  const rate = useRate(asked.value);
  useEffect(() => {
    // Nobody looks: nobody asks.
    const timer = setInterval(() => document.hidden || void asked.again(), every_ms);
    return () => clearInterval(timer);
  }, []);
  if (asked.value === undefined) return <Waiting asked={asked} />;
  const figures = figuresOf(a, (name) => t.wireName(name), asked.value, rate);
  return (
    <>
      <ul class="figures broad">
        {figures.map((figure) => (
          <Card key={figure.name} figure={figure} />
        ))}
      </ul>
      <details>
        <summary>{a.nowTable}</summary>
        <table>
          <thead>
            <tr>
              <th scope="col">{a.nowFigure}</th>
              <th scope="col">{a.nowValue}</th>
            </tr>
          </thead>
          <tbody>
            {figures.map(({ name, value, note }) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td>{note === undefined ? value : `${value} (${note})`}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    </>
  );
}

function Card({ figure }: { figure: Figure }) {
  return (
    <li class={figure.bad ? 'figure bad' : 'figure'}>
      <span>{figure.name}</span>
      <b>{figure.value}</b>
      <small>{figure.note}</small>
    </li>
  );
}

/** Events per second between the last two answers. */
function useRate(now: api.Now | undefined): number | undefined {
  const before = useRef<{ events: number; at: number } | undefined>(undefined);
  const [rate, setRate] = useState<number | undefined>();
  useEffect(() => {
    if (now === undefined) return;
    const next = { events: now.events, at: performance.now() };
    setRate(rateBetween(before.current, next));
    before.current = next;
  }, [now]);
  return rate;
}
