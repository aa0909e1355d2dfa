// The rollouts of a product, the newest first.
import { api } from "../api/client";
import type { Rollout } from "../api/words";
import { useReloadOn } from "../live";
import { useLoad } from "../load";
import { Word } from "../parts/badge";
import { Empty } from "../parts/notice";
import { Card, Page, Ready } from "../parts/page";
import { Pager } from "../parts/pager";
import { Time } from "../parts/time";
import { link, type Route } from "../route";
import { useMay } from "../session";
import { count } from "../text";
import { contentOf } from "./plan";
import { SmallTrack } from "./track";

function Row({ rollout }: { rollout: Rollout }) {
  const base = ["products", rollout.product, "rollouts", rollout.name];
  const failing = rollout.devices.rolled_back + rollout.devices.failed + rollout.devices.lost;
  return (
    <tr>
      <td data-label="Rollout">
        <span>
          <a href={link(base)}>{rollout.name}</a>
          <div class="small soft">
            {contentOf(rollout).text}
            {rollout.created_by !== null && ` · by ${rollout.created_by}`}
          </div>
        </span>
      </td>
      <td data-label="State">
        <span>
          <Word word={rollout.phase} />
          {rollout.detail !== null && <div class="small soft">{rollout.detail}</div>}
        </span>
      </td>
      <td data-label="Stage">
        <SmallTrack rollout={rollout} />
      </td>
      <td data-label="Confirmed" class="number">
        <a href={link(base, { end: "confirmed" })}>{count(rollout.devices.confirmed)}</a>
      </td>
      <td data-label="Failing" class="number">
        {count(failing)}
      </td>
      <td data-label="Since">
        <Time at={rollout.since} />
      </td>
    </tr>
  );
}

export function RolloutsPage({ product, route }: { product: string; route: Route }) {
  const cursor = route.query.get("cursor") ?? undefined;
  const rollouts = useLoad(
    (signal) =>
      api.get("/api/v1/products/{product}/rollouts", {
        path: { product },
        query: { limit: 100, cursor },
        signal,
      }),
    [product, cursor],
  );
  useReloadOn(["rollout", "report"], product, rollouts.reload);
  const may = useMay("operator");
  const start = link(["products", product, "start"]);
  return (
    <Page
      title="Rollouts"
      crumb={{ text: product, to: link(["products", product]) }}
      actions={
        may && (
          <a class="button main" href={start}>
            Start a rollout
          </a>
        )
      }
    >
      <Ready loaded={rollouts}>
        {({ rollouts: list, next }) => (
          <Card flush>
            {list.length === 0 ? (
              <Empty title="No rollout yet">
                <p>
                  A rollout takes a release to the fleet in stages, and stops by itself if updated
                  devices do badly.{" "}
                  {may ? <a href={start}>Start one</a> : "An operator can start one."}
                </p>
              </Empty>
            ) : (
              <table class="cards">
                <thead>
                  <tr>
                    <th scope="col">Rollout</th>
                    <th scope="col">State</th>
                    <th scope="col">Stage</th>
                    <th scope="col" class="number">
                      Confirmed
                    </th>
                    <th scope="col" class="number">
                      Failing
                    </th>
                    <th scope="col">Since</th>
                  </tr>
                </thead>
                <tbody>
                  {[...list].reverse().map((rollout) => (
                    <Row key={rollout.name} rollout={rollout} />
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
