// Why a device runs what it runs, and what happens next: the server's own decision, in its words.
import { api } from "../api/client";
import type { Device, Explanation } from "../api/words";
import type { Loaded } from "../load";
import { Sign, type Tone } from "../parts/badge";
import { Card, Ready } from "../parts/page";
import { Time } from "../parts/time";
import { link } from "../route";
import { ago, sentence, words } from "../text";

export function readExplanation(device: string, signal: AbortSignal): Promise<Explanation> {
  return api.get("/api/v1/devices/{device}/explanation", { path: { device }, signal });
}

const kTones: Record<string, Tone> = {
  offered: "busy",
  installed: "good",
  settled: "none",
  busy: "busy",
  taken_back: "warn",
  unfit: "bad",
  failed_before: "bad",
  halted: "warn",
  paused: "warn",
  awaits_approval: "warn",
  retry_later: "warn",
};

// Why a device can't take a release: docs/errors.md.
const kUnfit: Record<string, string> = {
  wrong_device: "it is for another device",
  wrong_chip: "it is made for another chip",
  wrong_revision: "the chip's revision is outside its limits",
  wrong_hardware: "it is for other hardware",
  wrong_layout: "it is for another partition layout",
  slot_too_small: "the image is larger than the update slot",
  old_sequence: "it has accepted a later release already",
  below_floor: "its security version is lower than one that it has run",
  downgrade: "the version is lower, and the release may not go backwards",
  version_too_old: "it has to run a later version before this one",
  client_too_old: "its update library is too old",
  expired: "the release has expired",
};

// The server's words are those of rollouts; an experiment decides alike.
function textOf(line: Reason): string {
  const text = line.experiment ? line.text.replace("rollout", "experiment") : line.text;
  return line.version ? text : sentence(text);
}

function whyUnfit({ reason, detail }: Reason): string {
  if (reason !== "unfit" || !detail) return "";
  return `: ${kUnfit[detail] ?? words(detail)}`;
}

const kToneWords: Record<Tone, string> = {
  good: "Done",
  busy: "Going on",
  warn: "Held up",
  bad: "Can't be",
  none: "For information",
};

// "lamp/1.0.2" -> "1.0.2"
function nameOf(rollout: string): string {
  return rollout.slice(rollout.indexOf("/") + 1);
}

type Reason = Explanation["lines"][number];

// What became of the release on it, where that is what the reason is about.
function outcomeOf(line: Reason, device: Device): string {
  const isAboutIt = line.reason === "settled" || line.reason === "failed_before";
  if (!isAboutIt || device.outcome === null || device.outcome_version !== line.version) return "";
  const why = device.error === null ? "" : ` (${words(device.error)})`;
  return `: ${words(device.outcome)}${why}`;
}

function Line({ line, device }: { line: Reason; device: Device }) {
  const tone = kTones[line.reason] ?? "none";
  return (
    <li class="reason">
      <span class={`reason-sign ${tone}`}>
        <Sign tone={tone} />
        <span class="unseen">{kToneWords[tone]}:</span>
      </span>
      <div>
        <p>
          {line.version && <strong>{line.version}: </strong>}
          {textOf(line)}
          {outcomeOf(line, device)}
          {whyUnfit(line)}
        </p>
        <p class="small soft">
          {words(line.reason)}
          {line.detail && `, ${words(line.detail)}`}
          {line.experiment && (
            <>
              {" · experiment "}
              <a href={link(["products", device.product, "experiments", nameOf(line.experiment)])}>
                {nameOf(line.experiment)}
              </a>
              {line.arm && `, arm ${line.arm}`}
            </>
          )}
          {line.rollout && (
            <>
              {" · rollout "}
              <a href={link(["products", device.product, "rollouts", nameOf(line.rollout)])}>
                {nameOf(line.rollout)}
              </a>
            </>
          )}
          {line.until !== undefined && line.until !== null && ` · until ${ago(line.until)}`}
        </p>
      </div>
    </li>
  );
}

export function ExplainCard(of: { explanation: Loaded<Explanation>; device: Device }) {
  const { explanation, device } = of;
  return (
    <Card
      title="Why it runs what it runs"
      aside={
        explanation.data !== null &&
        explanation.data.next_checkin > 0 && (
          <>
            Next check-in <Time at={explanation.data.next_checkin} />
          </>
        )
      }
    >
      <Ready loaded={explanation}>
        {(data) => (
          <ul class="reasons">
            {data.lines.map((line, index) => (
              <Line line={line} device={device} key={`${index}-${line.reason}`} />
            ))}
            {data.lines.length === 0 && (
              <li>
                {data.version === null
                  ? "It has not said yet what it runs."
                  : `It runs ${data.version}; nothing else is offered to it.`}
              </li>
            )}
          </ul>
        )}
      </Ready>
    </Card>
  );
}
