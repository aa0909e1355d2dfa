// How updates went, day by day: confirmed ones by version, and those that did not do.
import { useEffect, useRef, useState } from "preact/hooks";
import uPlot from "uplot";
import { api } from "../api/client";
import { useReloadOn } from "../live";
import { useLoad } from "../load";
import { Empty } from "../parts/notice";
import { Card, Ready } from "../parts/page";
import { count, day } from "../text";
import { type Days, kDay, kFailing, type Series, seriesOf, stacked } from "./update_days";

function draw(element: HTMLElement, { days, series }: Days): uPlot {
  const style = getComputedStyle(document.documentElement);
  const colour = (name: string) => style.getPropertyValue(name).trim();
  const bars = uPlot.paths.bars?.({ size: [0.7, 36], align: 0 });
  // The tallest first, so that each covers the lower part of the one before.
  const drawn = series.map((one, index) => ({ one, heights: stacked(series)[index] ?? [] }));
  drawn.reverse();
  const axis = {
    stroke: colour("--ink-soft"),
    grid: { stroke: colour("--line"), width: 1 },
    ticks: { show: false },
    font: "12px system-ui, sans-serif",
  };
  return new uPlot(
    {
      width: element.clientWidth,
      height: 220,
      padding: [8, 4, 0, 0],
      legend: { show: false },
      cursor: { show: false },
      scales: {
        x: { time: false, range: [(days[0] ?? 0) - kDay / 2, (days.at(-1) ?? 0) + kDay / 2] },
        y: { range: (_, __, max) => [0, Math.max(4, max * 1.1)] },
      },
      axes: [
        {
          ...axis,
          grid: { show: false },
          size: 28,
          values: (_, ticks) => ticks.map(day),
          incrs: [1, 2, 7, 14, 28, 91].map((days) => days * kDay),
          space: 60,
        },
        {
          ...axis,
          size: 46,
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
    [days, ...drawn.map(({ heights }) => heights)],
    element,
  );
}

function Plot({ shown }: { shown: Days }) {
  const element = useRef<HTMLDivElement>(null);
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    const again = () => setTurn((old) => old + 1);
    const theme = new MutationObserver(again);
    theme.observe(document.documentElement, { attributeFilter: ["data-theme"] });
    window.addEventListener("resize", again);
    return () => {
      theme.disconnect();
      window.removeEventListener("resize", again);
    };
  }, []);
  useEffect(() => {
    if (element.current === null) return;
    const plot = draw(element.current, shown);
    return () => plot.destroy();
  }, [shown, turn]);
  return <div class="plot" ref={element} aria-hidden="true" />;
}

function Legend({ series }: { series: Series[] }) {
  return (
    <ul class="legend">
      {series.map(({ name, colour, values }) => (
        <li key={name}>
          <span class="legend-sign" style={{ background: `var(${colour})` }} />
          {name}
          <span class="soft"> {count(values.reduce((sum, value) => sum + value, 0))}</span>
        </li>
      ))}
    </ul>
  );
}

export function UpdatesCard({ product }: { product: string }) {
  const reports = useLoad(
    (signal) => api.get("/api/v1/products/{product}/reports", { path: { product }, signal }),
    [product],
  );
  useReloadOn(["report"], product, reports.reload);
  return (
    <Card title="Updates by day" aside="reports of confirmed and failing updates">
      <Ready loaded={reports}>
        {({ counts }) => {
          const told = counts.filter(
            (row) => row.outcome === "confirmed" || kFailing.includes(row.outcome),
          );
          if (told.length === 0) {
            return (
              <Empty title="No update has ended yet">
                <p>Each confirmed, failed or rolled back update is counted here, day by day.</p>
              </Empty>
            );
          }
          const shown = seriesOf(told);
          return (
            <>
              <Plot shown={shown} />
              <Legend series={shown.series} />
            </>
          );
        }}
      </Ready>
    </Card>
  );
}
