import { signal } from '@preact/signals';
import { useEffect, useState } from 'preact/hooks';
import type { Desk } from '../components/Composer.tsx';
import { MessageBody } from '../components/MessageBody.tsx';
import { cleanText } from '../state/composer.ts';
import type { Writing } from '../state/writing.ts';
import { knownPeople } from './people.ts';
import { wireText } from './wire.ts';
import { composeWords } from './words.ts';

/** Where the preview is open. */
export const preview = signal<Writing | undefined>(undefined);

/** What the text will look like, over the field. */
export function Preview({ desk: { writing, field } }: { desk: Desk }) {
  const [text, setText] = useState('');
  const isOpen = preview.value === writing;
  useEffect(() => {
    if (!isOpen) return;
    const read = () => setText(wireText(writing, cleanText(field.value)));
    read();
    field.addEventListener('input', read);
    return () => field.removeEventListener('input', read);
  }, [isOpen, writing, field]);
  if (!isOpen || text === '') return null;
  return (
    <section class="composer-preview" aria-label={composeWords().preview}>
      <MessageBody text={text} mentions={knownPeople(writing)} />
    </section>
  );
}
