// A few rollouts: each with its state, and why it is so.
import type { Rollout } from "../api/words";
import { Word } from "../parts/badge";
import { link } from "../route";
import { count, sentence } from "../text";
import { isOver } from "./plan";
import { SmallTrack } from "./track";

function stateOf({ detail, devices, ...rollout }: Rollout): string {
  if (detail !== null) return sentence(detail);
  const confirmed = `${count(devices.confirmed)} confirmed`;
  return isOver(rollout.phase) ? confirmed : `${confirmed}, ${count(devices.open)} at it`;
}

export function ShortList({ rollouts }: { rollouts: Rollout[] }) {
  return (
    <ul class="feed">
      {rollouts.map((rollout) => (
        <li key={rollout.name}>
          <span>
            <a href={link(["products", rollout.product, "rollouts", rollout.name])}>
              {rollout.name}
            </a>{" "}
            <Word word={rollout.phase} />
            <div class="small soft">{stateOf(rollout)}</div>
          </span>
          <SmallTrack rollout={rollout} />
        </li>
      ))}
    </ul>
  );
}
