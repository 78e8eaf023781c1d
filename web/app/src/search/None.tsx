import { Button } from '../components/Button.tsx';
import { type FilterName, readTyped, writeTyped } from './query.ts';
import type { Ready } from './state.ts';
import { searchWords } from './words.ts';

interface NoneProps {
  ready: Ready;
  onAsk: (text: string) => void;
}

/** Nothing was found: says what was searched, and offers to search wider. */
export function None({ ready, onAsk }: NoneProps) {
  const w = searchWords();
  const typed = readTyped(ready.text);
  const wider: { label: string; names: FilterName[] }[] = [
    { label: w.widenDate, names: ['before', 'after'] },
    { label: w.widenRoom, names: ['in'] },
    { label: w.widenFrom, names: ['from'] },
    { label: w.widenHas, names: ['has'] },
  ];
  const offers = wider.filter(({ names }) =>
    typed.filters.some(({ name }) => names.includes(name)),
  );
  return (
    <div class="search-note">
      <p role="status">{w.none(typed.words)}</p>
      {ready.understood.unknown.map(({ name, value }) => (
        <p key={`${name}:${value}`}>{w.unknown(name, value)}</p>
      ))}
      <p>{offers.length > 0 ? w.noneHint : w.noneFewer}</p>
      <div class="actions">
        {offers.map(({ label, names }) => (
          <Button
            key={label}
            onPress={() => {
              const filters = typed.filters.filter(({ name }) => !names.includes(name));
              onAsk(writeTyped({ ...typed, filters }));
            }}
          >
            {label}
          </Button>
        ))}
      </div>
    </div>
  );
}
