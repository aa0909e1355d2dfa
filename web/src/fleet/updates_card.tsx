// How updates went, day by day: confirmed ones by version, and those that did not do.
import { api } from "../api/client";
import { useReloadOn } from "../live";
import { useLoad } from "../load";
import { Empty } from "../parts/notice";
import { Card, Ready } from "../parts/page";
import { count } from "../text";
import { kFailing, updatesOf } from "./days";
import { StackedDays } from "./stacked_days";

function sum(values: number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

export function UpdatesCard({ product }: { product: string }) {
  const reports = useLoad(
    async (signal) => {
      const path = { product };
      const { counts } = await api.get("/api/v1/products/{product}/reports", { path, signal });
      const told = counts.filter(
        (row) => row.outcome === "confirmed" || kFailing.includes(row.outcome),
      );
      return told.length === 0 ? "none" : updatesOf(told);
    },
    [product],
  );
  useReloadOn(["report"], product, reports.reload, { took: reports.took });
  return (
    <Card title="Updates by day" aside="reports of confirmed and failing updates">
      <Ready loaded={reports}>
        {(shown) =>
          shown === "none" ? (
            <Empty title="No update has ended yet">
              <p>Each confirmed, failed or rolled back update is counted here, day by day.</p>
            </Empty>
          ) : (
            <StackedDays shown={shown} figure={({ values }) => count(sum(values))} />
          )
        }
      </Ready>
    </Card>
  );
}
