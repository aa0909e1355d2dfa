// A rollout's plan, as docs/spec/rollout.md has it.
import type { Rollout } from "../api/words";
import { link } from "../route";
import { count } from "../text";

export interface Stage {
  share?: number; // [percent] of the group, with the stages before it
  devices?: number;
  bake: string;
}

// Of what the application measures.
export interface MetricGate {
  name: string;
  better: "more" | "less";
  allowance: number; // [percent] of the value of a device that is not updated
}

export interface Gates {
  sample: number;
  failing_max: number; // [percent]
  confirmed_min: number; // [percent]
  health_error_rate: number;
  health_window: string;
  metrics?: MetricGate[];
}

export interface Plan {
  group: string;
  stages: Stage[];
  gates: Gates;
  on_breach: "halt" | "take_back";
  start?: string | number;
  window?: { from: string; to: string };
  at_once: number;
  at_once_site: number;
  bytes_per_second: number;
  attempts: number;
  retry_after: string;
  time_limit: string;
  priority: number;
  takes_late: boolean;
  needs_approval: boolean;
}

// A rollout carries a release, or a configuration in its place.
export function contentOf({
  product,
  version,
  config,
}: Pick<Rollout, "product" | "version" | "config">): { text: string; to: string } {
  if (version !== null) {
    return { text: `release ${version}`, to: link(["products", product, "releases", version]) };
  }
  const to = link(["products", product, "configuration"], { version: config });
  return { text: `configuration ${config}`, to };
}

export function planOf(rollout: Rollout): Plan {
  return rollout.plan as unknown as Plan;
}

export function stageName(stage: Stage): string {
  if (stage.share !== undefined) return `${stage.share} %`;
  return count(stage.devices ?? 0, "device");
}

export type Action = "approve" | "pause" | "resume" | "halt" | "advance" | "abort" | "take_back";

export function isOver(phase: Rollout["phase"]): boolean {
  return ["complete", "returned", "aborted"].includes(phase);
}

// What docs/spec/rollout.md lets one do in each phase.
export function actionsIn(rollout: Rollout): Action[] {
  if (!rollout.approved && rollout.phase === "waiting") return ["approve", "abort"];
  switch (rollout.phase) {
    case "waiting":
      return ["abort"];
    case "filling":
    case "baking":
      return ["pause", "halt", "advance", "take_back", "abort"];
    case "paused":
      return ["resume", "halt", "take_back", "abort"];
    case "halted":
      return ["take_back", "resume", "abort"];
    case "complete":
      return ["halt", "take_back"];
    default:
      return [];
  }
}
