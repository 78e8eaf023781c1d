import { Choice } from './Field.tsx';
import { partWords } from './words.ts';

/** Minutes, or `undefined` for ever. */
export const durations = [10, 60, 1440, 10_080, 43_200, undefined] as const;

interface DurationProps {
  label: string;
  minutes: number | undefined;
  onChoose: (minutes: number | undefined) => void;
}

/** How long something holds. */
export function Duration({ label, minutes, onChoose }: DurationProps) {
  const p = partWords();
  return (
    <Choice
      label={label}
      value={String(minutes ?? '')}
      choices={durations.map((each) => ({ value: String(each ?? ''), label: p.minutes(each) }))}
      onChoose={(value) => onChoose(value === '' ? undefined : Number(value))}
    />
  );
}
