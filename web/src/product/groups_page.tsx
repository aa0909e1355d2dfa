// Groups: filters under a name.
import { useState } from "preact/hooks";
import { api } from "../api/client";
import type { Group } from "../api/words";
import { layerLink } from "../configuration/layers";
import { useDeed, useLoad } from "../load";
import { Dialog } from "../parts/dialog";
import { TextField } from "../parts/field";
import { Empty, ErrorNotice } from "../parts/notice";
import { Card, Page, Ready } from "../parts/page";
import { Pager } from "../parts/pager";
import { link, type Route } from "../route";
import { useMay } from "../session";
import { count } from "../text";

// The groups that have values of their own.
function useLayered(product: string) {
  return useLoad(
    async (signal) => {
      const { layers } = await api.get("/api/v1/products/{product}/config/layers", {
        path: { product },
        query: { kind: "group", limit: 1000 },
        signal,
      });
      return new Set(layers.map((layer) => layer.name));
    },
    [product],
  );
}

function OwnValues({ product, group, has }: { product: string; group: string; has: boolean }) {
  const may = useMay("publisher");
  if (!has && !may) return <span class="soft">none</span>;
  return (
    <a href={layerLink(product, "group", group)}>
      {has ? "own values" : "set values"}
      <span class="unseen"> of {group}</span>
    </a>
  );
}

function NewGroup({ product, reload }: { product: string; reload: () => void }) {
  const [name, setName] = useState("");
  const [filter, setFilter] = useState("");
  const deed = useDeed();
  const save = (event: Event) => {
    event.preventDefault();
    void deed.run(async () => {
      await api.put("/api/v1/products/{product}/groups/{group}", {
        path: { product, group: name },
        body: { filter },
      });
      setName("");
      setFilter("");
      reload();
    });
  };
  return (
    <Card title="Save a group">
      <form class="stack form" onSubmit={save}>
        <TextField
          label="Name"
          hint="One that is there gets the new filter."
          value={name}
          onValue={setName}
          required
        />
        <TextField
          label="Filter"
          hint={
            <>
              Such as <code>tag = kitchen and version &lt; 1.4.0</code>; empty: all devices.
            </>
          }
          value={filter}
          onValue={setFilter}
        />
        <ErrorNotice error={deed.error} />
        <div>
          <button class="main" type="submit" disabled={deed.isBusy}>
            Save the group
          </button>
        </div>
      </form>
    </Card>
  );
}

export function GroupsPage({ product, route }: { product: string; route: Route }) {
  const cursor = route.query.get("cursor") ?? undefined;
  const [removed, setRemoved] = useState<Group | null>(null);
  const groups = useLoad(
    (signal) =>
      api.get("/api/v1/products/{product}/groups", {
        path: { product },
        query: { limit: 100, cursor },
        signal,
      }),
    [product, cursor],
  );
  const layered = useLayered(product);
  const may = useMay("operator");
  return (
    <Page
      title="Groups"
      crumb={{ text: product, to: link(["products", product]) }}
      lead="A group is a filter under a name: its devices are those that the filter chooses whenever it is asked."
    >
      <ErrorNotice error={layered.error} retry={layered.reload} />
      <Ready loaded={groups}>
        {({ groups: list, next }) => (
          <Card flush>
            {list.length === 0 ? (
              <Empty title="No group yet">
                <p>
                  {may ? "Save one below." : "An operator can save one."} A rollout can go to a
                  group in place of all devices.
                </p>
              </Empty>
            ) : (
              <table class="cards">
                <thead>
                  <tr>
                    <th scope="col">Group</th>
                    <th scope="col">Filter</th>
                    <th scope="col" class="number">
                      Devices
                    </th>
                    <th scope="col">Configuration</th>
                    <th scope="col">
                      <span class="unseen">Remove</span>
                    </th>
                  </tr>
                </thead>
                <tbody>
                  {list.map((group) => (
                    <tr key={group.name}>
                      <td data-label="Group">{group.name}</td>
                      <td data-label="Filter">
                        <code>{group.filter === "" ? "all devices" : group.filter}</code>
                      </td>
                      <td data-label="Devices" class="number">
                        <a href={link(["products", product, "devices"], { filter: group.filter })}>
                          {count(group.devices)}
                        </a>
                      </td>
                      <td data-label="Configuration">
                        <OwnValues
                          product={product}
                          group={group.name}
                          has={layered.data?.has(group.name) ?? false}
                        />
                      </td>
                      <td>
                        {may && (
                          <button type="button" onClick={() => setRemoved(group)}>
                            Remove<span class="unseen"> {group.name}</span>
                          </button>
                        )}
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            )}
            <Pager route={route} next={next} />
          </Card>
        )}
      </Ready>
      {may && <NewGroup product={product} reload={groups.reload} />}
      {removed !== null && (
        <Dialog
          title={`Remove the group ${removed.name}?`}
          confirm="Remove"
          isDanger
          onClose={() => setRemoved(null)}
          onConfirm={async () => {
            await api.delete("/api/v1/products/{product}/groups/{group}", {
              path: { product, group: removed.name },
            });
            groups.reload();
          }}
        >
          <p>Its devices stay as they are; rollouts that went to it keep its filter.</p>
        </Dialog>
      )}
    </Page>
  );
}
