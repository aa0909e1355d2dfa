// The rollouts that go on or stand still, at one look.
import { api } from "../api/client";
import { useReloadOn } from "../live";
import { useLoad } from "../load";
import { Word } from "../parts/badge";
import { Card, Ready } from "../parts/page";
import { SmallTrack } from "../rollouts/track";
import { link } from "../route";
import { count } from "../text";

const kOver = ["complete", "returned", "aborted"];
const kShown = 5;

export function RolloutsCard({ product }: { product: string }) {
  const rollouts = useLoad(
    (signal) =>
      api.get("/api/v1/products/{product}/rollouts", {
        path: { product },
        query: { limit: 1000 },
        signal,
      }),
    [product],
  );
  useReloadOn(["rollout", "report"], product, rollouts.reload);
  const all = link(["products", product, "rollouts"]);
  return (
    <Card title="Rollouts under way" aside={<a href={all}>All rollouts</a>}>
      <Ready loaded={rollouts}>
        {({ rollouts: list }) => {
          const open = list.filter((one) => !kOver.includes(one.phase)).reverse();
          if (open.length === 0) {
            return <p class="soft">None. The next release can go out in stages.</p>;
          }
          return (
            <ul class="feed">
              {open.slice(0, kShown).map((rollout) => (
                <li key={rollout.name}>
                  <span>
                    <a href={link(["products", product, "rollouts", rollout.name])}>
                      {rollout.name}
                    </a>{" "}
                    <Word word={rollout.phase} />
                    {rollout.detail !== null && <div class="small soft">{rollout.detail}</div>}
                    {rollout.detail === null && (
                      <div class="small soft">
                        {count(rollout.devices.confirmed)} confirmed, {count(rollout.devices.open)}{" "}
                        at it
                      </div>
                    )}
                  </span>
                  <SmallTrack rollout={rollout} />
                </li>
              ))}
            </ul>
          );
        }}
      </Ready>
    </Card>
  );
}
