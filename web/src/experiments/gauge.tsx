// A figure as a bar, with the band in which the truth lies.
import type { Tone } from "../parts/badge";
import { placeIn } from "./plan";

interface Interval {
  low: number | null; // null: nothing is known of that side
  high: number | null;
}

interface Scale {
  extent: { low: number; high: number };
  value: number | null;
  interval: Interval | null;
  from?: number; // where the bar begins
  tone?: Tone;
}

function Band({ extent, interval }: { extent: Scale["extent"]; interval: Interval }) {
  const left = interval.low === null ? 0 : placeIn(extent, interval.low);
  const right = interval.high === null ? 100 : placeIn(extent, interval.high);
  return (
    <span
      class="measure-band"
      style={{ left: `${left}%`, width: `${Math.max(0.5, right - left)}%` }}
    />
  );
}

export function Measure({ extent, value, interval, from = extent.low, tone }: Scale) {
  const begin = placeIn(extent, from);
  const end = value === null ? begin : placeIn(extent, value);
  const place = { left: `${Math.min(begin, end)}%`, width: `${Math.abs(end - begin)}%` };
  return (
    <span class="measure" aria-hidden="true">
      {value !== null && <span class={`measure-fill ${tone ?? ""}`} style={place} />}
      {value !== null && interval !== null && <Band extent={extent} interval={interval} />}
      {from > extent.low && <span class="measure-zero" style={{ left: `${begin}%` }} />}
    </span>
  );
}
