import { Icon } from './Icon.tsx';
import './FieldError.css';

/** What is wrong with a field, under it. The field names it with `aria-describedby`. */
export function FieldError({ id, text }: { id: string; text: string | undefined }) {
  return (
    <p class="field-error" id={id} role="alert">
      {text !== undefined && (
        <>
          <Icon name="alert" size={16} />
          <span>{text}</span>
        </>
      )}
    </p>
  );
}
