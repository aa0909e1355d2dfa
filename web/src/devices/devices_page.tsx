// The devices of a product, in pages from the server, chosen by a filter or by one of their states.
import { useState } from "preact/hooks";
import { api } from "../api/client";
import type { Device } from "../api/words";
import { useReloadOn } from "../live";
import { useLoad } from "../load";
import { Badge, Word } from "../parts/badge";
import { Field } from "../parts/field";
import { Empty } from "../parts/notice";
import { Card, Page, Ready } from "../parts/page";
import { Pager } from "../parts/pager";
import { Time } from "../parts/time";
import { go, link, type Route } from "../route";
import { dateTime, words } from "../text";

const kPage = 50;
const kOutcomes = [
  "confirmed",
  "downloading",
  "verified",
  "rebooting",
  "rolled_back",
  "refused",
  "failed",
  "claimed",
] as const;
const kStandings = ["plain", "pending", "allowed", "enrolled", "revoked"] as const;
const kBootStates = ["confirmed", "trial", "rolled_back", "unsupported"] as const;

type Text = string | undefined;

// A word that the API knows; another one, from a mistyped address, is none.
function known<W extends string>(text: Text, all: readonly W[]): W | undefined {
  return all.find((word) => word === text);
}

function queryOf(product: string, route: Route) {
  const text = (name: string): Text => route.query.get(name) ?? undefined;
  const number = (name: string) => {
    const value = text(name);
    return value === undefined ? undefined : Number(value);
  };
  return {
    product,
    limit: kPage,
    filter: text("filter"),
    version: text("version"),
    id_prefix: text("id_prefix"),
    outcome: known(text("outcome"), kOutcomes),
    standing: known(text("standing"), kStandings),
    boot_state: known(text("boot_state"), kBootStates),
    seen_from: number("seen_from"),
    seen_before: number("seen_before"),
    cursor: text("cursor"),
  };
}

