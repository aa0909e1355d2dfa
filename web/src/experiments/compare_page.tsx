// Start an experiment: which releases or configurations, what is measured, on whom.
import { useState } from "preact/hooks";
import { api } from "../api/client";
import { useDeed, useLoad } from "../load";
import { SelectField, TextField } from "../parts/field";
import { Empty, ErrorNotice, Notice } from "../parts/notice";
import { Card, Page, Ready } from "../parts/page";
import { type Choices, readChoices } from "../rollouts/choices";
import { go, link } from "../route";
import { useMay } from "../session";
import { kMetrics, type Metric } from "./plan";

const kArmsMax = 8;

interface WishedArm {
  name: string;
  carries: string; // "release 1.2.0", "config 7"; empty: its devices keep what they run
}

interface Wishes {
  name: string;
  arms: WishedArm[];
  metric: Metric;
  watch: string;
  devices_min: string;
  share: string;
  failing_max: string;
  group: string;
  draft: boolean;
}

function planOf(wishes: Wishes): object {
  const { devices_min, share, failing_max, arms, ...same } = wishes;
  return {
    ...same,
    devices_min: Number(devices_min),
    share: Number(share),
    failing_max: Number(failing_max),
    arms: arms.map(armOf),
  };
}

const releaseOption = (version: string) => `release ${version}`;
const configOption = (version: number) => `config ${version}`;

function armOf({ name, carries }: WishedArm): object {
  const [kind, version] = carries.split(" ");
  if (kind === "release") return { name, version };
  return kind === "config" ? { name, config: Number(version) } : { name };
}

async function begin(product: string, wishes: Wishes): Promise<string> {
  // The plan's schema is open: docs/spec/experiment.md says what it may have.
  const body = planOf(wishes) as never;
  const path = { product };
  const made = await api.post("/api/v1/products/{product}/experiments", { path, body });
  return made.name;
}

// Beside what devices run, which is what is in force: something else.
function firstArms({ releases, configurations, inForce }: Choices): WishedArm[] {
  const [release] = releases;
  const configuration = configurations.find(({ version }) => version !== inForce);
  const ofConfiguration = configuration === undefined ? "" : configOption(configuration.version);
  const carries = release === undefined ? ofConfiguration : releaseOption(release.version);
  return [
    { name: "control", carries: "" },
    { name: "a", carries },
  ];
}

interface ArmsOf {
  arms: WishedArm[];
  choices: Choices;
  onArms: (arms: WishedArm[]) => void;
}

function ArmsFields({ arms, choices, onArms }: ArmsOf) {
  const options = [
    ["", "What they run"],
    ...choices.releases.map(({ version }) => [releaseOption(version), `Release ${version}`]),
    ...choices.configurations.map(({ version }) => [
      configOption(version),
      `Configuration ${version}`,
    ]),
  ] as [string, string][];
  const set = (place: number, change: Partial<WishedArm>) =>
    onArms(arms.map((arm, index) => (index === place ? { ...arm, ...change } : arm)));
  const next = String.fromCharCode("a".charCodeAt(0) + arms.length - 1);
  return (
    <fieldset>
      <legend>Arms</legend>
      <p class="small soft">The first is what the others are compared with.</p>
      {arms.map((arm, index) => (
        <div class="arm-fields" key={index}>
          <TextField
            label={`Name of arm ${index + 1}`}
            value={arm.name}
            required
            onValue={(name) => set(index, { name })}
          />
          <SelectField
            label={`Arm ${index + 1} runs`}
            value={arm.carries}
            options={options}
            onValue={(carries) => set(index, { carries })}
          />
          {arms.length > 2 && (
            <button
              type="button"
              aria-label={`Remove arm ${index + 1}`}
              onClick={() => onArms(arms.filter((_, other) => other !== index))}
            >
              Remove
            </button>
          )}
        </div>
      ))}
      {arms.length < kArmsMax && (
        <div>
          <button type="button" onClick={() => onArms([...arms, { name: next, carries: "" }])}>
            Add an arm
          </button>
        </div>
      )}
    </fieldset>
  );
}

interface Setting {
  wishes: Wishes;
  set: (change: Partial<Wishes>) => void;
}

