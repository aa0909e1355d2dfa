// Start a rollout: which release, to whom, how carefully.
import { useState } from "preact/hooks";
import { api } from "../api/client";
import type { Release } from "../api/words";
import { useDeed, useLoad } from "../load";
import { SelectField, TextField } from "../parts/field";
import { Empty, ErrorNotice, Notice } from "../parts/notice";
import { Card, Page, Ready } from "../parts/page";
import { go, link, type Route } from "../route";
import { useMay } from "../session";
import { type Choices, readChoices } from "./choices";
import { gatesOf, MetricGatesFields, type WishedGate } from "./metric_gates";
import { type Template, TemplateChoice } from "./template_choice";

interface Wishes {
  version: string;
  template: Template;
  group: string;
  on_breach: "halt" | "take_back";
  needs_approval: boolean;
  metrics: WishedGate[];
}

// Where all get it at once there is nobody to compare with.
const watchesHealth = ({ template }: Wishes) => template !== "all_at_once";

async function begin(product: string, wishes: Wishes): Promise<string> {
  const { metrics, ...plan } = wishes;
  const gates = watchesHealth(wishes) ? { metrics: gatesOf(metrics) } : {};
  // The plan's schema is open: docs/spec/rollout.md says what it may have.
  const body = { ...plan, gates } as never;
  const made = await api.post("/api/v1/products/{product}/rollouts", { path: { product }, body });
  return made.name;
}

function Form({
  product,
  choices,
  version,
}: {
  product: string;
  choices: Choices;
  version: string;
}) {
  const [first] = choices.releases;
  const [wishes, setWishes] = useState<Wishes>({
    version: version || (first?.version ?? ""),
    template: "careful",
    group: "",
    on_breach: "halt",
    needs_approval: false,
    metrics: [],
  });
  const set = (change: Partial<Wishes>) => setWishes((old) => ({ ...old, ...change }));
  const deed = useDeed();
  const submit = (event: Event) => {
    event.preventDefault();
    void deed.run(async () => {
      go(link(["products", product, "rollouts", await begin(product, wishes)]));
    });
  };
  const names = (release: Release): [string, string] => [release.version, release.version];
  return (
    <form class="stack form" onSubmit={submit}>
      <SelectField
        label="Release"
        value={wishes.version}
        options={choices.releases.map(names)}
        onValue={(value) => set({ version: value })}
      />
      <TemplateChoice value={wishes.template} onValue={(template) => set({ template })} />
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
      <SelectField
        label="If a gate is breached"
        value={wishes.on_breach}
        options={[
          ["halt", "Halt, and wait for a person"],
          ["take_back", "Take the release back from those that have it"],
        ]}
        onValue={(value) => set({ on_breach: value === "halt" ? "halt" : "take_back" })}
      />
      {watchesHealth(wishes) && (
        <MetricGatesFields gates={wishes.metrics} onGates={(metrics) => set({ metrics })} />
      )}
      <label class="check">
        <input
          type="checkbox"
          checked={wishes.needs_approval}
          onChange={(event) => set({ needs_approval: event.currentTarget.checked })}
        />
        <span>A second account has to approve it first</span>
      </label>
      <ErrorNotice error={deed.error} />
      <div class="row">
        <button class="main" type="submit" disabled={deed.isBusy}>
          {wishes.needs_approval ? "Ask for approval" : "Start the rollout"}
        </button>
        <span class="small soft">
          For stages and gates of your own: <code>otter rollout start --plan</code>
        </span>
      </div>
    </form>
  );
}

function NoRelease({ product }: { product: string }) {
  return (
    <Empty title="No release is there for a rollout">
      <p>
        A rollout needs a release that is offered by rollouts alone: publish one so, or have all of
        the product's{" "}
        <a href={link(["products", product, "settings"])}>releases offered by rollouts alone</a>.
      </p>
      <a class="button main" href={link(["products", product, "publish"])}>
        Publish a release
      </a>
    </Empty>
  );
}

export function StartPage({ product, route }: { product: string; route: Route }) {
  const choices = useLoad((signal) => readChoices(product, signal), [product]);
  const may = useMay("operator");
  return (
    <Page
      title="Start a rollout"
      crumb={{ text: "Rollouts", to: link(["products", product, "rollouts"]) }}
    >
      {may ? (
        <Ready loaded={choices}>
          {(data) => (
            <Card>
              {data.releases.length === 0 ? (
                <NoRelease product={product} />
              ) : (
                <Form product={product} choices={data} version={route.query.get("version") ?? ""} />
              )}
            </Card>
          )}
        </Ready>
      ) : (
        <Notice tone="warn">
          <strong>Your account may not start rollouts</strong>
          <span>That needs the role operator.</span>
        </Notice>
      )}
    </Page>
  );
}
