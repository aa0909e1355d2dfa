// What lets a rollout on: each gate's figure beside what it allows.
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import type { Rollout } from "../api/words";
import { Card } from "../parts/page";
import { useMay } from "../session";
import { count, share } from "../text";
import { GatesEditor } from "./gates_editor";
import { type MetricGate, planOf } from "./plan";

type Metric = keyof Rollout["health"]["metrics"];
type Figures = Rollout["health"]["metrics"][Metric];

const kMetrics: Record<Metric, { name: string; difference: (value: number) => string }> = {
  resets: { name: "Abnormal resets", difference: (value) => `${signed(value, 2)} a device` },
  silence: { name: "Silence", difference: (value) => `${signed(100 * value, 1)} % of devices` },
  heap: { name: "Free heap", difference: (value) => beyond(value, "KiB") },
  signal: { name: "Signal", difference: (value) => beyond(value, "dB") },
};

// Of these the server counts what goes beyond the loss that is allowed.
function beyond(value: number, unit: string): string {
  const side = value > 0 ? "beyond" : "within";
  return `${Math.abs(value).toFixed(1)} ${unit} ${side} the loss allowed`;
}

function signed(value: number, digits: number): string {
  const text = Math.abs(value).toFixed(digits);
  if (Number(text) === 0) return text;
  return `${value > 0 ? "+" : "−"}${text}`;
}

interface Scale {
  part: number; // [percent] of the scale
  limit: number; // [percent] of the scale
  isBad: boolean;
  isLeast?: boolean; // the limit is the least that is wanted, not the most
}

// How far along its scale a figure is, with the band where it may not be.
function Gauge({ part, limit, isBad, isLeast = false }: Scale) {
  const band = isLeast ? { left: "0", width: `${limit}%` } : { left: `${limit}%`, right: "0" };
  return (
    <span class="gauge" aria-hidden="true">
      <span class={isLeast ? "gauge-band is-least" : "gauge-band"} style={band} />
      <span
        class={isBad ? "gauge-fill bad" : "gauge-fill"}
        style={{ width: `${Math.min(100, Math.max(0, part))}%` }}
      />
    </span>
  );
}

interface Row {
  name: string;
  now: ComponentChildren;
  allowed: string;
  gauge: ComponentChildren;
}

function shareRows(rollout: Rollout): Row[] {
  const { gates } = planOf(rollout);
  const tally = rollout.stage_devices;
  const ended = tally.started - tally.open;
  const failing = tally.rolled_back + tally.failed + tally.lost;
  const percent = (part: number) => (ended === 0 ? 0 : (100 * part) / ended);
  const isFailing = rollout.cause === "failing";
  const scale = (value: number, limit: number) => Math.min(100, (value / (2 * limit || 1)) * 100);
  return [
    {
      name: "Failing devices of the stage",
      now: `${count(failing)} of ${count(ended)} ended (${share(failing, ended)})`,
      allowed: `at most ${gates.failing_max} %`,
      gauge: (
        <Gauge part={scale(percent(failing), gates.failing_max)} limit={50} isBad={isFailing} />
      ),
    },
    {
      name: "Confirmed devices of the stage",
      now: `${count(tally.confirmed)} of ${count(ended)} ended (${share(tally.confirmed, ended)})`,
      allowed: `at least ${gates.confirmed_min} %, when its time is over`,
      gauge: (
        <Gauge
          part={percent(tally.confirmed)}
          limit={gates.confirmed_min}
          isBad={rollout.cause === "few_confirmed"}
          isLeast
        />
      ),
    },
  ];
}

function healthRows(rollout: Rollout): Row[] {
  const { log_evidence_limit: limit, metrics, application_metrics } = rollout.health;
  const row = (name: string, figures: Figures, difference: (value: number) => string) => ({
    name,
    now:
      figures.pairs === 0
        ? "no pair compared yet"
        : `${difference(figures.mean_difference)} in ${count(figures.pairs, "pair")}`,
    allowed: `evidence of harm below ${count(Math.round(Math.exp(limit)))} : 1`,
    gauge: (
      <Gauge
        part={(90 * Math.max(0, figures.log_evidence)) / limit}
        limit={90}
        isBad={figures.log_evidence >= limit}
      />
    ),
  });
  const ofGate = ({ name, better, allowance }: MetricGate) =>
    row(
      `Application's ${name}, ${better} is better`,
      application_metrics[name] as Figures,
      (value) => `${beyond(100 * value, "% of the larger value")} (${allowance} %)`,
    );
  return [
    ...(Object.keys(kMetrics) as Metric[]).map((metric) =>
      row(kMetrics[metric].name, metrics[metric], kMetrics[metric].difference),
    ),
    ...(planOf(rollout).gates.metrics ?? []).map(ofGate),
  ];
}

interface Shown {
  rollout: Rollout;
  reload: () => void;
}

export function GatesCard({ rollout, reload }: Shown) {
  const [isOpen, setOpen] = useState(false);
  const may = useMay("operator");
  const watched = rollout.health.log_evidence_limit > 0;
  const rows = [...shareRows(rollout), ...(watched ? healthRows(rollout) : [])];
  const { gates } = planOf(rollout);
  return (
    <Card title="Gates" aside={`shares count from ${count(gates.sample, "ended device")} on`} flush>
      <table class="cards gates">
        <thead>
          <tr>
            <th scope="col">Gate</th>
            <th scope="col">Now</th>
            <th scope="col">
              <span class="unseen">On a scale</span>
            </th>
            <th scope="col">Allowed</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.name}>
              <td data-label="Gate">{row.name}</td>
              <td data-label="Now">{row.now}</td>
              <td>{row.gauge}</td>
              <td data-label="Allowed" class="soft">
                {row.allowed}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <div class="card-body row spread">
        <p class="small soft">
          {watched
            ? `Health compares each updated device for ${gates.health_window} with one that is not yet updated. A release that does no harm is halted for it in at most ${100 * gates.health_error_rate} % of rollouts.`
            : "Health is not watched in this rollout."}
        </p>
        {may && (
          <button type="button" onClick={() => setOpen(true)}>
            Change the gates
          </button>
        )}
      </div>
      {isOpen && <GatesEditor rollout={rollout} reload={reload} onClose={() => setOpen(false)} />}
    </Card>
  );
}
