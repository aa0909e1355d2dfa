// An experiment's plan and figures, as docs/spec/experiment.md has them, in words that a person who
// knows no statistics can act upon.
import type { Experiment, ExperimentArm } from "../api/words";
import { bytes, count } from "../text";

export interface Plan {
  group: string;
  share: number; // [percent] of the group
  metric: Metric;
  error_rate: number;
  devices_min: number;
  devices: number; // 0: no such number
  watch: string;
  time_limit: string;
  failing_max: number; // [percent]
  window?: { from: string; to: string };
  priority: number;
}

export type Metric = Experiment["metric"];

export function planOf(experiment: Experiment): Plan {
  return experiment.plan as unknown as Plan;
}

interface MetricWords {
  name: string;
  question: string; // what is asked of the arms
  figure: string; // what an arm's value is
  value: (value: number) => string;
  size: (difference: number) => string; // of a difference, without its sign
}

const percent = (value: number) => `${(100 * value).toFixed(1)} %`;
const points = (value: number) => `${(100 * value).toFixed(1)} points`;

export const kMetrics: Record<Metric, MetricWords> = {
  confirmed: {
    name: "Confirmed updates",
    question: "Which release do more devices confirm?",
    figure: "of the devices confirmed it",
    value: percent,
    size: points,
  },
  any_reset: {
    name: "Devices with an abnormal reset",
    question: "With which do fewer devices reset abnormally?",
    figure: "of the devices had an abnormal reset",
    value: percent,
    size: points,
  },
  resets: {
    name: "Abnormal resets",
    question: "With which do devices reset abnormally less often?",
    figure: "abnormal resets a day",
    value: (value) => value.toFixed(2),
    size: (value) => `${value.toFixed(2)} a day`,
  },
  heap: {
    name: "Free heap",
    question: "With which is more of the heap left free?",
    figure: "of the heap free at its lowest",
    value: (value) => bytes(Math.round(value)),
    size: (value) => bytes(Math.round(value)),
  },
  signal: {
    name: "Signal",
    question: "With which do devices hear a stronger signal?",
    figure: "of signal",
    value: (value) => `${value.toFixed(1).replace("-", "−")} dBm`,
    size: (value) => `${value.toFixed(1)} dB`,
  },
};

export function isShare(metric: Metric): boolean {
  return metric === "confirmed" || metric === "any_reset";
}

type Content = Pick<ExperimentArm, "version" | "config">;

export function keepsWhatItRuns({ version, config }: Content): boolean {
  return version === null && config === null;
}

export function contentOf({ version, config }: Content): string {
  if (config !== null) return `configuration ${config}`;
  return version ?? "what they run";
}

// "control (what they run) and a (1.2.0)"
export function armsInWords(arms: (Content & Pick<ExperimentArm, "name">)[]): string {
  const names = arms.map((arm) => `${arm.name} (${contentOf(arm)})`);
  const last = names.pop() ?? "";
  return names.length === 0 ? last : `${names.join(", ")} and ${last}`;
}

// "+3.1 points"
export function difference(metric: Metric, value: number): string {
  const text = kMetrics[metric].size(Math.abs(value));
  if (Number.parseFloat(text) === 0) return text;
  return `${value > 0 ? "+" : "−"}${text}`;
}

export function probability(value: number): string {
  if (value < 0.0001) return "below 0.0001";
  return value >= 0.995 ? "1" : value.toPrecision(2);
}

// What may be said now of `arm` beside the first one.
export function findingInWords(experiment: Experiment, arm: ExperimentArm): string {
  const base = experiment.arms[0];
  if (base === undefined || arm.comparison === null) return "";
  const { finding, difference: seen } = arm.comparison;
  const by = kMetrics[experiment.metric].size(Math.abs(seen));
  if (finding === "better") return `Better than ${base.name}, by about ${by}.`;
  if (finding === "worse") return `Worse than ${base.name}, by about ${by}.`;
  if (finding === "no_difference_found") return `No difference to ${base.name} was found.`;
  const needed = planOf(experiment).devices_min;
  const measured = Math.min(base.measured, arm.measured);
  if (measured < needed) {
    return `Not decided: ${count(measured)} of ${count(needed)} devices are measured in both.`;
  }
  return "Not decided: what is seen may be chance.";
}

export type Action = "start" | "stop" | "conclude" | "promote";

// What docs/spec/experiment.md lets one do now.
export function actionsIn(experiment: Experiment): Action[] {
  switch (experiment.phase) {
    case "draft":
      return ["start", "stop"];
    case "running":
      return ["conclude", "stop"];
    case "concluded":
      return goesOut(experiment) ? ["promote"] : [];
    default:
      return [];
  }
}

// Whether its winner has something that could become a rollout, and has not yet.
function goesOut(experiment: Experiment): boolean {
  const winner = experiment.arms.find((arm) => arm.name === experiment.winner);
  return winner !== undefined && !keepsWhatItRuns(winner) && experiment.rollout === null;
}

interface Extent {
  low: number;
  high: number;
}

// Where a gauge of values begins and ends: shares fill it, the signal has the range of a radio.
export function valueExtent(experiment: Experiment): Extent {
  if (isShare(experiment.metric)) return { low: 0, high: 1 };
  if (experiment.metric === "signal") return { low: -100, high: -20 };
  const values = experiment.arms.map((arm) => arm.value ?? 0);
  return { low: 0, high: Math.max(...values) * 1.15 || 1 };
}

// The same of differences: all arms on one scale, zero in the middle.
export function differenceExtent(experiment: Experiment): Extent {
  if (isShare(experiment.metric)) return { low: -1, high: 1 };
  const ends = experiment.arms.flatMap(({ comparison }) =>
    comparison === null
      ? []
      : [comparison.difference, comparison.interval.low ?? 0, comparison.interval.high ?? 0],
  );
  const most = Math.max(0, ...ends.map(Math.abs)) * 1.1 || 1;
  return { low: -most, high: most };
}

// [percent] of the way, held within it.
export function placeIn({ low, high }: Extent, value: number): number {
  return Math.min(100, Math.max(0, (100 * (value - low)) / (high - low)));
}
