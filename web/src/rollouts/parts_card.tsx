// The devices of a rollout, and what became of each; chosen by how they ended.
import { api } from "../api/client";
import { useReloadOn } from "../live";
import { useLoad } from "../load";
import { Word } from "../parts/badge";
import { Empty } from "../parts/notice";
import { Card, Ready } from "../parts/page";
import { Pager } from "../parts/pager";
import { Time } from "../parts/time";
import { link, type Route } from "../route";
import { count, words } from "../text";

const kEnds = [
  "open",
  "skipped",
  "confirmed",
  "rolled_back",
  "refused",
  "failed",
  "lost",
  "returned",
] as const;

export function PartsCard(at: { product: string; rollout: string; route: Route }) {
  const end = kEnds.find((word) => word === at.route.query.get("end"));
  const cursor = at.route.query.get("cursor") ?? undefined;
  const parts = useLoad(
    (signal) =>
      api.get("/api/v1/products/{product}/rollouts/{rollout}/devices", {
        path: { product: at.product, rollout: at.rollout },
        query: { limit: 50, end, cursor },
        signal,
      }),
    [at.product, at.rollout, end, cursor],
  );
  useReloadOn(["report"], at.product, parts.reload);
  return (
    <Card
      title={end === undefined ? "Its devices" : `Its devices: ${words(end)}`}
      aside={end !== undefined && <a href={link(at.route.segments)}>Show all</a>}
      flush
    >
      <Ready loaded={parts}>
        {({ devices, next }) =>
          devices.length === 0 ? (
            <Empty title={end === undefined ? "No device has begun" : `None: ${words(end)}`}>
              <p>A device is offered the release when it checks in and its stage has begun.</p>
            </Empty>
          ) : (
            <>
              <table class="cards">
                <thead>
                  <tr>
                    <th scope="col">Device</th>
                    <th scope="col">End</th>
                    <th scope="col" class="number">
                      Stage
                    </th>
                    <th scope="col">Began</th>
                    <th scope="col">Ended</th>
                    <th scope="col" class="number">
                      Failed attempts
                    </th>
                    <th scope="col">Compared with</th>
                  </tr>
                </thead>
                <tbody>
                  {devices.map((device) => (
                    <tr key={device.id}>
                      <td data-label="Device">
                        <a href={link(["devices", device.id])}>{device.id}</a>
                      </td>
                      <td data-label="End">
                        <span>
                          <Word word={device.end} />
                        </span>
                      </td>
                      <td data-label="Stage" class="number">
                        {device.stage}
                      </td>
                      <td data-label="Began">
                        <Time at={device.started} />
                      </td>
                      <td data-label="Ended">
                        <Time at={device.ended} never="not yet" />
                      </td>
                      <td data-label="Failed attempts" class="number">
                        {count(device.attempts)}
                      </td>
                      <td data-label="Compared with">
                        {device.control === null ? (
                          <span class="soft">none</span>
                        ) : (
                          <a href={link(["devices", device.control])}>{device.control}</a>
                        )}
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
              <Pager route={at.route} next={next} />
            </>
          )
        }
      </Ready>
    </Card>
  );
}
