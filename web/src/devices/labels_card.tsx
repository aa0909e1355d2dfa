// A device's tags and attributes: what filters and groups go by.
import { useState } from "preact/hooks";
import { api } from "../api/client";
import type { Device } from "../api/words";
import { Dialog } from "../parts/dialog";
import { TextField } from "../parts/field";
import { Card } from "../parts/page";
import { link } from "../route";
import { useMay } from "../session";
import { parseAttributes, type Value } from "./attributes";

function Editor({
  device,
  reload,
  onClose,
}: {
  device: Device;
  reload: () => void;
  onClose: () => void;
}) {
  const [tags, setTags] = useState(device.tags.join(", "));
  const [attributes, setAttributes] = useState(
    Object.entries(device.attributes)
      .map(([name, value]) => `${name}=${value}`)
      .join(", "),
  );
  const save = async () => {
    const wanted: Record<string, Value | null> = parseAttributes(attributes);
    for (const name of Object.keys(device.attributes)) wanted[name] ??= null;
    await api.patch("/api/v1/devices/{device}", {
      path: { device: device.id },
      body: {
        tags: tags
          .split(",")
          .map((tag) => tag.trim())
          .filter((tag) => tag !== ""),
        attributes: wanted,
      },
    });
    reload();
  };
  return (
    <Dialog title={`Labels of ${device.id}`} confirm="Save" onConfirm={save} onClose={onClose}>
      <TextField label="Tags" hint="With commas between them." value={tags} onValue={setTags} />
      <TextField
        label="Attributes"
        hint="name=value, with commas between them. What you leave out is removed."
        value={attributes}
        onValue={setAttributes}
      />
    </Dialog>
  );
}

export function LabelsCard({ device, reload }: { device: Device; reload: () => void }) {
  const [isOpen, setOpen] = useState(false);
  const may = useMay("operator");
  const attributes = Object.entries(device.attributes);
  const isBare = device.tags.length === 0 && attributes.length === 0;
  const devices = (filter: string) => link(["products", device.product, "devices"], { filter });
  return (
    <Card title="Labels">
      <div class="stack">
        {isBare && (
          <p class="soft">None. Tags and attributes let filters and groups find the device.</p>
        )}
        {!isBare && (
          <ul class="row">
            {device.tags.map((tag) => (
              <li key={tag}>
                <a class="chip" href={devices(`tag = "${tag}"`)}>
                  {tag}
                </a>
              </li>
            ))}
            {attributes.map(([name, value]) => (
              <li key={name}>
                <a
                  class="chip"
                  href={devices(
                    `attr.${name} = ${typeof value === "number" ? value : JSON.stringify(value)}`,
                  )}
                >
                  {name} = {value}
                </a>
              </li>
            ))}
          </ul>
        )}
        {may && (
          <div>
            <button type="button" onClick={() => setOpen(true)}>
              Change labels
            </button>
          </div>
        )}
      </div>
      {isOpen && <Editor device={device} reload={reload} onClose={() => setOpen(false)} />}
    </Card>
  );
}
