// How versions spread over the fleet, day by day.
import { api } from "../api/client";
import { useReloadOn } from "../live";
import { useLoad } from "../load";
import { Empty } from "../parts/notice";
import { Card, Ready } from "../parts/page";
import { count, day } from "../text";
import { versionsOf } from "./days";
import { StackedDays } from "./stacked_days";

const kGap = 60_000; // [ms] between two readings: a day's bar moves slowly

export function VersionsCard({ product }: { product: string }) {
  const versions = useLoad(
    async (signal) => {
      const path = { product };
      const { counts } = await api.get("/api/v1/products/{product}/versions", { path, signal });
      return counts.length === 0 ? "none" : versionsOf(counts);
    },
    [product],
  );
  useReloadOn(["seen"], product, versions.reload, { gap: kGap });
  return (
    <Card title="Versions by day" aside="devices that checked in, last 30 days">
      <Ready loaded={versions}>
        {(shown) =>
          shown === "none" ? (
            <Empty title="No day has been counted yet">
              <p>Each device counts once a day, by the version that it ran last.</p>
            </Empty>
          ) : (
            <StackedDays
              shown={shown}
              figure={({ values }) =>
                `${count(values.at(-1) ?? 0)} on ${day(shown.days.at(-1) ?? 0)}`
              }
            />
          )
        }
      </Ready>
    </Card>
  );
}
