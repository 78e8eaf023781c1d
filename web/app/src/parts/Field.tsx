import type { ComponentChildren, JSX } from 'preact';
import { useId } from 'preact/hooks';
import './Field.css';

interface FieldProps {
  label: string;
  hint?: string;
  /** For a field that has to have a certain one. */
  id?: string;
  children: (id: { id: string; 'aria-describedby'?: string }) => JSX.Element;
}

/** A label, a field and a hint that belong together. */
export function Field({ label, hint, id: given, children }: FieldProps) {
  const made = useId();
  const id = given ?? made;
  const hintId = `${id}-hint`;
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children({ id, ...(hint !== undefined && { 'aria-describedby': hintId }) })}
      {hint !== undefined && (
        <p class="hint" id={hintId}>
          {hint}
        </p>
      )}
    </div>
  );
}

interface ChoiceProps<T extends string> {
  label: string;
  hint?: string;
  value: T;
  choices: readonly { value: T; label: string }[];
  onChoose: (value: T) => void;
}

/** One of several, as the platform shows it. */
export function Choice<T extends string>({
  label,
  hint,
  value,
  choices,
  onChoose,
}: ChoiceProps<T>) {
  return (
    <Field label={label} {...(hint !== undefined && { hint })}>
      {(id) => (
        <select
          class="text-field"
          {...id}
          value={value}
          onChange={(event) => onChoose(event.currentTarget.value as T)}
        >
          {choices.map((choice) => (
            <option key={choice.value} value={choice.value}>
              {choice.label}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

interface SwitchProps {
  label: string;
  checked: boolean;
  onChange: (checked: boolean) => void;
  children?: ComponentChildren;
}

/** Something that is on or off. */
export function Switch({ label, checked, onChange }: SwitchProps) {
  return (
    <label class="switch">
      <input
        type="checkbox"
        role="switch"
        checked={checked}
        aria-checked={checked}
        onChange={(event) => onChange(event.currentTarget.checked)}
      />
      <span>{label}</span>
    </label>
  );
}
