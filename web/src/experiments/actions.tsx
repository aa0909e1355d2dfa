// What one can do with an experiment, and the question before it is done.
import { useState } from "preact/hooks";
import { api } from "../api/client";
import type { Experiment } from "../api/words";
import { Dialog } from "../parts/dialog";
import { SelectField, TextField } from "../parts/field";
import { type Template, TemplateChoice } from "../rollouts/template_choice";
import { go, link } from "../route";
import { useMay } from "../session";
import { type Action, actionsIn, contentOf } from "./plan";

interface Words {
  button: string;
  what: string;
  look: string; // the button's class
}

const kWords: Record<Action, Words> = {
  start: {
    button: "Start",
    what: "Chance divides the devices among the arms; each enters at its next check-in. Rollouts wait for them meanwhile.",
    look: "main",
  },
  stop: {
    button: "Stop",
    what: "It ends without a result, and offers nothing any more. Its devices become free for rollouts.",
    look: "danger",
  },
  conclude: {
    button: "Conclude",
    what: "It ends here with a result of your own. Its devices keep the release that they run, return to the configuration in force, and become free for rollouts.",
    look: "",
  },
  promote: {
    button: "Let the winner out",
    what: "What the winner carries becomes a rollout to the experiment's group.",
    look: "main",
  },
};

interface Wishes {
  winner: string; // empty: none
  takesBack: boolean;
  reason: string;
  template: Template;
}

async function change(experiment: Experiment, action: "start" | "stop" | "conclude", of: Wishes) {
  await api.patch("/api/v1/products/{product}/experiments/{experiment}", {
    path: { product: experiment.product, experiment: experiment.name },
    body: {
      action,
      ...(action === "conclude" && of.winner !== "" && { winner: of.winner }),
      ...(action === "stop" && of.takesBack && { take_back: true }),
      ...(action !== "start" && of.reason !== "" && { reason: of.reason }),
    },
  });
}

async function promote(experiment: Experiment, template: Template) {
  const path = { product: experiment.product, experiment: experiment.name };
  // The plan's schema is open: docs/spec/rollout.md says what it may have.
  const body = { template } as never;
  const url = "/api/v1/products/{product}/experiments/{experiment}/rollout";
  const promoted = await api.post(url, { path, body });
  if (promoted.rollout !== null) {
    go(link(["products", experiment.product, "rollouts", promoted.rollout]));
  }
}

interface Asking {
  experiment: Experiment;
  action: Action;
  wishes: Wishes;
  set: (change: Partial<Wishes>) => void;
}

function Fields({ experiment, action, wishes, set }: Asking) {
  if (action === "start") return null;
  if (action === "promote") {
    return <TemplateChoice value={wishes.template} onValue={(template) => set({ template })} />;
  }
  const arms = experiment.arms.map((arm): [string, string] => [
    arm.name,
    `${arm.name} (${contentOf(arm)})`,
  ]);
  return (
    <>
      {action === "conclude" && (
        <SelectField
          label="Winner"
          value={wishes.winner}
          options={[["", "None"], ...arms]}
          onValue={(winner) => set({ winner })}
        />
      )}
      {action === "stop" && experiment.phase === "running" && (
        <label class="check">
          <input
            type="checkbox"
            checked={wishes.takesBack}
            onChange={(event) => set({ takesBack: event.currentTarget.checked })}
          />
          <span>Its devices go back to what they ran before</span>
        </label>
      )}
      <TextField
        label="Why"
        hint="Shown with the experiment, and kept in the audit log. May be empty."
        value={wishes.reason}
        onValue={(reason) => set({ reason })}
      />
    </>
  );
}

const kNoWishes: Wishes = { winner: "", takesBack: false, reason: "", template: "careful" };

export function Actions({ experiment, reload }: { experiment: Experiment; reload: () => void }) {
  const [asked, setAsked] = useState<Action | null>(null);
  const [wishes, setWishes] = useState<Wishes>(kNoWishes);
  if (!useMay("operator")) return null;
  const ask = (action: Action) => {
    setWishes(kNoWishes);
    setAsked(action);
  };
  const act = async (action: Action) => {
    if (action === "promote") return promote(experiment, wishes.template);
    await change(experiment, action, wishes);
    reload();
  };
  return (
    <>
      {actionsIn(experiment).map((action) => (
        <button type="button" key={action} class={kWords[action].look} onClick={() => ask(action)}>
          {kWords[action].button}
        </button>
      ))}
      {asked !== null && (
        <Dialog
          title={`${kWords[asked].button}: experiment ${experiment.name}?`}
          confirm={kWords[asked].button}
          isDanger={asked === "stop"}
          onClose={() => setAsked(null)}
          onConfirm={() => act(asked)}
        >
          <p>{kWords[asked].what}</p>
          <Fields
            experiment={experiment}
            action={asked}
            wishes={wishes}
            set={(change) => setWishes((old) => ({ ...old, ...change }))}
          />
        </Dialog>
      )}
    </>
  );
}
