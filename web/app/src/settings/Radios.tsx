import './Radios.css';

interface RadiosProps<T extends string> {
  label: string;
  name: string;
  value: T;
  choices: readonly { value: T; label: string; hint: string }[];
  onChoose: (value: T) => void;
}

/** One of a few that each need a sentence. */
export function Radios<T extends string>({
  label,
  name,
  value,
  choices,
  onChoose,
}: RadiosProps<T>) {
  return (
    <fieldset class="radios">
      <legend>{label}</legend>
      {choices.map((choice) => (
        <label key={choice.value}>
          <input
            type="radio"
            name={name}
            checked={choice.value === value}
            aria-describedby={`${name}-${choice.value}`}
            onChange={() => onChoose(choice.value)}
          />
          <span>{choice.label}</span>
          <small id={`${name}-${choice.value}`}>{choice.hint}</small>
        </label>
      ))}
    </fieldset>
  );
}
