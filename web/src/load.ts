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
// the same inputs are read again, and never beside other inputs.
export function useLoad<T>(
  read: (signal: AbortSignal) => Promise<T>,
  inputs: unknown[],
): Loaded<T> {
  const key = JSON.stringify(inputs);
  const nothing = { key, data: null, error: null };
  const [state, setState] = useState<{ key: string; data: T | null; error: Refusal | null }>(
    nothing,
  );
  const took = useRef(0);
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    const stop = new AbortController();
    const began = performance.now();
    read(stop.signal).then(
      (data) => {
        if (stop.signal.aborted) return;
        took.current = performance.now() - began;
        setState({ key, data, error: null });
      },
      (cause) =>
        !stop.signal.aborted &&
        setState((old) => ({
          key,
          data: old.key === key ? old.data : null,
          error: refusal(cause),
        })),
    );
    return () => stop.abort();
  }, [key, turn]);
  const reload = useCallback(() => setTurn((count) => count + 1), []);
  const { data, error } = state.key === key ? state : nothing;
  return { data, error, reload, took: took.current };
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
