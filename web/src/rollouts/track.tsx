// The stages of a rollout as a track: which are behind it, where it is, what comes.
import type { Rollout } from "../api/words";
import { count } from "../text";
import { isOver, planOf, type Stage, stageName } from "./plan";

type Place = "done" | "here" | "next";

function placeOf(rollout: Rollout, number: number): Place {
  if (rollout.phase === "complete" || number < rollout.stage) return "done";
  if (number > rollout.stage || rollout.phase === "waiting") return "next";
  return "here";
}

const kPlaceWords: Record<Place, string> = { done: "done", here: "now", next: "to come" };

function ended(rollout: Rollout): number {
  return rollout.stage_devices.started - rollout.stage_devices.open;
}

function Progress({ rollout }: { rollout: Rollout }) {
  const whole = Math.max(rollout.quota, rollout.stage_devices.started);
  const part = whole === 0 ? 0 : (100 * ended(rollout)) / whole;
  const tone = rollout.phase === "halted" ? "bad" : "";
  return (
    <>
      <span class="track-line" aria-hidden="true">
        <span class={`track-fill ${tone}`} style={{ width: `${part}%` }} />
      </span>
      <span class="small soft">
        {count(ended(rollout))} ended of {count(whole, "device")} so far
      </span>
    </>
  );
}

function Step({ rollout, stage, number }: { rollout: Rollout; stage: Stage; number: number }) {
  const place = placeOf(rollout, number);
  return (
    <li class={`track-step is-${place}`} aria-current={place === "here" ? "step" : undefined}>
      <span class="small soft">
        Stage {number} · {place === "here" && isOver(rollout.phase) ? "last" : kPlaceWords[place]}
      </span>
      <strong>{stageName(stage)}</strong>
      {place === "here" ? (
        <Progress rollout={rollout} />
      ) : (
        <>
          <span class="track-line" aria-hidden="true">
            {place === "done" && <span class="track-fill" style={{ width: "100%" }} />}
          </span>
          <span class="small soft">watched for {stage.bake}</span>
        </>
      )}
    </li>
  );
}

export function Track({ rollout }: { rollout: Rollout }) {
  return (
    <ol class="track">
      {planOf(rollout).stages.map((stage, index) => (
        <Step
          key={`${index}-${stageName(stage)}`}
          rollout={rollout}
          stage={stage}
          number={index + 1}
        />
      ))}
    </ol>
  );
}

// The same, in one line, for lists.
export function SmallTrack({ rollout }: { rollout: Rollout }) {
  const stages = planOf(rollout).stages;
  const text = `Stage ${rollout.stage} of ${stages.length}`;
  return (
    <span class="small-track">
      <span class="small-track-steps" aria-hidden="true">
        {stages.map((stage, index) => (
          <span
            key={`${index}-${stageName(stage)}`}
            class={`small-step is-${placeOf(rollout, index + 1)} ${
              rollout.phase === "halted" ? "is-halted" : ""
            }`}
          />
        ))}
      </span>
      <span class="small soft">{text}</span>
    </span>
  );
}
