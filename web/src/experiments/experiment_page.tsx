// One experiment: what is compared, the figures of its arms, what was found, and its devices.
import { api } from "../api/client";
import type { Experiment } from "../api/words";
import { useReloadOn } from "../live";
import { useLoad } from "../load";
import { type Tone, Word } from "../parts/badge";
import { Notice } from "../parts/notice";
import { Card, Facts, Page, Ready } from "../parts/page";
import { Time } from "../parts/time";
import { link, type Route } from "../route";
import { count, sentence } from "../text";
import { Actions } from "./actions";
import { ArmsCard } from "./arms_card";
import { DevicesCard } from "./devices_card";
import { armsInWords, contentOf, keepsWhatItRuns, kMetrics, planOf } from "./plan";

interface Ending {
  tone: Tone;
  headline: string;
  next: string;
}

function endingOf(experiment: Experiment): Ending {
  const winner = experiment.arms.find((arm) => arm.name === experiment.winner);
  if (experiment.phase === "stopped") {
    return {
      tone: experiment.cause === "failing" ? "bad" : "warn",
      headline:
        experiment.cause === "failing"
          ? "Stopped by itself: too many devices of an arm fail"
          : "Stopped by a person",
      next: "It offers nothing any more, and its devices are free for rollouts.",
    };
  }
  if (winner === undefined) {
    const isOwn = experiment.cause === "person";
    return {
      tone: "none",
      headline: isOwn ? "Concluded by a person, without a winner" : "No difference was found",
      next: "Whatever difference there is, this many devices don't show it.",
    };
  }
  const how = experiment.cause === "finding" ? "wins, by its figures" : "wins, a person said so";
  return {
    tone: "good",
    headline: `Arm ${winner.name} (${contentOf(winner)}) ${how}`,
    next: keepsWhatItRuns(winner)
      ? "Its devices keep what they run: there is nothing to let out."
      : "It goes to the others when somebody lets it out.",
  };
}

function Result({ experiment }: { experiment: Experiment }) {
  if (experiment.phase === "draft" || experiment.phase === "running") return null;
  const { tone, headline, next } = endingOf(experiment);
  return (
    <Notice tone={tone}>
      <strong>{headline}</strong>
      {experiment.detail !== null && <span>{sentence(experiment.detail)}</span>}
      {experiment.rollout === null ? (
        <span class="soft">{next}</span>
      ) : (
        <span>
          It goes out by the rollout{" "}
          <a href={link(["products", experiment.product, "rollouts", experiment.rollout])}>
            {experiment.rollout}
          </a>
        </span>
      )}
    </Notice>
  );
}

function Question({ experiment }: { experiment: Experiment }) {
  const { group, share, watch } = planOf(experiment);
  const devices = link(["products", experiment.product, "devices"], { filter: group });
  return (
    <Card>
      <p>
        <strong>{kMetrics[experiment.metric].question}</strong> Chance divides{" "}
        {share < 100 && `${share} % of `}
        <a href={devices}>{group === "" ? "all devices" : <code>{group}</code>}</a> among{" "}
        {armsInWords(experiment.arms)}; each is watched for {watch} from its entry on.
      </p>
    </Card>
  );
}

function PlanCard({ experiment }: { experiment: Experiment }) {
  const plan = planOf(experiment);
  return (
    <Card title="Plan">
      <Facts
        rows={[
          ["Watched", `for ${plan.watch} each`],
          ["Found at the earliest", `${count(plan.devices_min)} measured in both arms`],
          [
            "Ends without a finding",
            plan.devices === 0
              ? `after ${plan.time_limit}`
              : `at ${count(plan.devices)} measured in each arm, or after ${plan.time_limit}`,
          ],
          ["Chance of a false finding", `at most ${100 * plan.error_rate} %`],
          ["Stops by itself", `above ${plan.failing_max} % failing in an arm`],
          [
            "Window",
            plan.window === undefined ? "always open" : `${plan.window.from} to ${plan.window.to}`,
          ],
          ["Priority", String(plan.priority)],
          ["Began", <Time key="began" at={experiment.began} never="not yet" />],
          ["Made", <Time key="made" at={experiment.created} />],
          ["By", experiment.created_by ?? "nobody known"],
        ]}
      />
    </Card>
  );
}

export function ExperimentPage(at: { product: string; name: string; route: Route }) {
  const experiment = useLoad(
    (signal) =>
      api.get("/api/v1/products/{product}/experiments/{experiment}", {
        path: { product: at.product, experiment: at.name },
        signal,
      }),
    [at.product, at.name],
  );
  useReloadOn(["experiment", "report", "seen"], at.product, experiment.reload);
  const data = experiment.data;
  return (
    <Page
      title={`Experiment ${at.name}`}
      crumb={{ text: "Experiments", to: link(["products", at.product, "experiments"]) }}
      lead={
        data !== null && (
          <span class="row">
            <Word word={data.phase} />
            <span>
              since <Time at={data.since} />
            </span>
          </span>
        )
      }
      actions={data !== null && <Actions experiment={data} reload={experiment.reload} />}
    >
      <Ready loaded={experiment}>
        {(shown) => (
          <>
            <Result experiment={shown} />
            <Question experiment={shown} />
            <ArmsCard experiment={shown} />
            {shown.phase !== "draft" && <DevicesCard experiment={shown} route={at.route} />}
            <PlanCard experiment={shown} />
          </>
        )}
      </Ready>
    </Page>
  );
}
