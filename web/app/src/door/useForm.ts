import { useRef, useState } from 'preact/hooks';
import type { Refusal } from '../state/visit.ts';

/** What the door's forms share: it goes out once at a time, and says why it was refused. */
export interface FormOptions {
  /** Sends the fields; says why it was refused, or nothing. */
  send: (field: (name: string) => string) => Promise<Refusal | undefined>;
  done: () => void;
  /** The selector of the field where this refusal is cured: it takes the focus. */
  cure: (why: Refusal) => string;
}

export function useForm({ send, done, cure }: FormOptions) {
  const form = useRef<HTMLFormElement>(null);
  const [why, setWhy] = useState<Refusal | undefined>();
  const [busy, setBusy] = useState(false);

  const submit = async () => {
    if (busy || form.current === null) return;
    const data = new FormData(form.current);
    setBusy(true);
    const refusal = await send((name) => String(data.get(name) ?? ''));
    if (refusal === undefined) return done();
    setBusy(false);
    setWhy(refusal);
    form.current?.querySelector<HTMLInputElement>(cure(refusal))?.focus();
  };

  return {
    why,
    busy,
    form: {
      ref: form,
      onSubmit: (event: Event) => {
        event.preventDefault();
        void submit();
      },
      onInput: () => setWhy(undefined),
    },
  };
}
