// Counts by day as a stack of bars, with what each colour is and the same as a table.
import uPlot from "uplot";
import { type Drawing, type Palette, Plot } from "../parts/plot";
import { AsTable } from "../parts/table";
import { count, day, kDay } from "../text";
import { type Days, type Series, stacked } from "./days";

const kHeight = 220; // [px]

function draw({ days, series }: Days, { colour, axis }: Palette): Drawing {
  const bars = uPlot.paths.bars?.({ size: [0.7, 36], align: 0 });
  // The tallest first, so that each covers the lower part of the one before.
  const drawn = series.map((one, index) => ({ one, heights: stacked(series)[index] ?? [] }));
  drawn.reverse();
  return {
    options: {
      height: kHeight,
      padding: [8, 28, 0, 0],
      scales: {
        x: { time: false, range: [(days[0] ?? 0) - kDay / 2, (days.at(-1) ?? 0) + kDay / 2] },
        y: { range: (_, __, max) => [0, Math.max(4, max * 1.1)] },
      },
      axes: [
        {
          ...axis,
          grid: { show: false },
          size: 34,
          gap: 10,
          values: (_, ticks) => ticks.map(day),
          incrs: [1, 2, 7, 14, 28, 91].map((days) => days * kDay),
          space: 60,
        },
        {
          ...axis,
          size: 56,
          values: (_, ticks) => ticks.map((tick) => count(tick)),
          incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5, 2e5, 5e5],
        },
      ],
      series: [
        {},
        ...drawn.map(({ one }) => ({
          fill: colour(one.colour),
          width: 0,
          points: { show: false },
          ...(bars !== undefined && { paths: bars }),
        })),
      ],
    },
    data: [days, ...drawn.map(({ heights }) => heights)],
  };
}

// `figure`: what is told of a series beside its name.
export function StackedDays({ shown, figure }: { shown: Days; figure: (one: Series) => string }) {
  const { days, series } = shown;
  const counted = days
    .map((_, index) => index)
    .filter((at) => series.some((one) => one.values[at]));
  return (
    <>
      <Plot shown={shown} draw={draw} />
      <ul class="legend">
        {series.map((one) => (
          <li key={one.name}>
            <span class="legend-sign" style={{ background: `var(${one.colour})` }} />
            {one.name}
            <span class="soft"> {figure(one)}</span>
          </li>
        ))}
      </ul>
      <AsTable
        heads={["Day", ...series.map((one) => one.name)]}
        rows={counted
          .reverse()
          .map((at) => [day(days[at] ?? 0), ...series.map((one) => count(one.values[at] ?? 0))])}
      />
    </>
  );
}
