// What happens at this moment, the newest first.
import { useState } from "preact/hooks";
import { type Happening, useEvents } from "../live";
import { Badge, toneOf } from "../parts/badge";
import { Card } from "../parts/page";
import { Time } from "../parts/time";
import { link } from "../route";
import { words } from "../text";

const kShown = 12;

function text(value: unknown): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}

function Story({ happening }: { happening: Happening }) {
  const { kind, data } = happening;
  const device = text(data.device);
  const name = device !== "" && <a href={link(["devices", device])}>{device}</a>;
  switch (kind) {
    case "report": {
      const outcome = text(data.outcome);
      const error = text(data.error);
      return (
        <>
          {name} {text(data.version)} <Badge tone={toneOf(outcome)}>{words(outcome)}</Badge>{" "}
          {error !== "" && <span class="soft">{words(error)}</span>}
        </>
      );
    }
    case "release":
      return <>Release {text(data.version)} was published</>;
    case "approval":
      return (
        <>
          Release {text(data.version)} was approved by {text(data.approved_by)}
        </>
      );
    case "rollout":
      return (
        <>
          Rollout{" "}
          <a href={link(["products", text(data.product), "rollouts", text(data.rollout)])}>
            {text(data.rollout)}
          </a>{" "}
          is {words(text(data.phase))}
        </>
      );
    case "experiment":
      return (
        <>
          Experiment{" "}
          <a href={link(["products", text(data.product), "experiments", text(data.experiment)])}>
            {text(data.experiment)}
          </a>{" "}
          is {words(text(data.phase))}
        </>
      );
    case "enrolment":
      return <>{name} was enrolled</>;
    case "standing":
      return (
        <>
          {name} is now {words(text(data.standing))}
        </>
      );
    default:
      return <>Configuration {text(data.version)} was put in force</>;
  }
}

const kTold = [
  "report",
  "release",
  "approval",
  "rollout",
  "experiment",
  "enrolment",
  "standing",
  "configuration",
];

export function Feed({ product }: { product: string }) {
  const [happenings, setHappenings] = useState<Happening[]>([]);
  useEvents((happening) => {
    if (!kTold.includes(happening.kind) || happening.data.product !== product) return;
    setHappenings((old) => [happening, ...old].slice(0, kShown));
  });
  return (
    <Card title="Happening now">
      {happenings.length === 0 ? (
        <p class="soft">Reports, releases and rollouts appear here as they come in.</p>
      ) : (
        <ul class="feed" aria-live="polite">
          {happenings.map((happening, index) => (
            <li key={index}>
              <span>
                <Story happening={happening} />
              </span>
              <span class="soft small">
                <Time at={happening.at / 1000} />
              </span>
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}
