// A device's samples, as plots take them: the oldest first, one list for each figure. Pure.
import type { Sample } from "../api/words";
import { kDay } from "../text";

const kSilence = 1.5 * kDay; // [s] between two samples: the line ends there

export type Span = "hours" | "days"; // days are those of UTC
export type Figure = "heap_bytes" | "rssi_dbm" | "resets" | "uptime_s";

export interface Health extends Record<Figure, (number | null)[]> {
  times: number[]; // [s since 1970-01-01 UTC]
  end: number; // [s since 1970-01-01 UTC] of the last sample
}

// The hours of a day as one sample, as the server makes it of older ones.
export function byDay(samples: Sample[]): Sample[] {
  const days = new Map<number, Sample>();
  const least = (a: number | null, b: number | null) =>
    a === null || b === null ? (a ?? b) : Math.min(a, b);
  for (const sample of samples) {
    const start = sample.start - (sample.start % kDay);
    const later = days.get(start);
    days.set(start, {
      ...(later ?? sample),
      start,
      span_s: kDay,
      resets: sample.resets + (later?.resets ?? 0),
      heap_bytes: least(sample.heap_bytes, later?.heap_bytes ?? null),
      rssi_dbm: least(sample.rssi_dbm, later?.rssi_dbm ?? null),
    });
  }
  return [...days.values()];
}

export function healthOf(samples: Sample[]): Health {
  const health: Health = {
    times: [],
    end: 0,
    heap_bytes: [],
    rssi_dbm: [],
    resets: [],
    uptime_s: [],
  };
  const add = (time: number, sample: Record<Figure, number | null>) => {
    health.times.push(time);
    for (const figure of ["heap_bytes", "rssi_dbm", "resets", "uptime_s"] as const) {
      health[figure].push(sample[figure]);
    }
  };
  const nothing = { heap_bytes: null, rssi_dbm: null, resets: null, uptime_s: null };
  for (const sample of [...samples].reverse()) {
    const before = health.times.at(-1);
    if (before !== undefined && sample.start - before > kSilence) add(health.end, nothing);
    add(sample.start, sample);
    health.end = sample.start + sample.span_s;
  }
  return health;
}
