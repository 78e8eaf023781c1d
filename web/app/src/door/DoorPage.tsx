import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import { Brand } from '../components/Brand.tsx';
import { houseName } from '../state/house.ts';
import { Corner } from './Corner.tsx';
import { readDoorway } from './coming.ts';
import { doorWords } from './words.ts';
import './DoorPage.css';

/** A page before the door: one question, in the middle. */
export function DoorPage({ title, children }: { title: string; children: ComponentChildren }) {
  useEffect(() => void readDoorway(), []);
  useEffect(() => {
    document.title = `${title} · ${houseName.value}`;
  }, [title, houseName.value]);
  return (
    <div class="door">
      <header class="door-top">
        <Brand />
        <nav aria-label={doorWords().page}>
          <Corner />
        </nav>
      </header>
      <main class="door-page">
        <h1>{title}</h1>
        {children}
      </main>
    </div>
  );
}
