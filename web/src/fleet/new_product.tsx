// A new product, and its two secrets, which the server shows this once.
import { useState } from "preact/hooks";
import { api } from "../api/client";
import { useDeed } from "../load";
import { SelectField, TextField } from "../parts/field";
import { ErrorNotice, Notice } from "../parts/notice";
import { Card } from "../parts/page";
import { chipName } from "../text";

const kChips = [
  "esp32",
  "esp32s2",
  "esp32s3",
  "esp32c2",
  "esp32c3",
  "esp32c6",
  "esp32h2",
  "esp32p4",
];

interface Made {
  name: string;
  api_key: string;
  hmac_secret: string;
}

function Secrets({ made, onSeen }: { made: Made; onSeen: () => void }) {
  return (
    <div role="status">
      <Notice tone="good">
        <strong>{made.name} is there. Its secrets are shown this once</strong>
        <span>
          API key, with which its devices enrol: <code>{made.api_key}</code>
        </span>
        <span>
          HMAC secret, of the plain mode: <code>{made.hmac_secret}</code>
        </span>
        <span>
          <button type="button" onClick={onSeen}>
            I have them
          </button>
        </span>
      </Notice>
    </div>
  );
}

export function NewProduct({ reload }: { reload: () => void }) {
  const [name, setName] = useState("");
  const [chip, setChip] = useState("");
  const [made, setMade] = useState<Made | null>(null);
  const deed = useDeed();
  const add = (event: Event) => {
    event.preventDefault();
    void deed.run(async () => {
      const body = { name, chip: chip === "" ? null : chip };
      setMade(await api.post("/api/v1/products", { body }));
      setName("");
      reload();
    });
  };
  if (made !== null) return <Secrets made={made} onSeen={() => setMade(null)} />;
  return (
    <Card title="Add a product">
      <form class="stack form" onSubmit={add}>
        <TextField
          label="Name"
          hint="As the firmware states it: its project name, or its marker's product."
          value={name}
          onValue={setName}
          required
        />
        <SelectField
          label="Chip"
          value={chip}
          options={[
            ["", "the first release decides"],
            ...kChips.map((one): [string, string] => [one, chipName(one)]),
          ]}
          onValue={setChip}
        />
        <ErrorNotice error={deed.error} />
        <div>
          <button class="main" type="submit" disabled={deed.isBusy}>
            Add the product
          </button>
        </div>
      </form>
    </Card>
  );
}
