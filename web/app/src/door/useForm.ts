// What the forms before the door share: a form goes out once at a time, and says why it was refused.
import { useRef, useState } from 'preact/hooks';
import type { Refusal } from './coming.ts';

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

  const run = async (work: () => Promise<Refusal | undefined>) => {
    if (busy) return;
    setBusy(true);
    const refusal = await work();
    if (refusal === undefined) return done();
    setBusy(false);
    setWhy(refusal);
    form.current?.querySelector<HTMLInputElement>(cure(refusal))?.focus();
  };

  return {
    why,
    busy,
    run,
    form: {
      ref: form,
      onSubmit: (event: Event) => {
        event.preventDefault();
        if (form.current === null) return;
        const data = new FormData(form.current);
        void run(() => send((name) => String(data.get(name) ?? '')));
      },
      onInput: () => setWhy(undefined),
    },
  };
}
