// The experiments of a product, by name.
import { api } from "../api/client";
import type { Experiment } from "../api/words";
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
import { armsInWords, kMetrics } from "./plan";

const kCauses: Record<Experiment["cause"], string> = {
  none: "",
  finding: "by its figures",
  no_finding: "without a finding",
  person: "by a person",
  failing: "by itself: an arm's devices fail",
};

function Row({ experiment }: { experiment: Experiment }) {
  const measured = experiment.arms.reduce((sum, arm) => sum + arm.measured, 0);
  const base = ["products", experiment.product, "experiments", experiment.name];
  return (
    <tr>
      <td data-label="Experiment">
        <span>
          <a href={link(base)}>{experiment.name}</a>
          <div class="small soft">
            {armsInWords(experiment.arms)}
            {experiment.created_by !== null && ` · by ${experiment.created_by}`}
          </div>
        </span>
      </td>
      <td data-label="State">
        <span>
          <Word word={experiment.phase} />
          {experiment.cause !== "none" && <div class="small soft">{kCauses[experiment.cause]}</div>}
        </span>
      </td>
      <td data-label="Compares">{kMetrics[experiment.metric].name}</td>
      <td data-label="Measured" class="number">
        <a href={link(base, { measured: "true" })}>{count(measured)}</a>
      </td>
      <td data-label="Winner">{experiment.winner ?? <span class="soft">none</span>}</td>
      <td data-label="Since">
        <Time at={experiment.since} />
      </td>
    </tr>
  );
}

function Table({ experiments }: { experiments: Experiment[] }) {
  return (
    <table class="cards">
      <thead>
        <tr>
          <th scope="col">Experiment</th>
          <th scope="col">State</th>
          <th scope="col">Compares</th>
          <th scope="col" class="number">
            Measured
          </th>
          <th scope="col">Winner</th>
          <th scope="col">Since</th>
        </tr>
      </thead>
      <tbody>
        {experiments.map((experiment) => (
          <Row key={experiment.name} experiment={experiment} />
        ))}
      </tbody>
    </table>
  );
}

export function ExperimentsPage({ product, route }: { product: string; route: Route }) {
  const cursor = route.query.get("cursor") ?? undefined;
  const experiments = useLoad(
    (signal) =>
      api.get("/api/v1/products/{product}/experiments", {
        path: { product },
        query: { limit: 100, cursor },
        signal,
      }),
    [product, cursor],
  );
  useReloadOn(["experiment", "report"], product, experiments.reload);
  const may = useMay("operator");
  const start = link(["products", product, "compare"]);
  return (
    <Page
      title="Experiments"
      crumb={{ text: product, to: link(["products", product]) }}
      actions={
        may && (
          <a class="button main" href={start}>
            Start an experiment
          </a>
        )
      }
    >
      <Ready loaded={experiments}>
        {({ experiments: list, next }) => (
          <Card flush>
            {list.length === 0 ? (
              <Empty title="No experiment yet">
                <p>
                  An experiment gives two or more releases to devices that chance has divided, and
                  says which does better.{" "}
                  {may ? <a href={start}>Start one</a> : "An operator can start one."}
                </p>
              </Empty>
            ) : (
              <Table experiments={list} />
            )}
            <Pager route={route} next={next} />
          </Card>
        )}
      </Ready>
    </Page>
  );
}
