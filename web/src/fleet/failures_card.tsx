// Why updates failed: what most devices say first.
import { api } from "../api/client";
import { useReloadOn } from "../live";
import { useLoad } from "../load";
import { Word } from "../parts/badge";
import { Empty } from "../parts/notice";
import { Card, Ready } from "../parts/page";
import { Time } from "../parts/time";
import { link } from "../route";
import { count, sentence, words } from "../text";

const kShown = 8;

function reasonOf(error: string | null): string {
  if (error === null) return "Not stated";
  return error === "commanded" ? "Taken back on command" : sentence(words(error));
}

export function FailuresCard({ product }: { product: string }) {
  const failures = useLoad(
    (signal) => api.get("/api/v1/products/{product}/failures", { path: { product }, signal }),
    [product],
  );
  useReloadOn(["report"], product, failures.reload, { took: failures.took });
  return (
    <Card title="Why updates failed" aside="most devices first, last 30 days" flush>
      <Ready loaded={failures}>
        {({ failures: all }) =>
          all.length === 0 ? (
            <Empty title="None failed">
              <p>What devices give as the reason is counted here.</p>
            </Empty>
          ) : (
            <>
              <table class="cards">
                <thead>
                  <tr>
                    <th scope="col">Reason</th>
                    <th scope="col">Release</th>
                    <th scope="col" class="number">
                      Devices
                    </th>
                    <th scope="col">Last</th>
                  </tr>
                </thead>
                <tbody>
                  {all.slice(0, kShown).map((one) => (
                    <tr key={`${one.outcome} ${one.error} ${one.version}`}>
                      <td data-label="Reason">
                        <span>
                          {reasonOf(one.error)}
                          <div>
                            <Word word={one.outcome} />
                          </div>
                        </span>
                      </td>
                      <td data-label="Release">
                        {one.version === null ? (
                          <span class="soft">unknown</span>
                        ) : (
                          <a href={link(["products", product, "releases", one.version])}>
                            {one.version}
                          </a>
                        )}
                      </td>
                      <td data-label="Devices" class="number">
                        {count(one.devices)}
                      </td>
                      <td data-label="Last">
                        <Time at={one.last} />
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
              {all.length > kShown && (
                <p class="card-foot small soft">
                  {count(all.length - kShown, "more reason")}:{" "}
                  <code>otter product failures {product}</code>
                </p>
              )}
            </>
          )
        }
      </Ready>
    </Card>
  );
}
