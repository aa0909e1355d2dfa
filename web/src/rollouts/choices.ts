// What there is to choose from for a rollout or an experiment.
import { api } from "../api/client";

// The releases that are offered by rollouts alone and approved, and the groups.
export async function readChoices(product: string, signal: AbortSignal) {
  const [releases, groups] = await Promise.all([
    api.get("/api/v1/releases", { query: { product, limit: 100 }, signal }),
    api.get("/api/v1/products/{product}/groups", {
      path: { product },
      query: { limit: 100 },
      signal,
    }),
  ]);
  const usable = releases.releases.filter((release) => release.staged && !release.pending);
  return { releases: usable, groups: groups.groups };
}

export type Choices = Awaited<ReturnType<typeof readChoices>>;
