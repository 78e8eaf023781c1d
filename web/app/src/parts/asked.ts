// Something asked of the house and shown on a page: loading, here, failed; and acts that change it.
import { useEffect, useRef, useState } from 'preact/hooks';
import { connection } from '../state/house.ts';
import { codeOf } from '../state/me.ts';
import { faultText } from './faults.ts';

export interface Asked<T> {
  /** `undefined` while it is not here. */
  value: T | undefined;
  /** The code of why it did not come. */
  failed: string | undefined;
  /** Asks again; what is shown stays until the answer is here. */
  again: () => Promise<void>;
  set: (value: T) => void;
}

/** Asks when it is drawn and when `about` changes; an answer to an older question is dropped. */
export function useAsked<T>(ask: () => Promise<T>, about: unknown = undefined): Asked<T> {
  const [value, setValue] = useState<T | undefined>();
  const [failed, setFailed] = useState<string | undefined>();
  const round = useRef(0);
  const again = async () => {
    round.current += 1;
    const mine = round.current;
    try {
      const answer = await ask();
      if (mine !== round.current) return;
      setValue(() => answer);
      setFailed(undefined);
    } catch (error) {
      if (mine === round.current) setFailed(codeOf(error));
    }
  };
  useEffect(() => {
    void again();
    return () => {
      round.current += 1;
    };
  }, [about]);
  // Nobody answered; now somebody does.
  const isBack = failed === 'unreachable' && connection.value === 'live';
  useEffect(() => {
    if (isBack) void again();
  }, [isBack]);
  return { value, failed, again, set: (next) => setValue(() => next) };
}

/** An act on a page: one at a time; what went wrong is said in `fault`. */
export function useAct() {
  const [fault, setFault] = useState<string | undefined>();
  const [busy, setBusy] = useState(false);
  /** Says whether it was done. */
  const act = async (work: () => Promise<unknown>): Promise<boolean> => {
    if (busy) return false;
    setBusy(true);
    setFault(undefined);
    try {
      await work();
      return true;
    } catch (error) {
      // The browser's own question was declined: nothing went wrong.
      if (!(error instanceof DOMException)) setFault(faultText(error));
      return false;
    } finally {
      setBusy(false);
    }
  };
  return { act, busy, fault, setFault };
}
