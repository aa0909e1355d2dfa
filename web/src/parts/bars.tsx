// Counts beside each other as bars; each leads to the devices behind it.
import { count, share } from "../text";
import type { Tone } from "./badge";

export interface Bar {
  name: string;
  value: number;
  to?: string;
  tone?: Tone;
}

function Line({ bar, whole }: { bar: Bar; whole: number }) {
  const width = whole === 0 ? 0 : (100 * bar.value) / whole;
  return (
    <>
      <span class="bar-name">{bar.name}</span>
      <span class="bar-line" aria-hidden="true">
        {bar.value > 0 && (
          <span class={`bar-fill ${bar.tone ?? ""}`} style={{ width: `${width}%` }} />
        )}
      </span>
      <span class="number">{count(bar.value)}</span>
      <span class="number soft small">{share(bar.value, whole)}</span>
    </>
  );
}

export function Bars({ bars, whole }: { bars: Bar[]; whole: number }) {
  return (
    <ul class="bars">
      {bars.map((bar) => (
        <li key={bar.name}>
          {bar.to === undefined ? (
            <span class="bar-row">
              <Line bar={bar} whole={whole} />
            </span>
          ) : (
            <a href={bar.to}>
              <Line bar={bar} whole={whole} />
            </a>
          )}
        </li>
      ))}
    </ul>
  );
}
