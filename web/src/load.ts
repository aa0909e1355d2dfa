// Reading from the server while a component is shown.
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { Refusal } from "./api/client";

export interface Loaded<T> {
  data: T | null; // the last that was read; null: nothing yet
  error: Refusal | null;
  reload: () => void;
  took: number; // [ms] the last reading
}

function refusal(cause: unknown): Refusal {
  if (cause instanceof Refusal) return cause;
  return new Refusal(0, "", cause instanceof Error ? cause.message : String(cause));
}

// Reads anew when one of `inputs` changes or reload() is called; what was there stays shown while
// the same inputs are read again.
export function useLoad<T>(
  read: (signal: AbortSignal) => Promise<T>,
  inputs: unknown[],
): Loaded<T> {
  const [state, setState] = useState<{ data: T | null; error: Refusal | null }>({
    data: null,
    error: null,
  });
  const took = useRef(0);
  const [turn, setTurn] = useState(0);
  const key = JSON.stringify(inputs);
  const shown = useRef(key);
  useEffect(() => {
    const stop = new AbortController();
    if (shown.current !== key) setState({ data: null, error: null });
    shown.current = key;
    const began = performance.now();
    read(stop.signal).then(
      (data) => {
        if (stop.signal.aborted) return;
        took.current = performance.now() - began;
        setState({ data, error: null });
      },
      (cause) =>
        !stop.signal.aborted && setState((old) => ({ data: old.data, error: refusal(cause) })),
    );
    return () => stop.abort();
  }, [key, turn]);
  const reload = useCallback(() => setTurn((count) => count + 1), []);
  return { ...state, reload, took: took.current };
}

export interface Deed {
  isBusy: boolean;
  error: Refusal | null;
  // Runs it, unless it runs already; true if it went well.
  run: (work: () => Promise<void>) => Promise<boolean>;
  clear: () => void;
}

// Something that a person asks for, once at a time.
export function useDeed(): Deed {
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<Refusal | null>(null);
  const run = useCallback(async (work: () => Promise<void>) => {
    setBusy(true);
    setError(null);
    try {
      await work();
      return true;
    } catch (cause) {
      setError(refusal(cause));
      return false;
    } finally {
      setBusy(false);
    }
  }, []);
  const clear = useCallback(() => setError(null), []);
  return { isBusy, error, run, clear };
}
