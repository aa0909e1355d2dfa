// A time as how long ago it is, with the date for who points at it.
import { useEffect, useState } from "preact/hooks";
import { ago, dateTime } from "../text";

const kTick = 10_000; // [ms]

export function Time({ at, never = "never" }: { at: number | null; never?: string }) {
  const [, tick] = useState(0);
  useEffect(() => {
    const timer = window.setInterval(() => tick((old) => old + 1), kTick);
    return () => window.clearInterval(timer);
  }, []);
  if (at === null || at === 0) return <span class="soft">{never}</span>;
  return (
    <time dateTime={new Date(at * 1000).toISOString()} title={dateTime(at)}>
      {ago(at)}
    </time>
  );
}
