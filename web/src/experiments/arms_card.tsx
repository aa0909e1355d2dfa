// The arms of an experiment side by side: who is in each, what was measured, and what follows.
import type { Experiment, ExperimentArm, RolloutTally } from "../api/words";
import { Badge, type Tone, Word } from "../parts/badge";
import { Card } from "../parts/page";
import { contentOf } from "../rollouts/plan";
import { link } from "../route";
import { count, words } from "../text";
import { Measure } from "./gauge";
import {
  difference,
  differenceExtent,
  findingInWords,
  keepsWhatItRuns,
  kMetrics,
  planOf,
  probability,
  valueExtent,
} from "./plan";

const kEnds: (keyof RolloutTally)[] = [
  "open",
  "confirmed",
  "rolled_back",
  "failed",
  "lost",
  "refused",
  "returned",
  "skipped",
];

interface Shown {
  experiment: Experiment;
  arm: ExperimentArm;
}

function devicesOf({ experiment, arm }: Shown, query: Record<string, string> = {}): string {
  const base = ["products", experiment.product, "experiments", experiment.name];
  return link(base, { arm: arm.name, ...query });
}

function Members({ experiment, arm }: Shown) {
  const ends = kEnds.filter((end) => arm.devices[end] > 0);
  return (
    <dl class="facts small">
      <div>
        <dt>Entered</dt>
        <dd>
          <a href={devicesOf({ experiment, arm })}>{count(arm.entered)}</a> of{" "}
          {count(arm.members, "device")}
        </dd>
      </div>
      <div>
        <dt>Measured</dt>
        <dd>
          <a href={devicesOf({ experiment, arm }, { measured: "true" })}>{count(arm.measured)}</a>
        </dd>
      </div>
      {ends.map((end) => (
        <div key={end}>
          <dt>{words(end)}</dt>
          <dd>
            <a href={devicesOf({ experiment, arm }, { end })}>{count(arm.devices[end])}</a>
          </dd>
        </div>
      ))}
    </dl>
  );
}

function Value({ experiment, arm }: Shown) {
  const metric = kMetrics[experiment.metric];
  const level = Math.round(100 * (1 - planOf(experiment).error_rate));
  if (arm.value === null) return <p class="soft">No device is measured yet.</p>;
  return (
    <div>
      <p>
        <strong class="figure">{metric.value(arm.value)}</strong>{" "}
        <span class="small soft">{metric.figure}</span>
      </p>
      <Measure extent={valueExtent(experiment)} value={arm.value} interval={arm.interval} />
      {arm.interval !== null && (
        <p class="small soft">
          {metric.value(arm.interval.low ?? 0)} to {metric.value(arm.interval.high ?? 1)}, with{" "}
          {level} % certainty
        </p>
      )}
    </div>
  );
}

const kTones: Partial<Record<string, Tone>> = { better: "good", worse: "bad" };

function intervalInWords(
  experiment: Experiment,
  interval: { low: number | null; high: number | null },
) {
  const { low, high } = interval;
  if (low === null || high === null) return "too few to say how exact that is";
  return `${difference(experiment.metric, low)} to ${difference(experiment.metric, high)}`;
}

function Comparison({ experiment, arm }: Shown) {
  const comparison = arm.comparison;
  if (comparison === null) return <p class="soft">What the others are compared with.</p>;
  const limit = planOf(experiment).error_rate;
  const isSeen = arm.value !== null && experiment.arms[0]?.value !== null;
  return (
    <div class="arm-finding">
      <p>
        <Word word={comparison.finding} />
      </p>
      <p>{findingInWords(experiment, arm)}</p>
      {isSeen && (
        <>
          <p class="small">
            Difference <strong>{difference(experiment.metric, comparison.difference)}</strong>{" "}
            <span class="soft">({intervalInWords(experiment, comparison.interval)})</span>
          </p>
          <Measure
            extent={differenceExtent(experiment)}
            value={comparison.difference}
            interval={comparison.interval}
            from={0}
            tone={kTones[comparison.finding] ?? "none"}
          />
          <p class="small soft">
            p = {probability(comparison.p_sequential)} at any time; found if at most {limit}
          </p>
        </>
      )}
    </div>
  );
}

function Arm({ experiment, arm }: Shown) {
  const { text, to } = contentOf({ ...arm, product: experiment.product });
  return (
    <li class="arm">
      <h3>
        {arm.name} {experiment.winner === arm.name && <Badge tone="good">winner</Badge>}
      </h3>
      <p class="small soft">
        {keepsWhatItRuns(arm) ? "keeps what it runs" : <a href={to}>{text}</a>}
      </p>
      <Value experiment={experiment} arm={arm} />
      <Comparison experiment={experiment} arm={arm} />
      <Members experiment={experiment} arm={arm} />
    </li>
  );
}

export function ArmsCard({ experiment }: { experiment: Experiment }) {
  const more = experiment.lower_is_better ? "less is better" : "more is better";
  return (
    <Card title={kMetrics[experiment.metric].name} aside={more}>
      <ul class="arms">
        {experiment.arms.map((arm) => (
          <Arm key={arm.name} experiment={experiment} arm={arm} />
        ))}
      </ul>
      {experiment.phase === "running" && (
        <p class="small soft arms-note">
          Look as often as you like: the p-value holds at any time, and it alone ends the
          experiment. The interval of a difference is that of a single look at the end.
        </p>
      )}
    </Card>
  );
}
