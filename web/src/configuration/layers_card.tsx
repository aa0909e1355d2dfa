// Which groups and devices have values of their own, and what those change.
import { useState } from "preact/hooks";
import { api } from "../api/client";
import type { Layer } from "../api/words";
import { useReloadOn } from "../live";
import { useLoad } from "../load";
import { SelectField, TextField } from "../parts/field";
import { Empty } from "../parts/notice";
import { Card, Ready } from "../parts/page";
import { Pager } from "../parts/pager";
import { Time } from "../parts/time";
import { go, type Route } from "../route";
import { useMay } from "../session";
import { isTakenAway, type Kind, layerLink, leavesOf, nameOf, patchOf, shown } from "./layers";

const kPage = 20;
const kChangesMax = 4; // of a row; the layer's page has all

export function SetBy({ layer }: { layer: Layer }) {
  return (
    <span>
      <Time at={layer.created} />
      {layer.created_by !== null && <span class="soft"> by {layer.created_by}</span>}
    </span>
  );
}

function Changes({ layer }: { layer: Layer }) {
  const leaves = leavesOf(patchOf(layer));
  if (leaves.length === 0) return <span class="soft">nothing</span>;
  const rest = leaves.length - kChangesMax;
  return (
    <ul>
      {leaves.slice(0, kChangesMax).map((leaf) => (
        <li key={shown(leaf.path)}>
          <code>{nameOf(leaf.path)}</code>{" "}
          {isTakenAway(leaf) ? (
            <span class="soft">taken away</span>
          ) : (
            <>
              = <code>{shown(leaf.value)}</code>
            </>
          )}
        </li>
      ))}
      {rest > 0 && <li class="soft">and {rest} more</li>}
    </ul>
  );
}

function Row({ layer }: { layer: Layer }) {
  const { product, kind, name } = layer;
  return (
    <tr>
      <td data-label="Whose">
        <span>
          <span class="soft">{kind}</span> <a href={layerLink(product, kind, name)}>{name}</a>
        </span>
      </td>
      <td data-label="Changes">
        <Changes layer={layer} />
      </td>
      <td data-label="Set">
        <SetBy layer={layer} />
      </td>
    </tr>
  );
}

function Open({ product }: { product: string }) {
  const [kind, setKind] = useState<Kind>("group");
  const [name, setName] = useState("");
  const open = (event: Event) => {
    event.preventDefault();
    go(layerLink(product, kind, name.trim()));
  };
  return (
    <form class="owner-choice" onSubmit={open}>
      <SelectField
        label="Whose"
        value={kind}
        options={[
          ["group", "A group's"],
          ["device", "A device's"],
        ]}
        onValue={(value) => setKind(value as Kind)}
      />
      <TextField label="Its name" value={name} onValue={setName} required />
      <button type="submit">Open its values</button>
    </form>
  );
}

function Layers({ layers }: { layers: Layer[] }) {
  if (layers.length === 0) {
    return (
      <Empty title="No group and no device has values of its own">
        <p>All devices get what is in force for the product.</p>
      </Empty>
    );
  }
  return (
    <table class="cards">
      <thead>
        <tr>
          <th scope="col">Whose</th>
          <th scope="col">Changes</th>
          <th scope="col">Set</th>
        </tr>
      </thead>
      <tbody>
        {layers.map((layer) => (
          <Row layer={layer} key={`${layer.kind} ${layer.name}`} />
        ))}
      </tbody>
    </table>
  );
}

export function LayersCard({ product, route }: { product: string; route: Route }) {
  const cursor = route.query.get("layers") ?? undefined;
  const layers = useLoad(
    (signal) =>
      api.get("/api/v1/products/{product}/config/layers", {
        path: { product },
        query: { limit: kPage, cursor },
        signal,
      }),
    [product, cursor],
  );
  useReloadOn(["configuration"], product, layers.reload);
  const may = useMay("publisher");
  return (
    <Card
      title="Values of groups and devices"
      aside="merged with the product's: groups by name, the device's own last"
      flush
    >
      <Ready loaded={layers}>
        {({ layers: list, next }) => (
          <>
            <Layers layers={list} />
            <Pager route={route} next={next} cursor="layers" />
          </>
        )}
      </Ready>
      {may && (
        <div class="card-foot">
          <Open product={product} />
        </div>
      )}
    </Card>
  );
}
