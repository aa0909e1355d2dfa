// How updates went, day by day, from counts of reports: what the plot of the fleet page stacks.
// Pure.

export const kDay = 86_400; // [s]
const kVersions = 4; // the newest ones; the rest together
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

export type Count = { day: number; version: string | null; outcome: string; count: number };

// Days without a gap, up to the last one that has reports.
function daysOf(counts: Count[]): number[] {
  const all = counts.map((row) => row.day);
  const last = Math.max(...all);
  const first = Math.min(...all, last - (kDaysMin - 1) * kDay);
  return Array.from({ length: (last - first) / kDay + 1 }, (_, index) => first + index * kDay);
}

export function seriesOf(counts: Count[]): Days {
  const days = daysOf(counts);
  const valuesOf = (wanted: (row: Count) => boolean) => {
    const values = days.map(() => 0);
    for (const row of counts.filter(wanted)) {
      const index = (row.day - (days[0] ?? 0)) / kDay;
      values[index] = (values[index] ?? 0) + row.count;
    }
    return values;
  };
  const confirmed = counts.filter((row) => row.outcome === "confirmed");
  const lastDay = new Map<string, number>();
  for (const row of confirmed) {
    const name = row.version ?? "";
    lastDay.set(name, Math.max(lastDay.get(name) ?? 0, row.day));
  }
  const newest = [...lastDay]
    .sort(
      ([a, dayOfA], [b, dayOfB]) => dayOfB - dayOfA || b.localeCompare(a, "en", { numeric: true }),
    )
    .slice(0, kVersions)
    .map(([name]) => name);
  const isNewest = (row: Count) => newest.includes(row.version ?? "");
  const series: Series[] = newest.map((version, index) => ({
    name: version || "another release",
    colour: `--plot-${index + 1}`,
    values: valuesOf((row) => row.outcome === "confirmed" && (row.version ?? "") === version),
  }));
  const older = valuesOf((row) => row.outcome === "confirmed" && !isNewest(row));
  if (older.some((value) => value > 0)) {
    series.push({ name: "older releases", colour: "--plot-rest", values: older });
  }
  const failing = valuesOf((row) => kFailing.includes(row.outcome));
  if (failing.some((value) => value > 0)) {
    series.push({ name: "rolled back or failed", colour: "--bad", values: failing });
  }
  return { days, series };
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
