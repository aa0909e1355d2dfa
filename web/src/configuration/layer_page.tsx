// What a group or a device is set to of its own: what it changes, who set it, to set and take away.
import { useState } from "preact/hooks";
import { api } from "../api/client";
import type { Group, Layer } from "../api/words";
import { useReloadOn } from "../live";
import { useDeed, useLoad } from "../load";
import { Empty, ErrorNotice } from "../parts/notice";
import { Card, Facts, Page, Ready } from "../parts/page";
import { link } from "../route";
import { useMay } from "../session";
import { count } from "../text";
import { readValues, type Values } from "./json_reader";
import { type Owner, setLayer } from "./layer_requests";
import { isTakenAway, leavesOf, nameOf, patchOf, shown, valueAt, valuesOf } from "./layers";
import { SetBy } from "./layers_card";
import { RemoveLayer } from "./remove_layer";
import { pretty, Value, ValuesField } from "./values_field";

interface Found {
  layer: Layer | null; // null: it has none
  group: Group | null;
  inForce: Values;
  version: number; // in force; 0: none
}

async function readLayer({ product, kind, name }: Owner, signal: AbortSignal): Promise<Found> {
  const path = { product };
  const [{ layers }, configuration, group] = await Promise.all([
    api.get("/api/v1/products/{product}/config/layers", { path, query: { kind, name }, signal }),
    api.get("/api/v1/products/{product}/config", { path, query: { limit: 1 }, signal }),
    kind === "group"
      ? api.get("/api/v1/products/{product}/groups/{group}", {
          path: { product, group: name },
          signal,
        })
      : readDevice(name, signal),
  ]);
  const inForce = valuesOf(configuration.document);
  return { layer: layers[0] ?? null, group, inForce, version: configuration.in_force };
}

// A device is there, or it is an error.
async function readDevice(device: string, signal: AbortSignal): Promise<null> {
  await api.get("/api/v1/devices/{device}", { path: { device }, signal });
  return null;
}

function About({ owner, found }: { owner: Owner; found: Found }) {
  const { layer, group } = found;
  const isOfGroup = owner.kind === "group";
  const filter = group?.filter ?? "";
  const devices = link(["products", owner.product, "devices"], { filter });
  return (
    <Card>
      <Facts
        rows={[
          [
            isOfGroup ? "Devices" : "Device",
            group === null ? (
              <a href={link(["devices", owner.name])}>{owner.name}</a>
            ) : (
              <a href={devices}>{count(group.devices, "device")}</a>
            ),
          ],
          ...(isOfGroup
            ? [["Filter", <code key="filter">{filter || "all devices"}</code>] as [string, never]]
            : []),
          ["Set", layer === null ? "not yet" : <SetBy key="set" layer={layer} />],
          ["In force below it", found.version === 0 ? "nothing" : `version ${found.version}`],
        ]}
      />
    </Card>
  );
}

function Effect({ owner, found }: { owner: Owner; found: Found }) {
  const { layer, inForce } = found;
  const below = "what is in force for the product";
  const leaves = layer === null ? [] : leavesOf(patchOf(layer));
  return (
    <Card title="What it changes" flush>
      {leaves.length === 0 ? (
        <Empty title={layer === null ? "It has no values of its own" : "It changes nothing"}>
          <p>
            {owner.kind === "group"
              ? `Its devices get ${below}, and what other groups change.`
              : `It gets ${below}, and what its groups change.`}
          </p>
        </Empty>
      ) : (
        <table class="cards">
          <thead>
            <tr>
              <th scope="col">Value</th>
              <th scope="col">Of the product</th>
              <th scope="col">Here</th>
            </tr>
          </thead>
          <tbody>
            {leaves.map((leaf) => (
              <tr key={shown(leaf.path)}>
                <td data-label="Value">
                  <code>{nameOf(leaf.path)}</code>
                </td>
                <td data-label="Of the product">
                  <Value value={valueAt(inForce, leaf.path)} none="none" />
                </td>
                <td data-label="Here">
                  <Value value={isTakenAway(leaf) ? undefined : leaf.value} none="taken away" />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Card>
  );
}

function Editor({
  owner,
  layer,
  reload,
}: {
  owner: Owner;
  layer: Layer | null;
  reload: () => void;
}) {
  const [text, setText] = useState(layer === null ? "{\n}" : pretty(patchOf(layer)));
  const deed = useDeed();
  const save = (event: Event) => {
    event.preventDefault();
    void deed.run(async () => {
      await setLayer(owner, readValues(text));
      reload();
    });
  };
  return (
    <Card title={layer === null ? "Set values" : "Set other values"}>
      <form class="stack" onSubmit={save}>
        <ValuesField
          hint="JSON: only what differs from the product's. null takes a value away. Devices take it at their next check-in, without stages."
          value={text}
          onValue={setText}
        />
        <ErrorNotice error={deed.error} />
        <div>
          <button type="submit" class="main" disabled={deed.isBusy}>
            Set the values
          </button>
        </div>
      </form>
    </Card>
  );
}

export function LayerPage(owner: Owner) {
  const { product, kind, name } = owner;
  const found = useLoad((signal) => readLayer(owner, signal), [product, kind, name]);
  useReloadOn(["configuration"], product, found.reload);
  const maySet = useMay("publisher");
  const mayRemove = useMay("operator");
  const layer = found.data?.layer ?? null;
  return (
    <Page
      title={`Values of ${kind} ${name}`}
      crumb={{
        text: `Configuration of ${product}`,
        to: link(["products", product, "configuration"]),
      }}
      lead={
        kind === "group"
          ? "What the devices of a group are set to besides what is in force for the product."
          : "What this device is set to besides what is in force for the product and its groups."
      }
      actions={
        layer !== null &&
        mayRemove && <RemoveLayer owner={owner} label="Remove the values" reload={found.reload} />
      }
    >
      <Ready loaded={found}>
        {(shownOne) => (
          <>
            <About owner={owner} found={shownOne} />
            <Effect owner={owner} found={shownOne} />
            {maySet && (
              <Editor
                key={JSON.stringify(shownOne.layer)}
                owner={owner}
                layer={shownOne.layer}
                reload={found.reload}
              />
            )}
          </>
        )}
      </Ready>
    </Page>
  );
}
