// The devices of an experiment: arm, end and figure of each; chosen by arm and end.
import { api } from "../api/client";
import type { Experiment } from "../api/words";
import { useReloadOn } from "../live";
import { useLoad } from "../load";
import { Word } from "../parts/badge";
import { Empty } from "../parts/notice";
import { Card, Ready } from "../parts/page";
import { Pager } from "../parts/pager";
import { Time } from "../parts/time";
import { link, type Route } from "../route";
import { words } from "../text";
import { isShare, kMetrics, type Metric } from "./plan";

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

function figure(metric: Metric, value: number | null): string {
  if (value === null) return "watched still";
  if (isShare(metric)) return value > 0 ? "yes" : "no";
  return kMetrics[metric].value(value);
}

// "Its devices: arm b, rolled back"
function titleOf(parts: (string | undefined)[]): string {
  const given = parts.filter((part) => part !== undefined);
  return given.length === 0 ? "Its devices" : `Its devices: ${given.join(", ")}`;
}

export function DevicesCard({ experiment, route }: { experiment: Experiment; route: Route }) {
  const arm = route.query.get("arm") ?? undefined;
  const end = kEnds.find((word) => word === route.query.get("end"));
  const measured = route.query.get("measured") === "true" ? ("true" as const) : undefined;
  const cursor = route.query.get("cursor") ?? undefined;
  const path = { product: experiment.product, experiment: experiment.name };
  const devices = useLoad(
    (signal) =>
      api.get("/api/v1/products/{product}/experiments/{experiment}/devices", {
        path,
        query: { limit: 50, arm, end, measured, cursor },
        signal,
      }),
    [path, arm, end, measured, cursor],
  );
  useReloadOn(["experiment", "report"], experiment.product, devices.reload);
  const isChosen = (arm ?? end ?? measured) !== undefined;
  return (
    <Card
      title={titleOf([arm && `arm ${arm}`, end && words(end), measured && "measured"])}
      aside={isChosen && <a href={link(route.segments)}>Show all</a>}
      flush
    >
      <Ready loaded={devices}>
        {({ devices: list, next }) =>
          list.length === 0 ? (
            <Empty title={isChosen ? "None so far" : "No device has entered"}>
              <p>A device enters when it checks in while the experiment runs.</p>
            </Empty>
          ) : (
            <>
              <table class="cards">
                <thead>
                  <tr>
                    <th scope="col">Device</th>
                    <th scope="col">Arm</th>
                    <th scope="col">End</th>
                    <th scope="col">Entered</th>
                    <th scope="col" class="number">
                      {kMetrics[experiment.metric].name}
                    </th>
                  </tr>
                </thead>
                <tbody>
                  {list.map((device) => (
                    <tr key={device.id}>
                      <td data-label="Device">
                        <a href={link(["devices", device.id])}>{device.id}</a>
                      </td>
                      <td data-label="Arm">{device.arm}</td>
                      <td data-label="End">
                        <span>
                          <Word word={device.end} />
                        </span>
                      </td>
                      <td data-label="Entered">
                        <Time at={device.entered} never="not yet" />
                      </td>
                      <td data-label="Figure" class="number">
                        {figure(experiment.metric, device.value)}
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
              <Pager route={route} next={next} />
            </>
          )
        }
      </Ready>
    </Card>
  );
}
