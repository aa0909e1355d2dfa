// The fleet at one look: how many, on which version, seen when, in which state; live.
import { api } from "../api/client";
import { useReloadOn } from "../live";
import { type Loaded, useLoad } from "../load";
import { toneOf } from "../parts/badge";
import { type Bar, Bars } from "../parts/bars";
import { Empty } from "../parts/notice";
import { Card, Page, Ready } from "../parts/page";
import { link } from "../route";
import { chipName, count, words } from "../text";
import { FailuresCard } from "./failures_card";
import { Feed } from "./feed";
import { RolloutsCard } from "./rollouts_card";
import { Tiles } from "./tiles";
import { UpdatesCard } from "./updates_card";
import { VersionsCard } from "./versions_card";

export type FleetCounts = Awaited<ReturnType<typeof readCounts>>;

function readCounts(product: string, signal: AbortSignal) {
  return api.get("/api/v1/products/{product}/fleet", { path: { product }, signal });
}

const kVersionsShown = 8;

function versionBars(counts: FleetCounts): Bar[] {
  const shown = counts.versions.slice(0, kVersionsShown).map(({ version, devices }) => ({
    name: version ?? "not known yet",
    value: devices,
    to: version === null ? undefined : link(["products", counts.product, "devices"], { version }),
  }));
  const rest = counts.versions.slice(kVersionsShown).reduce((sum, row) => sum + row.devices, 0);
  const others = rest + counts.other_versions;
  return others === 0 ? shown : [...shown, { name: "other versions", value: others }];
}

function outcomeBars(counts: FleetCounts): Bar[] {
  return counts.outcomes.map(({ outcome, devices }) => ({
    name: outcome === null ? "no update yet" : words(outcome),
    value: devices,
    tone: outcome === null ? "none" : toneOf(outcome),
    to: outcome === null ? undefined : link(["products", counts.product, "devices"], { outcome }),
  }));
}

const kSpanNames: Record<number, string> = {
  3600: "within the hour",
  86400: "within a day",
  604800: "within a week",
  2592000: "within 30 days",
};

function seenBars(counts: FleetCounts): Bar[] {
  let before: number | undefined;
  return counts.seen.map(({ within_s, devices }) => {
    const from = within_s === null ? undefined : counts.at - within_s;
    const query = { seen_from: from, seen_before: before };
    before = from;
    return {
      name: within_s === null ? "longer ago" : (kSpanNames[within_s] ?? ""),
      value: devices,
      tone: within_s === null ? "warn" : "none",
      to: link(["products", counts.product, "devices"], query),
    };
  });
}

function Overview({ counts }: { counts: FleetCounts }) {
  if (counts.devices === 0) {
    return (
      <Card>
        <Empty title="No device has been here yet">
          <p>
            A board appears as soon as it checks in. <a href="#/flash">Flash a board</a> over USB,
            or start a virtual one:
          </p>
          <pre>otter sim device --help</pre>
        </Empty>
      </Card>
    );
  }
  return (
    <>
      <div class="columns">
        <Card title="What runs where" aside={count(counts.versions.length, "version")}>
          <Bars bars={versionBars(counts)} whole={counts.devices} />
        </Card>
        <RolloutsCard product={counts.product} />
        <Card title="Latest update">
          <Bars bars={outcomeBars(counts)} whole={counts.devices} />
        </Card>
        <Card title="Last seen">
          <Bars bars={seenBars(counts)} whole={counts.devices} />
        </Card>
      </div>
      <div class="columns">
        <VersionsCard product={counts.product} />
        <UpdatesCard product={counts.product} />
        <FailuresCard product={counts.product} />
        <Feed product={counts.product} />
      </div>
    </>
  );
}

function Lead({ product }: { product: Loaded<{ chip: string | null; staged: boolean }> }) {
  if (product.data === null) return null;
  const { chip, staged } = product.data;
  return (
    <>
      {chipName(chip)} · releases are offered {staged ? "by rollouts alone" : "to all at once"}
    </>
  );
}

export function FleetPage({ product }: { product: string }) {
  const counts = useLoad((signal) => readCounts(product, signal), [product]);
  const shown = useLoad(
    (signal) => api.get("/api/v1/products/{product}", { path: { product }, signal }),
    [product],
  );
  useReloadOn(
    ["report", "seen", "enrolment", "standing", "rollout", "release"],
    product,
    counts.reload,
    { took: counts.took },
  );
  return (
    <Page title={product} lead={<Lead product={shown} />}>
      <Ready loaded={counts}>
        {(data) => (
          <>
            <Tiles counts={data} />
            <Overview counts={data} />
          </>
        )}
      </Ready>
    </Page>
  );
}
