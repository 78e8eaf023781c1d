import './Segmented.css';

interface SegmentedProps<T extends string> {
  label: string;
  name: string;
  value: T;
  choices: readonly { value: T; label: string; lang?: string }[];
  onChoose: (value: T) => void;
}

/** One of a few: radio buttons drawn as one bar. */
export function Segmented<T extends string>({
  label,
  name,
  value,
  choices,
  onChoose,
}: SegmentedProps<T>) {
  return (
    <fieldset class="segmented">
      <legend>{label}</legend>
      <div class="segments">
        {choices.map((choice) => (
          <label key={choice.value} lang={choice.lang}>
            <input
              type="radio"
              name={name}
              checked={choice.value === value}
              onChange={() => onChoose(choice.value)}
            />
            <span>{choice.label}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}