function Choice({
  route,
  name,
  label,
  options,
}: {
  route: Route;
  name: string;
  label: string;
  options: readonly string[];
}) {
  const query = Object.fromEntries(route.query);
  return (
    <Field label={label}>
      {(attributes) => (
        <select
          {...attributes}
          value={query[name] ?? ""}
          onChange={(event) => {
            const value = event.currentTarget.value;
            go(link(route.segments, { ...query, [name]: value, cursor: undefined }));
          }}
        >
          <option value="">Any</option>
          {options.map((option) => (
            <option key={option} value={option}>
              {words(option)}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

function FilterBar({ route }: { route: Route }) {
  const query = Object.fromEntries(route.query);
  const [filter, setFilter] = useState(query.filter ?? "");
  const search = (event: Event) => {
    event.preventDefault();
    go(link(route.segments, { ...query, filter, cursor: undefined }));
  };
  return (
    <form class="filter-bar" onSubmit={search}>
      <div class="filter-line">
        <Field
          label="Filter"
          hint={
            <>
              Such as <code>id ~ "lamp-*"</code>, <code>tag = kitchen and version &lt; 1.4.0</code>,{" "}
              <code>seen_days &gt; 7</code>, <code>attr.floor = 3</code>
            </>
          }
        >
          {(attributes) => (
            <input
              {...attributes}
              class="mono"
              autocomplete="off"
              spellcheck={false}
              value={filter}
              onInput={(event) => setFilter(event.currentTarget.value)}
            />
          )}
        </Field>
        <button type="submit">Search</button>
      </div>
      <Choice route={route} name="outcome" label="Latest update" options={kOutcomes} />
      <Choice route={route} name="boot_state" label="Boot state" options={kBootStates} />
      <Choice route={route} name="standing" label="Standing" options={kStandings} />
    </form>
  );
}

const kChips: Record<string, (value: string) => string> = {
  version: (value) => `runs ${value}`,
  id_prefix: (value) => `id begins with ${value}`,
  seen_from: (value) => `seen since ${dateTime(Number(value))}`,
  seen_before: (value) => `not seen since ${dateTime(Number(value))}`,
};

// What chooses devices and has no field of its own.
function Chips({ route }: { route: Route }) {
  const query = Object.fromEntries(route.query);
  const chips = Object.entries(query).filter(([name]) => name in kChips);
  if (chips.length === 0) return null;
  return (
    <ul class="row">
      {chips.map(([name, value]) => (
        <li key={name}>
          <a
            class="chip"
            href={link(route.segments, { ...query, [name]: undefined, cursor: undefined })}
          >
            {kChips[name]?.(value)}
            <span aria-hidden="true">×</span>
            <span class="unseen">, leave it out</span>
          </a>
        </li>
      ))}
    </ul>
  );
}

function Row({ device }: { device: Device }) {
  return (
    <tr>
      <td data-label="Device">
        <a href={link(["devices", device.id])}>{device.id}</a>
      </td>
      <td data-label="Version">{device.version ?? <span class="soft">not known yet</span>}</td>
      <td data-label="Latest update">
        <span>
          <Word word={device.outcome} none="none yet" />
          {device.outcome !== null && device.outcome_version !== device.version && (
            <span class="soft"> {device.outcome_version}</span>
          )}
          {device.error !== null && <div class="small soft">{words(device.error)}</div>}
        </span>
      </td>
      <td data-label="Standing">
        <span>
          {device.standing === "enrolled" || device.standing === "plain" ? (
            <span class="soft">{device.standing}</span>
          ) : (
            <Word word={device.standing} />
          )}
        </span>
      </td>
      <td
        data-label="Labels"
        class={device.tags.length === 0 && device.boot_state !== "trial" ? "is-bare" : ""}
      >
        <span class="row tags">
          {device.tags.map((tag) => (
            <span class="badge" key={tag}>
              {tag}
            </span>
          ))}
          {device.boot_state === "trial" && <Badge tone="busy">on trial</Badge>}
        </span>
      </td>
      <td data-label="Last seen">
        <Time at={device.last_seen} />
      </td>
    </tr>
  );
}

function Nobody({ isFiltered, route }: { isFiltered: boolean; route: Route }) {
  if (!isFiltered) {
    return (
      <Empty title="No device has been here yet">
        <p>
          A board appears as soon as it checks in. <a href="#/flash">Flash a board</a> over USB.
        </p>
      </Empty>
    );
  }
  return (
    <Empty title="No device fits">
      <p>
        Loosen the filter, or <a href={link(route.segments)}>show all devices</a>.
      </p>
    </Empty>
  );
}

export function DevicesPage({ product, route }: { product: string; route: Route }) {
  const query = queryOf(product, route);
  const devices = useLoad((signal) => api.get("/api/v1/devices", { query, signal }), [query]);
  useReloadOn(["report", "enrolment", "standing"], product, devices.reload);
  return (
    <Page title="Devices" crumb={{ text: product, to: link(["products", product]) }}>
      <Card>
        <FilterBar route={route} key={route.query.get("filter")} />
      </Card>
      <Chips route={route} />
      <Ready loaded={devices}>
        {({ devices: list, next }) => (
          <Card flush>
            {list.length === 0 ? (
              <Nobody isFiltered={route.query.size > 0} route={route} />
            ) : (
              <table class="cards">
                <thead>
                  <tr>
                    <th scope="col">Device</th>
                    <th scope="col">Version</th>
                    <th scope="col">Latest update</th>
                    <th scope="col">Standing</th>
                    <th scope="col">Labels</th>
                    <th scope="col">Last seen</th>
                  </tr>
                </thead>
                <tbody>
                  {list.map((device) => (
                    <Row key={device.id} device={device} />
                  ))}
                </tbody>
              </table>
            )}
            <Pager route={route} next={next} />
          </Card>
        )}
      </Ready>
    </Page>
  );
}
