// How a device fares: as of its last check-in, and over time.
import { useMemo, useState } from "preact/hooks";
import uPlot from "uplot";
import { api } from "../api/client";
import type { Device, Sample } from "../api/words";
import { useReloadOn } from "../live";
import { useLoad } from "../load";
import { Card, Facts, Ready } from "../parts/page";
import { type Drawing, type Palette, Plot } from "../parts/plot";
import { AsTable } from "../parts/table";
import { bytes, count, dateTime, day, hour, kDay, signal, span, words } from "../text";
import { byDay, type Figure, type Health, healthOf, type Span } from "./health";

const kSamplesMax = 1000;
const kHeight = 150; // [px]
const kKiB = 1024;

interface Look {
  name: string;
  colour: string; // a property of the style sheet
  unit: (value: number) => string;
  steps: number[]; // between two lines of the axis
  range: (lowest: number, highest: number) => [number, number];
  isCount?: boolean;
}

const kPowersOfTwo = Array.from({ length: 16 }, (_, power) => 2 ** power);

const kLooks: Record<Figure, Look> = {
  heap_bytes: {
    name: "Least free heap",
    colour: "--plot-1",
    unit: bytes,
    steps: kPowersOfTwo.map((step) => step * kKiB),
    range: (_, highest) => [0, Math.max(8 * kKiB, highest * 1.1)],
  },
  rssi_dbm: {
    name: "Weakest signal",
    colour: "--plot-1",
    unit: signal,
    steps: [5, 10, 20],
    range: (lowest, highest) => [Math.min(-90, lowest - 5), Math.max(-30, highest + 5)],
  },
  resets: {
    name: "Abnormal resets",
    colour: "--bad",
    unit: (value) => count(value),
    steps: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000],
    range: (_, highest) => [0, Math.max(4, highest * 1.1)],
    isCount: true,
  },
  uptime_s: {
    name: "Up for",
    colour: "--plot-1",
    unit: (value) => (value === 0 ? "0" : span(value)),
    steps: [1, 5, 15, 30, 60, 240, 720, 1440, 2880, 7200, 14400, 43200, 144000].map(
      (minutes) => minutes * 60,
    ),
    range: (_, highest) => [0, Math.max(600, highest * 1.1)],
  },
};
const kFigures = Object.keys(kLooks) as Figure[];

interface View {
  samples: Sample[];
  span: Span;
  health: Health;
}

function draw({ health, span }: View, figure: Figure, { colour, axis }: Palette): Drawing {
  const look = kLooks[figure];
  const begin = Math.min(health.times[0] ?? 0, health.end - kDay);
  const ink = colour(look.colour);
  const bars = uPlot.paths.bars?.({ size: [0.7, 12, 3], align: 1 });
  return {
    options: {
      height: kHeight,
      ...(span === "days" && { tzDate: (time) => uPlot.tzDate(new Date(time * 1000), "Etc/UTC") }),
      padding: [10, 28, 0, 0],
      scales: {
        x: { range: [begin, health.end] },
        y: { range: (_, lowest, highest) => look.range(lowest, highest) },
      },
      axes: [
        {
          ...axis,
          grid: { show: false },
          size: 34,
          gap: 10,
          space: 64,
          values: (_, ticks) => ticks.map(span === "hours" ? hour : day),
        },
        {
          ...axis,
          size: 68,
          space: 32,
          incrs: look.steps,
          values: (_, ticks) => ticks.map(look.unit),
        },
      ],
      series: [
        {},
        look.isCount && bars !== undefined
          ? { fill: ink, width: 0, paths: bars, points: { show: false } }
          : { stroke: ink, width: 2, points: { size: 5, fill: ink } },
      ],
    },
    data: [health.times, health[figure]],
  };
}

function cellsOf(sample: Sample) {
  const value = (figure: Figure) => {
    const known = sample[figure];
    return known === null ? "–" : kLooks[figure].unit(known);
  };
  return [
    sample.span_s < kDay ? dateTime(sample.start) : day(sample.start),
    sample.version ?? "–",
    ...kFigures.map(value),
  ];
}

function viewOf(all: Sample[], span: Span): View {
  const samples = span === "days" ? byDay(all) : all.filter((sample) => sample.span_s < kDay);
  return { samples, span, health: healthOf(samples) };
}

function OverTime({ all }: { all: Sample[] }) {
  const [span, choose] = useState<Span>("hours");
  const view = useMemo(() => viewOf(all, span), [all, span]);
  return (
    <div>
      <fieldset class="row choices">
        <legend class="unseen">Over time</legend>
        {(["hours", "days"] as const).map((each) => (
          <label class="check" key={each}>
            <input type="radio" name="span" checked={span === each} onChange={() => choose(each)} />
            {each === "hours" ? "Last days, by hour" : "All, by day"}
          </label>
        ))}
      </fieldset>
      {view.samples.length === 0 ? (
        <p class="soft">It has not checked in for so long that no hour is kept.</p>
      ) : (
        <div class="plots">
          {kFigures.map((figure) => (
            <figure key={figure}>
              <figcaption>{kLooks[figure].name}</figcaption>
              {view.health[figure].some((value) => value !== null) ? (
                <Plot shown={view} draw={(it, palette) => draw(it, figure, palette)} />
              ) : (
                <p class="small soft">The device does not state it.</p>
              )}
            </figure>
          ))}
        </div>
      )}
      <AsTable
        heads={[
          span === "days" ? "Day" : "Hour from",
          "Version",
          ...kFigures.map((figure) => kLooks[figure].name),
        ]}
        rows={view.samples.map(cellsOf)}
      />
    </div>
  );
}

// What its application measures, by the names and in the units that it has chosen.
function metricRows(device: Device): [string, string][] {
  return Object.entries(device.metrics ?? {}).map(([name, value]) => [name, String(value)]);
}

export function HealthCard({ device }: { device: Device }) {
  const history = useLoad(
    (signal) =>
      api.get("/api/v1/devices/{device}/history", {
        path: { device: device.id },
        query: { limit: kSamplesMax },
        signal,
      }),
    [device.id],
  );
  useReloadOn(["seen"], device.product, history.reload, { device: device.id });
  const uptime = device.uptime_s;
  const heap = device.heap_bytes;
  return (
    <Card title="Health" aside="as of its last check-in, and over time">
      <div class="stack">
        <Facts
          rows={[
            ["Up for", uptime === null ? "not stated" : span(uptime)],
            ["Started because of", device.reset_reason ? words(device.reset_reason) : "not stated"],
            ["Abnormal resets", count(device.resets)],
            ["Least free heap", heap === null ? "not stated" : bytes(heap)],
            ["Signal", device.rssi_dbm === null ? "not stated" : signal(device.rssi_dbm)],
            ...metricRows(device),
          ]}
        />
        <Ready loaded={history}>
          {({ samples }) =>
            samples.length === 0 ? (
              <p class="soft">No check-in has been counted yet: none is drawn.</p>
            ) : (
              <OverTime all={samples} />
            )
          }
        </Ready>
      </div>
    </Card>
  );
}
