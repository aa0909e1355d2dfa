// What was counted day by day and by version: what the plots of the fleet page stack. Pure.

import { kDay } from "../text";

const kVersions = 4; // shown by name; the rest together
const kDaysMin = 14;
export const kFailing = ["rolled_back", "failed"];

export interface Series {
  name: string;
  colour: string; // a property of the style sheet
  values: number[]; // one a day
}

export interface Days {
  days: number[]; // [s since 1970-01-01 UTC]
  series: Series[];
}

interface DayCount {
  day: number;
  version: string | null;
  count: number;
}

export type UpdateCount = DayCount & { outcome: string };
export type VersionCount = Omit<DayCount, "count"> & { devices: number };

// Days without a gap, up to the last one that has a count.
function daysOf(counts: DayCount[]): number[] {
  const all = counts.map((row) => row.day);
  const last = Math.max(...all);
  const first = Math.min(...all, last - (kDaysMin - 1) * kDay);
  return Array.from({ length: (last - first) / kDay + 1 }, (_, index) => first + index * kDay);
}

function sumsOf(days: number[], counts: DayCount[]): number[] {
  const values = days.map(() => 0);
  for (const row of counts) {
    const index = (row.day - (days[0] ?? 0)) / kDay;
    values[index] = (values[index] ?? 0) + row.count;
  }
  return values;
}

function byVersion(counts: DayCount[]): [version: string, rows: DayCount[]][] {
  const found = new Map<string, DayCount[]>();
  for (const row of counts) {
    const version = row.version ?? "";
    found.set(version, [...(found.get(version) ?? []), row]);
  }
  return [...found].sort(([a], [b]) => b.localeCompare(a, "en", { numeric: true }));
}

interface Names {
  unknown: string; // of what has no version
  rest: string;
}

// The versions that `rank` puts first by name, the newest at the bottom, the rest on top of them.
function versionSeries(
  days: number[],
  counts: DayCount[],
  rank: (rows: DayCount[]) => number,
  names: Names,
): Series[] {
  const versions = byVersion(counts);
  const ranked = [...versions].sort(([, a], [, b]) => rank(b) - rank(a));
  const shown = new Set(ranked.slice(0, kVersions).map(([version]) => version));
  const series = versions
    .filter(([version]) => shown.has(version))
    .map(([version, rows], index) => ({
      name: version || names.unknown,
      colour: `--plot-${index + 1}`,
      values: sumsOf(days, rows),
    }));
  const rest = counts.filter((row) => !shown.has(row.version ?? ""));
  if (rest.length === 0) return series;
  return [...series, { name: names.rest, colour: "--plot-rest", values: sumsOf(days, rest) }];
}

// Confirmed updates by version, and those that did not do.
export function updatesOf(counts: UpdateCount[]): Days {
  const days = daysOf(counts);
  const confirmed = counts.filter((row) => row.outcome === "confirmed");
  const lastDay = (rows: DayCount[]) => Math.max(...rows.map((row) => row.day));
  const series = versionSeries(days, confirmed, lastDay, {
    unknown: "another release",
    rest: "older releases",
  });
  const failing = counts.filter((row) => kFailing.includes(row.outcome));
  if (failing.length > 0) {
    const values = sumsOf(days, failing);
    series.push({ name: "rolled back or failed", colour: "--bad", values });
  }
  return { days, series };
}

// Devices by the version that they ran.
export function versionsOf(counts: VersionCount[]): Days {
  const told = counts.map(({ devices, ...row }) => ({ ...row, count: devices }));
  const days = daysOf(told);
  const total = (rows: DayCount[]) => rows.reduce((sum, row) => sum + row.count, 0);
  const names = { unknown: "not stated", rest: "other versions" };
  return { days, series: versionSeries(days, told, total, names) };
}

// Each on top of those before it.
export function stacked(series: Series[]): number[][] {
  const sums: number[] = [];
  return series.map(({ values }) =>
    values.map((value, index) => {
      sums[index] = (sums[index] ?? 0) + value;
      return sums[index];
    }),
  );
}
