// What a device is set to beside what it has, and whose each value is.
import { useState } from "preact/hooks";
import { api } from "../api/client";
import type { Device, DeviceConfiguration } from "../api/words";
import { readValue, type Values } from "../configuration/json_reader";
import { type Owner, removeLayer, setLayer } from "../configuration/layer_requests";
import {
  layerLink,
  nameOf,
  type Path,
  patchOf,
  type Row,
  rowsOf,
  shown,
  valuesOf,
  withoutValue,
  withValue,
} from "../configuration/layers";
import { RemoveLayer } from "../configuration/remove_layer";
import { Value } from "../configuration/values_field";
import { useReloadOn } from "../live";
import { useDeed, useLoad } from "../load";
import { Badge, Word } from "../parts/badge";
import { TextField } from "../parts/field";
import { ErrorNotice, Notice } from "../parts/notice";
import { Card, Facts, Ready } from "../parts/page";
import { link } from "../route";
import { useMay } from "../session";
import { words } from "../text";

function ownerOf({ id, product }: DeviceConfiguration): Owner {
  return { product, kind: "device", name: id };
}

function ownPatch(found: DeviceConfiguration) {
  const own = found.layers.find((layer) => layer.kind === "device");
  return own === undefined ? null : patchOf(own);
}

function readConfiguration(device: string, signal?: AbortSignal): Promise<DeviceConfiguration> {
  return api.get("/api/v1/devices/{device}/config", {
    path: { device },
    ...(signal !== undefined && { signal }),
  });
}

// What it has of its own may have changed since it was shown: `change` is made to what is there.
async function changeOwn(device: string, change: (own: Values) => Values) {
  const found = await readConfiguration(device);
  const changed = change(ownPatch(found) ?? {});
  const isEmpty = Object.keys(changed).length === 0;
  await (isEmpty ? removeLayer(ownerOf(found)) : setLayer(ownerOf(found), changed));
}

interface Remover {
  found: DeviceConfiguration;
  onRemove: ((path: Path) => void) | null; // null: it may not be
}

function State({ found }: { found: DeviceConfiguration }) {
  const { desired, reported_version, failed_version } = found;
  if (desired === null) return <Word word={null} none="nothing to apply" />;
  if (desired.version === reported_version) return <Word word="confirmed" />;
  return <Word word={desired.version === failed_version ? "rolled_back" : "waiting"} />;
}

function Version({ product, version }: { product: string; version: number }) {
  if (version === 0) return <>none</>;
  return <a href={link(["products", product, "configuration"], { version })}>version {version}</a>;
}

function Source({ row, found }: { row: Row; found: DeviceConfiguration }) {
  const { by } = row;
  if (by !== null) {
    return (
      <span>
        <span class="soft">{by.kind}</span>{" "}
        <a href={layerLink(by.product, by.kind, by.name)}>{by.name}</a>
      </span>
    );
  }
  if (row.desired === undefined || found.desired === null) return <span class="soft">–</span>;
  const version = found.desired.base;
  return <a href={link(["products", found.product, "configuration"], { version })}>product</a>;
}

function Line({ row, found, onRemove }: Remover & { row: Row }) {
  const isOwn = row.by?.kind === "device";
  const isKnown = found.desired !== null && found.reported !== null;
  const isSame = JSON.stringify(row.desired) === JSON.stringify(row.reported);
  return (
    <tr>
      <td data-label="Value">
        <code>{nameOf(row.path)}</code>
      </td>
      <td data-label="Desired">
        <Value value={row.desired} none={row.by === null ? "–" : "taken away"} />
      </td>
      <td data-label="On the device">
        <span>
          <Value value={row.reported} none="–" />{" "}
          {isKnown && !isSame && <Badge tone="warn">differs</Badge>}
        </span>
      </td>
      <td data-label="From">
        <Source row={row} found={found} />
      </td>
      <td>
        {isOwn && onRemove !== null && (
          <button type="button" onClick={() => onRemove(row.path)}>
            Remove<span class="unseen"> {nameOf(row.path)}</span>
          </button>
        )}
      </td>
    </tr>
  );
}

