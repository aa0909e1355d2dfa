// One rollout: where it is, why it stands still, what lets it on, and its devices.
import { api } from "../api/client";
import type { Rollout, RolloutTally } from "../api/words";
import { useReloadOn } from "../live";
import { useLoad } from "../load";
import { type Tone, Word } from "../parts/badge";
import { Notice } from "../parts/notice";
import { Card, Facts, Page, Ready } from "../parts/page";
import { Time } from "../parts/time";
import { link, type Route } from "../route";
import { useSession } from "../session";
import { bytes, count, sentence } from "../text";
import { Actions } from "./actions";
import { GatesCard } from "./gates_card";
import { PartsCard } from "./parts_card";
import { contentOf, planOf } from "./plan";
import { Track } from "./track";

const kCauses: Record<Rollout["cause"], string> = {
  none: "",
  person: "by a person",
  failing: "by its gate: too many devices fail",
  few_confirmed: "by its gate: too few devices confirmed it",
  nobody: "by itself: no device of the stage could be offered it",
  unhealthy: "by its gate: updated devices do worse than the others",
};

const kNext: Partial<Record<Rollout["phase"], string>> = {
  halted:
    "Nobody is offered the release now. Take it back, and devices that have it return to what ran before; publish a mend and start a rollout of that; or, if it is harmless, loosen the gate and resume.",
  paused: "Nobody is offered the release until it is resumed.",
  returning: "Devices that confirmed the release are told to go back at their next check-in.",
  returned:
    "The devices that had it run again what ran before. Publish a mended release, and start a rollout of that.",
};

function Standstill({ rollout }: { rollout: Rollout }) {
  const session = useSession();
  if (!rollout.approved && rollout.phase === "waiting") {
    const isOwn = rollout.created_by === session.account;
    return (
      <Notice tone="warn">
        <strong>It waits for a second account to approve it</strong>
        <span>
          {isOwn
            ? "You made it, so somebody else has to approve it here."
            : `${rollout.created_by ?? "Somebody"} made it; look at its plan, then approve it.`}
        </span>
      </Notice>
    );
  }
  const next = kNext[rollout.phase];
  if (next === undefined) return null;
  const tones: Partial<Record<Rollout["phase"], Tone>> = { halted: "bad" };
  const verb = {
    halted: "Halted",
    paused: "Paused",
    returning: "The release is taken back",
    returned: "The release was taken back",
  };
  return (
    <Notice tone={tones[rollout.phase] ?? "warn"}>
      <strong>
        {verb[rollout.phase as keyof typeof verb]} {kCauses[rollout.cause]}
      </strong>
      {rollout.detail !== null && <span>{sentence(rollout.detail)}</span>}
      <span class="soft">{next}</span>
    </Notice>
  );
}

const kEnds: [keyof RolloutTally, string, Tone][] = [
  ["open", "At it now", "busy"],
  ["confirmed", "Confirmed", "good"],
  ["rolled_back", "Rolled back", "bad"],
  ["failed", "Failed", "bad"],
  ["lost", "Lost", "bad"],
  ["refused", "Refused", "warn"],
  ["returned", "Returned", "warn"],
  ["skipped", "Skipped", "none"],
];

function Tally({ rollout }: { rollout: Rollout }) {
  const base = ["products", rollout.product, "rollouts", rollout.name];
  const shown = kEnds.filter(
    ([end]) => rollout.devices[end] > 0 || ["open", "confirmed", "rolled_back"].includes(end),
  );
  return (
    <div class="tiles">
      <a class="tile" href={link(base)}>
        <span class="label">Started</span>
        <span class="figure">{count(rollout.devices.started)}</span>
        {rollout.members > 0 && (
          <span class="note">of {count(rollout.members, "device")} in the group</span>
        )}
      </a>
      {shown.map(([end, name, tone]) => (
        <a
          class={`tile ${tone === "bad" && rollout.devices[end] > 0 ? "is-bad" : ""}`}
          key={end}
          href={link(base, { end })}
        >
          <span class="label">{name}</span>
          <span class="figure">{count(rollout.devices[end])}</span>
          {end === "skipped" && <span class="note">run it already, or can't take it</span>}
        </a>
      ))}
    </div>
  );
}

function PlanCard({ rollout }: { rollout: Rollout }) {
  const plan = planOf(rollout);
  const limit = (value: number) => (value === 0 ? "any number" : count(value));
  const devices = link(["products", rollout.product, "devices"], { filter: plan.group });
  return (
    <Card title="Plan">
      <Facts
        rows={[
          [
            "Group",
            <a key="group" href={devices}>
              {plan.group === "" ? "all devices" : <code>{plan.group}</code>}
            </a>,
          ],
          [
            "Carries",
            <a key="content" href={contentOf(rollout).to}>
              {contentOf(rollout).text}
            </a>,
          ],
          ["A breached gate", plan.on_breach === "halt" ? "halts it" : "takes the release back"],
          ["Attempts of a device", count(plan.attempts)],
          ["After a failed one", `again in ${plan.retry_after}`],
          ["Time limit of a device", plan.time_limit],
          ["At it at once", limit(plan.at_once)],
          [
            "Window",
            plan.window === undefined ? "always open" : `${plan.window.from} to ${plan.window.to}`,
          ],
          [
            "Download rate",
            plan.bytes_per_second === 0 ? "not limited" : `${bytes(plan.bytes_per_second)}/s`,
          ],
          ["Devices that come later", plan.takes_late ? "get it, too" : "don't get it"],
          ["Made", <Time key="made" at={rollout.created} />],
          [
            "By",
            `${rollout.created_by ?? "nobody known"}${
              rollout.approved_by === null ? "" : `, approved by ${rollout.approved_by}`
            }`,
          ],
        ]}
      />
    </Card>
  );
}

export function RolloutPage(at: { product: string; name: string; route: Route }) {
  const rollout = useLoad(
    (signal) =>
      api.get("/api/v1/products/{product}/rollouts/{rollout}", {
        path: { product: at.product, rollout: at.name },
        signal,
      }),
    [at.product, at.name],
  );
  useReloadOn(["rollout", "report"], at.product, rollout.reload);
  const data = rollout.data;
  return (
    <Page
      title={`Rollout ${at.name}`}
      crumb={{ text: "Rollouts", to: link(["products", at.product, "rollouts"]) }}
      lead={
        data !== null && (
          <span class="row">
            <Word word={data.phase} />
            <span>
              since <Time at={data.since} /> ·{" "}
              <a href={contentOf(data).to}>{contentOf(data).text}</a>
            </span>
          </span>
        )
      }
      actions={data !== null && <Actions rollout={data} reload={rollout.reload} />}
    >
      <Ready loaded={rollout}>
        {(shown) => (
          <>
            <Standstill rollout={shown} />
            <Card>
              <Track rollout={shown} />
            </Card>
            <Tally rollout={shown} />
            <GatesCard rollout={shown} reload={rollout.reload} />
            <PartsCard product={at.product} rollout={at.name} route={at.route} />
            <PlanCard rollout={shown} />
          </>
        )}
      </Ready>
    </Page>
  );
}
