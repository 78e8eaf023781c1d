import { partWords } from '../parts/words.ts';
import { LookChoices, OrderChoice } from './LookChoices.tsx';

/** Theme, language and the Enter key, for this browser. */
export function LookPage() {
  return (
    <div class="look">
      <p class="lead">{partWords().lookLead}</p>
      <LookChoices />
      <OrderChoice />
    </div>
  );
}

export function AboutPage() {
  const p = partWords();
  return (
    <>
      <p class="lead">{partWords().programLead}</p>
      <a class="button link-button" href="/licenses.txt" target="_blank" rel="noopener">
        {p.menuLicences}
      </a>
    </>
  );
}
