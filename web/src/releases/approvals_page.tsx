// What waits for a second account: releases and rollouts.
import { api } from "../api/client";
import { useReloadOn } from "../live";
import { useLoad } from "../load";
import { Empty } from "../parts/notice";
import { Card, Page, Ready } from "../parts/page";
import { Time } from "../parts/time";
import { link } from "../route";
import { useSession } from "../session";
import { ApproveRelease } from "./approval";

const kNewest = 200; // of each channel: what is older and still waits is left as it is

async function readWaiting(product: string, signal: AbortSignal) {
  const [releases, rollouts] = await Promise.all([
    api.get("/api/v1/releases", { query: { product, limit: kNewest }, signal }),
    api.get("/api/v1/products/{product}/rollouts", {
      path: { product },
      query: { limit: 1000 },
      signal,
    }),
  ]);
  return {
    releases: releases.releases.filter((release) => release.pending),
    rollouts: rollouts.rollouts.filter(
      (rollout) => !rollout.approved && rollout.phase === "waiting",
    ),
  };
}

export function ApprovalsPage({ product }: { product: string }) {
  const waiting = useLoad((signal) => readWaiting(product, signal), [product]);
  useReloadOn(["release", "approval", "rollout"], product, waiting.reload);
  const { account } = useSession();
  const own = (maker: string | null) => (maker === account ? "you; somebody else approves it" : "");
  return (
    <Page
      title="Approvals"
      crumb={{ text: product, to: link(["products", product]) }}
      lead="Releases and rollouts that a second account has to agree to."
    >
      <Ready loaded={waiting}>
        {({ releases, rollouts }) => (
          <Card flush>
            {releases.length + rollouts.length === 0 ? (
              <Empty title="Nothing waits for approval">
                <p>
                  Whether releases need it is one of the{" "}
                  <a href={link(["products", product, "settings"])}>product's settings</a>; a
                  rollout's plan says so itself.
                </p>
              </Empty>
            ) : (
              <table class="cards">
                <thead>
                  <tr>
                    <th scope="col">What</th>
                    <th scope="col">Made by</th>
                    <th scope="col">When</th>
                    <th scope="col">
                      <span class="unseen">Approve</span>
                    </th>
                  </tr>
                </thead>
                <tbody>
                  {releases.map((release) => (
                    <tr key={release.manifest}>
                      <td data-label="What">
                        <a href={link(["products", product, "releases", release.version])}>
                          Release {release.version}
                        </a>
                      </td>
                      <td data-label="Made by">
                        {own(release.published_by) || release.published_by}
                      </td>
                      <td data-label="When">
                        <Time at={release.created} />
                      </td>
                      <td>
                        <ApproveRelease release={release} reload={waiting.reload} />
                      </td>
                    </tr>
                  ))}
                  {rollouts.map((rollout) => (
                    <tr key={rollout.name}>
                      <td data-label="What">
                        <a href={link(["products", product, "rollouts", rollout.name])}>
                          Rollout {rollout.name}
                        </a>
                      </td>
                      <td data-label="Made by">{own(rollout.created_by) || rollout.created_by}</td>
                      <td data-label="When">
                        <Time at={rollout.created} />
                      </td>
                      <td>
                        <a
                          class="button"
                          href={link(["products", product, "rollouts", rollout.name])}
                        >
                          Look at it
                        </a>
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            )}
          </Card>
        )}
      </Ready>
    </Page>
  );
}
