// One release: what was signed, by which key, and who has it.
import { api } from "../api/client";
import type { ShownRelease } from "../api/words";
import { useReloadOn } from "../live";
import { useLoad } from "../load";
import { Empty } from "../parts/notice";
import { Card, Facts, Page, Ready } from "../parts/page";
import { Time } from "../parts/time";
import { ShortList } from "../rollouts/short_list";
import { link } from "../route";
import { useMay } from "../session";
import { bytes, chipName, count, dateTime, revisionName, words } from "../text";
import { PendingNotice } from "./approval";
import { PatchesCard } from "./patches_card";
import { ReleaseState } from "./releases_page";

interface Manifest {
  security_version?: number;
  rev_min?: number;
  rev_max?: number;
  min_slot_bytes?: number;
  min_from_version?: string;
  allow_downgrade?: boolean;
  expires?: number;
  hardware?: string[];
  config_digest?: string;
}

// What was signed, as the envelope carries it.
function manifestOf(payload: string): Manifest {
  const bytes = Uint8Array.from(atob(payload), (letter) => letter.charCodeAt(0));
  return JSON.parse(new TextDecoder().decode(bytes)) as Manifest;
}

const kRevisionMax = 65_535;

function revisionsOf({ rev_min = 0, rev_max = kRevisionMax }: Manifest): string {
  if (rev_max < kRevisionMax) return `${revisionName(rev_min)} to ${revisionName(rev_max)}`;
  return rev_min === 0 ? "any" : `from ${revisionName(rev_min)} on`;
}

function Signed({ release }: { release: ShownRelease }) {
  if (release.envelope === null) {
    return (
      <Card title="Not signed">
        <p>It came without a signature: devices in plain mode alone are offered it.</p>
      </Card>
    );
  }
  const manifest = manifestOf(release.envelope.payload);
  const keys = release.envelope.signatures.map((signature) => signature.keyid).join(", ");
  return (
    <Card title="What was signed">
      <Facts
        rows={[
          ["Chip", chipName(release.chip)],
          ["Chip revisions", revisionsOf(manifest)],
          ["Channel and sequence", `${release.channel}, ${release.sequence}`],
          ["Image", bytes(release.size)],
          ["Needs a slot of", bytes(manifest.min_slot_bytes ?? 0)],
          ["Security version", manifest.security_version ?? 0],
          ["Updates from", manifest.min_from_version || "any version"],
          ["May go backwards", manifest.allow_downgrade ? "yes" : "no"],
          ["Expires", manifest.expires ? dateTime(manifest.expires) : "never"],
          ["Hardware", manifest.hardware?.join(", ") || "any"],
          ["Configuration", manifest.config_digest ? "comes with it" : "none comes with it"],
          ["Signed by key", <code key="keys">{keys}</code>],
          ["Manifest SHA-256", <code key="manifest">{release.manifest.slice(0, 16)}…</code>],
          ["Image SHA-256", <code key="image">{release.sha256.slice(0, 16)}…</code>],
        ]}
      />
    </Card>
  );
}

// Where one takes it back, too.
function Rollouts({ product, version }: { product: string; version: string }) {
  const rollouts = useLoad(
    async (signal) => {
      const path = { product };
      const query = { limit: 1000 };
      const all = await api.get("/api/v1/products/{product}/rollouts", { path, query, signal });
      return all.rollouts.filter((rollout) => rollout.version === version).reverse();
    },
    [product, version],
  );
  useReloadOn(["rollout"], product, rollouts.reload);
  return (
    <Card title="Rollouts of it" aside="where it can be halted and taken back">
      <Ready loaded={rollouts}>
        {(list) =>
          list.length === 0 ? (
            <p class="soft">None: no rollout has offered it.</p>
          ) : (
            <ShortList rollouts={list} />
          )
        }
      </Ready>
    </Card>
  );
}

// What its devices reported, over all days.
function Reports({ product, version }: { product: string; version: string }) {
  const reports = useLoad(
    (signal) => api.get("/api/v1/products/{product}/reports", { path: { product }, signal }),
    [product, version],
  );
  useReloadOn(["report"], product, reports.reload);
  return (
    <Card title="Reports about it" aside="of all time, by outcome" flush>
      <Ready loaded={reports}>
        {({ counts }) => {
          const sums = new Map<string, number>();
          for (const row of counts.filter((one) => one.version === version)) {
            sums.set(row.outcome, (sums.get(row.outcome) ?? 0) + row.count);
          }
          if (sums.size === 0) {
            return (
              <Empty title="No report yet">
                <p>Devices report as they download, install and confirm it.</p>
              </Empty>
            );
          }
          return (
            <table>
              <thead>
                <tr>
                  <th scope="col">Outcome</th>
                  <th scope="col" class="number">
                    Reports
                  </th>
                </tr>
              </thead>
              <tbody>
                {[...sums].map(([outcome, number]) => (
                  <tr key={outcome}>
                    <td>{words(outcome)}</td>
                    <td class="number">{count(number)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          );
        }}
      </Ready>
    </Card>
  );
}

export function ReleasePage({ product, version }: { product: string; version: string }) {
  const release = useLoad(
    (signal) =>
      api.get("/api/v1/releases/{product}/{version}", { path: { product, version }, signal }),
    [product, version],
  );
  useReloadOn(["release", "approval"], product, release.reload);
  const mayRoll = useMay("operator");
  const data = release.data;
  return (
    <Page
      title={`Release ${version}`}
      crumb={{ text: "Releases", to: link(["products", product, "releases"]) }}
      lead={
        data !== null && (
          <span class="row">
            <ReleaseState release={data} />
            <span>
              published <Time at={data.created} />
              {data.published_by !== null && ` by ${data.published_by}`}
              {data.approved_by !== null && `, approved by ${data.approved_by}`}
            </span>
          </span>
        )
      }
      actions={
        data !== null && (
          <>
            <a class="button" href={link(["products", product, "devices"], { version })}>
              Devices that run it
            </a>
            {mayRoll && data.staged && !data.pending && (
              <a class="button main" href={link(["products", product, "start"], { version })}>
                Start a rollout
              </a>
            )}
          </>
        )
      }
    >
      <Ready loaded={release}>
        {(shown) => (
          <>
            {shown.pending && <PendingNotice release={shown} reload={release.reload} />}
            <Card title="Notes">
              {shown.notes === "" ? (
                <p class="soft">None were given.</p>
              ) : (
                <p class="notes">{shown.notes}</p>
              )}
            </Card>
            <Rollouts product={product} version={version} />
            <Signed release={shown} />
            <PatchesCard release={shown} />
            <Reports product={product} version={version} />
          </>
        )}
      </Ready>
    </Page>
  );
}
