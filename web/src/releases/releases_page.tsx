// The releases of a product, the newest first.
import { api } from "../api/client";
import type { Release } from "../api/words";
import { useReloadOn } from "../live";
import { useLoad } from "../load";
import { Badge } from "../parts/badge";
import { Empty } from "../parts/notice";
import { Card, Page, Ready } from "../parts/page";
import { Pager } from "../parts/pager";
import { Time } from "../parts/time";
import { link, type Route } from "../route";
import { useMay } from "../session";
import { bytes } from "../text";

export function ReleaseState({ release }: { release: { pending: boolean; staged: boolean } }) {
  if (release.pending) return <Badge tone="warn">waits for approval</Badge>;
  if (release.staged) return <Badge tone="none">by rollouts alone</Badge>;
  return <Badge tone="good">offered to all</Badge>;
}

function Row({ release }: { release: Release }) {
  const { product, version } = release;
  return (
    <tr>
      <td data-label="Version">
        <a href={link(["products", product, "releases", version])}>{version}</a>
      </td>
      <td data-label="Channel">{release.channel}</td>
      <td data-label="Offered">
        <span>
          <ReleaseState release={release} />
        </span>
      </td>
      <td data-label="Image" class="number">
        {bytes(release.size)}
      </td>
      <td data-label="Published">
        <span>
          <Time at={release.created} />
          {release.published_by !== null && <span class="soft"> by {release.published_by}</span>}
        </span>
      </td>
      <td data-label="Devices">
        <a href={link(["products", product, "devices"], { version })}>that run it</a>
      </td>
    </tr>
  );
}

function None({ product, may }: { product: string; may: boolean }) {
  return (
    <Empty title="No release yet">
      <p>
        A release is an image and a signed manifest.{" "}
        {may ? (
          <a href={link(["products", product, "publish"])}>Publish the first one</a>
        ) : (
          "A publisher can publish one."
        )}
      </p>
    </Empty>
  );
}

export function ReleasesPage({ product, route }: { product: string; route: Route }) {
  const cursor = route.query.get("cursor") ?? undefined;
  const releases = useLoad(
    (signal) => api.get("/api/v1/releases", { query: { product, limit: 50, cursor }, signal }),
    [product, cursor],
  );
  useReloadOn(["release", "approval"], product, releases.reload);
  const may = useMay("publisher");
  return (
    <Page
      title="Releases"
      crumb={{ text: product, to: link(["products", product]) }}
      actions={
        may && (
          <a class="button main" href={link(["products", product, "publish"])}>
            Publish a release
          </a>
        )
      }
    >
      <Ready loaded={releases}>
        {({ releases: list, next }) => (
          <Card flush>
            {list.length === 0 ? (
              <None product={product} may={may} />
            ) : (
              <table class="cards">
                <thead>
                  <tr>
                    <th scope="col">Version</th>
                    <th scope="col">Channel</th>
                    <th scope="col">Offered</th>
                    <th scope="col" class="number">
                      Image
                    </th>
                    <th scope="col">Published</th>
                    <th scope="col">Devices</th>
                  </tr>
                </thead>
                <tbody>
                  {list.map((release) => (
                    <Row key={release.manifest} release={release} />
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
