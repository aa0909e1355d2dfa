// The rollouts that go on or stand still, then the latest that are over, at one look.
import { api } from "../api/client";
import { useReloadOn } from "../live";
import { useLoad } from "../load";
import { Card, Ready } from "../parts/page";
import { isOver } from "../rollouts/plan";
import { ShortList } from "../rollouts/short_list";
import { link } from "../route";

const kShown = 5;

export function RolloutsCard({ product }: { product: string }) {
  const rollouts = useLoad(
    async (signal) => {
      const { rollouts: all } = await api.get("/api/v1/products/{product}/rollouts", {
        path: { product },
        query: { limit: 1000 },
        signal,
      });
      const newest = all.reverse();
      const over = newest.filter((one) => isOver(one.phase));
      return [...newest.filter((one) => !isOver(one.phase)), ...over].slice(0, kShown);
    },
    [product],
  );
  useReloadOn(["rollout", "report"], product, rollouts.reload);
  const all = link(["products", product, "rollouts"]);
  return (
    <Card title="Rollouts" aside={<a href={all}>All rollouts</a>}>
      <Ready loaded={rollouts}>
        {(shown) =>
          shown.length === 0 ? (
            <p class="soft">None yet. The next release can go out in stages.</p>
          ) : (
            <ShortList rollouts={shown} />
          )
        }
      </Ready>
    </Card>
  );
}
