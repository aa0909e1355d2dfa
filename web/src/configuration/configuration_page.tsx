// What devices are set to apart from firmware: versions, which is in force, how far it has come.
import { useState } from "preact/hooks";
import { api } from "../api/client";
import type { Configuration } from "../api/words";
import { useReloadOn } from "../live";
import { useDeed, useLoad } from "../load";
import { Badge } from "../parts/badge";
import { Dialog } from "../parts/dialog";
import { Empty, ErrorNotice } from "../parts/notice";
import { Card, Page, Ready } from "../parts/page";
import { Pager } from "../parts/pager";
import { Time } from "../parts/time";
import { link, type Route } from "../route";
import { useMay } from "../session";
import { count, share } from "../text";
import { readValues } from "./json_reader";
import { valuesOf } from "./layers";
import { LayersCard } from "./layers_card";
import { pretty, ValuesField } from "./values_field";

function Spread({ shown }: { shown: Configuration }) {
  const devices = shown.devices;
  if (devices === undefined) return null;
  const waiting = devices.enrolled - devices.applied - devices.failed;
  return (
    <div class="tiles">
      <div class="tile">
        <span class="label">Applied</span>
        <span class="figure">{count(devices.applied)}</span>
        <span class="note">
          {share(devices.applied, devices.enrolled)} of {count(devices.enrolled, "enrolled device")}
        </span>
      </div>
      <div class="tile">
        <span class="label">Not yet</span>
        <span class="figure">{count(Math.max(0, waiting))}</span>
        <span class="note">get it at their next check-in</span>
      </div>
      <div class={devices.failed > 0 ? "tile is-bad" : "tile"}>
        <span class="label">Taken back</span>
        <span class="figure">{count(devices.failed)}</span>
        <span class="note">by the device: it did not do</span>
      </div>
    </div>
  );
}

function Editor({
  product,
  shown,
  reload,
}: {
  product: string;
  shown: Configuration;
  reload: () => void;
}) {
  const version = shown.next_version;
  const [text, setText] = useState(pretty(valuesOf(shown.document)));
  const deed = useDeed();
  const save = (event: Event) => {
    event.preventDefault();
    const saved = deed.run(async () => {
      const body = { version, values: readValues(text) } as never;
      await api.put("/api/v1/products/{product}/config", { path: { product }, body });
    });
    void saved.then(reload); // also if the version was taken meanwhile: the next is free
  };
  return (
    <Card title={`A new version, ${version}`}>
      <form class="stack" onSubmit={save}>
        <ValuesField
          hint="JSON, at most 3072 bytes. Saving it changes no device: put it in force after that."
          value={text}
          onValue={setText}
        />
        <ErrorNotice error={deed.error} />
        <div>
          <button type="submit" class="main" disabled={deed.isBusy}>
            Save version {version}
          </button>
        </div>
      </form>
    </Card>
  );
}

function Versions({ product, shown, reload, route }: Shown) {
  const [asked, setAsked] = useState<number | null>(null);
  const may = useMay("operator");
  return (
    <Card title="Versions" flush>
      <table class="cards">
        <thead>
          <tr>
            <th scope="col">Version</th>
            <th scope="col">State</th>
            <th scope="col">Made</th>
            <th scope="col">
              <span class="unseen">Put in force</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {shown.versions.map(({ version, created }) => (
            <tr key={version}>
              <td data-label="Version">
                <a href={link(["products", product, "configuration"], { version })}>{version}</a>
              </td>
              <td data-label="State">
                <span>
                  {version === shown.in_force ? (
                    <Badge tone="good">in force</Badge>
                  ) : (
                    <span class="soft">kept</span>
                  )}
                </span>
              </td>
              <td data-label="Made">
                <Time at={created} />
              </td>
              <td>
                {may && version !== shown.in_force && (
                  <button type="button" onClick={() => setAsked(version)}>
                    Put version {version} in force
                  </button>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <Pager route={route} next={shown.next} />
      {asked !== null && (
        <Dialog
          title={`Put version ${asked} in force?`}
          confirm={`Put version ${asked} in force`}
          onClose={() => setAsked(null)}
          onConfirm={async () => {
            await api.post("/api/v1/products/{product}/config", {
              path: { product },
              body: { version: asked },
            });
            reload();
          }}
        >
          <p>
            Each enrolled device fetches it at its next check-in, tries it, and takes it back by
            itself if it doesn't do.
          </p>
        </Dialog>
      )}
    </Card>
  );
}

interface Shown {
  product: string;
  shown: Configuration;
  reload: () => void;
  route: Route;
}

function Document({ shown }: { shown: Configuration }) {
  if (shown.document === undefined) return null;
  const isInForce = shown.version === shown.in_force;
  return (
    <Card title={`Version ${shown.version}`} aside={isInForce ? "in force" : "not in force"}>
      <pre>{pretty(valuesOf(shown.document))}</pre>
    </Card>
  );
}

export function ConfigurationPage({ product, route }: { product: string; route: Route }) {
  const version = route.query.get("version");
  const cursor = route.query.get("cursor") ?? undefined;
  const query = { limit: 20, cursor, ...(version !== null && { version: Number(version) }) };
  const configuration = useLoad(
    (signal) => api.get("/api/v1/products/{product}/config", { path: { product }, query, signal }),
    [product, query],
  );
  useReloadOn(["configuration", "seen"], product, configuration.reload);
  const may = useMay("publisher");
  return (
    <Page
      title="Configuration"
      crumb={{ text: product, to: link(["products", product]) }}
      lead="What devices are set to apart from firmware. A device tries it, and confirms it or takes it back."
    >
      <Ready loaded={configuration}>
        {(shown) => (
          <>
            <Spread shown={shown} />
            {shown.versions.length === 0 ? (
              <Card>
                <Empty title="There is no configuration yet">
                  <p>
                    {may
                      ? "Write the first one below."
                      : "A publisher can write one; an operator puts it in force."}
                  </p>
                </Empty>
              </Card>
            ) : (
              <div class="columns">
                <Versions
                  product={product}
                  shown={shown}
                  reload={configuration.reload}
                  route={route}
                />
                <Document shown={shown} />
              </div>
            )}
            {may && (
              <Editor
                key={shown.versions[0]?.version ?? 0}
                product={product}
                shown={shown}
                reload={configuration.reload}
              />
            )}
          </>
        )}
      </Ready>
      <LayersCard product={product} route={route} />
    </Page>
  );
}