function Measuring({ wishes, set }: Setting) {
  return (
    <>
      <SelectField
        label="What is measured"
        hint={kMetrics[wishes.metric].question}
        value={wishes.metric}
        options={(Object.keys(kMetrics) as Metric[]).map((each) => [each, kMetrics[each].name])}
        onValue={(metric) => set({ metric: metric as Metric })}
      />
      <TextField
        label="Each device is watched for"
        hint="From its entry on: 30m, 24h, 7d."
        value={wishes.watch}
        required
        onValue={(watch) => set({ watch })}
      />
      <TextField
        label="Devices in each arm at least"
        hint="Measured, before anything is found. The more, the smaller a difference is seen."
        type="number"
        value={wishes.devices_min}
        required
        onValue={(devices_min) => set({ devices_min })}
      />
    </>
  );
}

function Taking({ wishes, set, choices }: Setting & { choices: Choices }) {
  return (
    <>
      <TextField
        label="Devices"
        hint={
          <>
            A filter, or a group's name; empty: all devices.
            {choices.groups.length > 0 &&
              ` Groups: ${choices.groups.map((group) => group.name).join(", ")}.`}
          </>
        }
        value={wishes.group}
        onValue={(group) => set({ group })}
      />
      <TextField
        label="Share of them that takes part [%]"
        type="number"
        value={wishes.share}
        required
        onValue={(share) => set({ share })}
      />
      <TextField
        label="It stops if more of an arm's devices fail than [%]"
        hint="Of those that have ended, ten at least."
        type="number"
        value={wishes.failing_max}
        required
        onValue={(failing_max) => set({ failing_max })}
      />
      <label class="check">
        <input
          type="checkbox"
          checked={wishes.draft}
          onChange={(event) => set({ draft: event.currentTarget.checked })}
        />
        <span>A draft: it does not begin yet</span>
      </label>
    </>
  );
}

function Form({ product, choices }: { product: string; choices: Choices }) {
  const [wishes, setWishes] = useState<Wishes>({
    name: "",
    arms: firstArms(choices),
    metric: "any_reset",
    watch: "24h",
    devices_min: "50",
    share: "100",
    failing_max: "50",
    group: "",
    draft: false,
  });
  const set = (change: Partial<Wishes>) => setWishes((old) => ({ ...old, ...change }));
  const deed = useDeed();
  const submit = (event: Event) => {
    event.preventDefault();
    void deed.run(async () => {
      go(link(["products", product, "experiments", await begin(product, wishes)]));
    });
  };
  return (
    <form class="stack form" onSubmit={submit}>
      <TextField
        label="Name"
        hint="Letters, digits, dot, dash and underscore."
        value={wishes.name}
        required
        onValue={(name) => set({ name })}
      />
      <ArmsFields arms={wishes.arms} choices={choices} onArms={(arms) => set({ arms })} />
      <Measuring wishes={wishes} set={set} />
      <Taking wishes={wishes} set={set} choices={choices} />
      <ErrorNotice error={deed.error} />
      <div class="row">
        <button class="main" type="submit" disabled={deed.isBusy}>
          {wishes.draft ? "Keep the draft" : "Start the experiment"}
        </button>
        <span class="small soft">
          For all that a plan may say: <code>otter experiment start --plan</code>
        </span>
      </div>
    </form>
  );
}

function Nothing({ product }: { product: string }) {
  return (
    <Empty title="Nothing is there for an experiment">
      <p>
        It compares <a href={link(["products", product, "configuration"])}>configurations</a>, or
        releases that aren't offered to all: publish one for rollouts alone, or have all of the
        product's{" "}
        <a href={link(["products", product, "settings"])}>releases offered by rollouts alone</a>.
      </p>
      <a class="button main" href={link(["products", product, "publish"])}>
        Publish a release
      </a>
    </Empty>
  );
}

export function ComparePage({ product }: { product: string }) {
  const choices = useLoad((signal) => readChoices(product, signal), [product]);
  const may = useMay("operator");
  return (
    <Page
      title="Start an experiment"
      crumb={{ text: "Experiments", to: link(["products", product, "experiments"]) }}
    >
      {may ? (
        <Ready loaded={choices}>
          {(data) => (
            <Card>
              {data.releases.length + data.configurations.length === 0 ? (
                <Nothing product={product} />
              ) : (
                <Form product={product} choices={data} />
              )}
            </Card>
          )}
        </Ready>
      ) : (
        <Notice tone="warn">
          <strong>Your account may not start experiments</strong>
          <span>That needs the role operator.</span>
        </Notice>
      )}
    </Page>
  );
}
