// How a product takes devices and lets releases out.
import { useState } from "preact/hooks";
import { api } from "../api/client";
import type { ShownProduct } from "../api/words";
import { useDeed, useLoad } from "../load";
import { ErrorNotice, Notice } from "../parts/notice";
import { Card, Facts, Page, Ready } from "../parts/page";
import { link } from "../route";
import { useMay } from "../session";
import { bytes, chipName } from "../text";

type Enrolment = ShownProduct["enrolment"];

const kEnrolments: [Enrolment, string, string][] = [
  ["open", "Open", "Every device that has the product's key gets one of its own."],
  ["approve", "With approval", "A device asks, and waits until an operator lets it in."],
  ["listed", "Listed", "Only devices that were named before get one."],
];

interface Wishes {
  enrolment: Enrolment;
  plain: boolean;
  staged: boolean;
  needs_approval: boolean;
}

function Check(of: {
  label: string;
  hint: string;
  value: boolean;
  isFixed: boolean;
  onValue: (value: boolean) => void;
}) {
  return (
    <label class="check">
      <input
        type="checkbox"
        checked={of.value}
        disabled={of.isFixed}
        onChange={(event) => of.onValue(event.currentTarget.checked)}
      />
      <span>
        {of.label}
        <span class="small soft block">{of.hint}</span>
      </span>
    </label>
  );
}

async function save(product: ShownProduct, wishes: Wishes) {
  const path = { product: product.name };
  const { enrolment, plain, staged } = wishes;
  await api.patch("/api/v1/products/{product}", { path, body: { enrolment, plain, staged } });
  if (wishes.needs_approval === product.needs_approval) return;
  const body = { required: wishes.needs_approval };
  await api.put("/api/v1/products/{product}/approval", { path, body });
}

function Form({ product, reload }: { product: ShownProduct; reload: () => void }) {
  const { enrolment, plain, staged, needs_approval } = product;
  const [wishes, setWishes] = useState<Wishes>({ enrolment, plain, staged, needs_approval });
  const set = (change: Partial<Wishes>) => setWishes((old) => ({ ...old, ...change }));
  const [isSaved, setSaved] = useState(false);
  const deed = useDeed();
  const isFixed = !useMay("admin");
  const submit = async (event: Event) => {
    event.preventDefault();
    setSaved(await deed.run(() => save(product, wishes)));
    reload();
  };
  return (
    <form class="stack form" onSubmit={submit}>
      <fieldset disabled={isFixed}>
        <legend>Which devices become its devices</legend>
        {kEnrolments.map(([value, name, text]) => (
          <label class="choice" key={value}>
            <input
              type="radio"
              name="enrolment"
              checked={wishes.enrolment === value}
              onChange={() => set({ enrolment: value })}
            />
            <span>
              <strong>{name}</strong>
              <span class="small soft">{text}</span>
            </span>
          </label>
        ))}
      </fieldset>
      <Check
        label="Plain mode"
        hint="The product's key alone opens manifest, images and reports: for sketches without the library."
        value={wishes.plain}
        isFixed={isFixed}
        onValue={(value) => set({ plain: value })}
      />
      <Check
        label="Releases by rollouts alone"
        hint="A release that is published from now on is offered to nobody until a rollout begins."
        value={wishes.staged}
        isFixed={isFixed}
        onValue={(value) => set({ staged: value })}
      />
      <Check
        label="Releases need approval"
        hint="A second account has to agree before any device learns of a release."
        value={wishes.needs_approval}
        isFixed={isFixed}
        onValue={(value) => set({ needs_approval: value })}
      />
      <ErrorNotice error={deed.error} />
      {isSaved && (
        <div role="status">
          <Notice tone="good">Saved.</Notice>
        </div>
      )}
      {!isFixed && (
        <div>
          <button class="main" type="submit" disabled={deed.isBusy}>
            Save
          </button>
        </div>
      )}
    </form>
  );
}

export function SettingsPage({ product: name }: { product: string }) {
  const product = useLoad(
    (signal) => api.get("/api/v1/products/{product}", { path: { product: name }, signal }),
    [name],
  );
  const isFixed = !useMay("admin");
  return (
    <Page title="Product settings" crumb={{ text: name, to: link(["products", name]) }}>
      {isFixed && (
        <Notice tone="warn">
          <strong>Your account may look at these, not change them</strong>
          <span>That needs the role admin.</span>
        </Notice>
      )}
      <Ready loaded={product}>
        {(shown) => (
          <>
            <Card title="Hardware">
              <Facts
                rows={[
                  ["Chip", chipName(shown.chip)],
                  ["Slot", shown.slot_bytes === 0 ? "not stated" : bytes(shown.slot_bytes)],
                  [
                    "Smallest slot in the field",
                    shown.smallest_slot_bytes === 0
                      ? "none stated"
                      : bytes(shown.smallest_slot_bytes),
                  ],
                  ["Next release's sequence", shown.next_sequence],
                ]}
              />
            </Card>
            <Card title="Devices and releases">
              <Form product={shown} reload={product.reload} />
            </Card>
          </>
        )}
      </Ready>
    </Page>
  );
}
