// What a device has reported, the newest first.
import { api } from "../api/client";
import type { Report } from "../api/words";
import { useReloadOn } from "../live";
import { useLoad } from "../load";
import { Word } from "../parts/badge";
import { Empty } from "../parts/notice";
import { Card, Ready } from "../parts/page";
import { Pager } from "../parts/pager";
import { Time } from "../parts/time";
import type { Route } from "../route";
import { words } from "../text";

const kPage = 20;

function Row({ report }: { report: Report }) {
  return (
    <tr>
      <td data-label="When">
        <Time at={report.received} />
      </td>
      <td data-label="Outcome">
        <span>
          <Word word={report.outcome} />
        </span>
      </td>
      <td data-label="It ran">{report.version ?? <span class="soft">not stated</span>}</td>
      <td data-label="Error" class={report.error ? "" : "is-bare"}>
        {report.error ? words(report.error) : ""}
      </td>
    </tr>
  );
}

export function HistoryCard({
  device,
  product,
  route,
}: {
  device: string;
  product: string;
  route: Route;
}) {
  const cursor = route.query.get("cursor") ?? undefined;
  const reports = useLoad(
    (signal) =>
      api.get("/api/v1/devices/{device}/reports", {
        path: { device },
        query: { limit: kPage, cursor },
        signal,
      }),
    [device, cursor],
  );
  useReloadOn(["report"], product, reports.reload, { device });
  return (
    <Card title="History" aside="what it reported, the newest first" flush>
      <Ready loaded={reports}>
        {({ reports: list, next }) =>
          list.length === 0 ? (
            <Empty title="No report yet">
              <p>A device reports while it updates: downloading, verified, confirmed.</p>
            </Empty>
          ) : (
            <>
              <table class="cards">
                <thead>
                  <tr>
                    <th scope="col">When</th>
                    <th scope="col">Outcome</th>
                    <th scope="col">It ran</th>
                    <th scope="col">Error</th>
                  </tr>
                </thead>
                <tbody>
                  {list.map((report) => (
                    <Row key={report.report_id} report={report} />
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