function Sides({ found, onRemove }: Remover) {
  const rows = rowsOf(
    valuesOf(found.desired?.document),
    valuesOf(found.reported?.document),
    found.layers,
  );
  if (rows.length === 0) return null;
  return (
    <table class="cards">
      <thead>
        <tr>
          <th scope="col">Value</th>
          <th scope="col">Desired</th>
          <th scope="col">On the device</th>
          <th scope="col">From</th>
          <th scope="col">
            <span class="unseen">Remove</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <Line row={row} found={found} onRemove={onRemove} key={shown(row.path)} />
        ))}
      </tbody>
    </table>
  );
}

function SetOne({ device, reload }: { device: string; reload: () => void }) {
  const [name, setName] = useState("");
  const [value, setValue] = useState("");
  const deed = useDeed();
  const save = (event: Event) => {
    event.preventDefault();
    void deed.run(async () => {
      const wanted = readValue(value);
      await changeOwn(device, (own) => withValue(own, name.trim().split("."), wanted));
      setName("");
      setValue("");
      reload();
    });
  };
  return (
    <form class="stack" onSubmit={save}>
      <div class="value-line">
        <TextField
          label="Value's name"
          hint="A dot leads into an object: night.from"
          value={name}
          onValue={setName}
          required
        />
        <TextField
          label="For this device alone"
          hint="JSON, or a text as it is. null takes the value away."
          value={value}
          onValue={setValue}
          required
        />
        <button type="submit" disabled={deed.isBusy}>
          Set it
        </button>
      </div>
      <ErrorNotice error={deed.error} />
    </form>
  );
}

function Head({ found }: { found: DeviceConfiguration }) {
  const { product, desired, reported, reported_version } = found;
  return (
    <>
      <Facts
        rows={[
          ["Desired", <Version key="desired" {...{ product, version: desired?.version ?? 0 }} />],
          ["Merged upon", <Version key="base" {...{ product, version: desired?.base ?? 0 }} />],
          [
            "On the device",
            reported === null && reported_version > 0 ? (
              `version ${reported_version}, not known here`
            ) : (
              <Version key="reported" {...{ product, version: reported_version }} />
            ),
          ],
          ["State", <State key="state" found={found} />],
        ]}
      />
      {found.fault !== null && (
        <Notice tone="bad">
          <strong>Merged, its values can be no configuration: {words(found.fault)}</strong>
          <span>It keeps what it has until a group&apos;s values or its own are others.</span>
        </Notice>
      )}
    </>
  );
}

function Foot({ found, reload }: { found: DeviceConfiguration; reload: () => void }) {
  const maySet = useMay("publisher");
  const mayRemove = useMay("operator") && ownPatch(found) !== null;
  if (!maySet && !mayRemove) return null;
  return (
    <div class="card-foot stack">
      {maySet && <SetOne device={found.id} reload={reload} />}
      {mayRemove && (
        <div>
          <RemoveLayer
            owner={ownerOf(found)}
            label="Remove all of its own values"
            reload={reload}
          />
        </div>
      )}
    </div>
  );
}

export function ConfigurationCard({ device }: { device: Device }) {
  const found = useLoad((signal) => readConfiguration(device.id, signal), [device.id]);
  useReloadOn(["seen", "configuration", "rollout"], device.product, found.reload, {
    device: device.id,
  });
  const removing = useDeed();
  const may = useMay("publisher");
  const remove = (path: Path) =>
    void removing.run(async () => {
      await changeOwn(device.id, (own) => withoutValue(own, path));
      found.reload();
    });
  return (
    <Card title="Configuration" aside="what it is to have beside what it has" flush>
      <Ready loaded={found}>
        {(data) => (
          <>
            <div class="card-note stack">
              <Head found={data} />
              <ErrorNotice error={removing.error} />
            </div>
            <Sides found={data} onRemove={may && !removing.isBusy ? remove : null} />
            <Foot found={data} reload={found.reload} />
          </>
        )}
      </Ready>
    </Card>
  );
}
