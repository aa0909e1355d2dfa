// What there is to choose from for a rollout or an experiment.
import { api } from "../api/client";

// The releases that are offered by rollouts alone and approved, the groups, and the latest
// configurations.
export async function readChoices(product: string, signal: AbortSignal) {
  const path = { product };
  const [releases, groups, configuration] = await Promise.all([
    api.get("/api/v1/releases", { query: { product, limit: 100 }, signal }),
    api.get("/api/v1/products/{product}/groups", {
      path,
      query: { limit: 100 },
      signal,
    }),
    api.get("/api/v1/products/{product}/config", { path, query: { limit: 20 }, signal }),
  ]);
  const usable = releases.releases.filter((release) => release.staged && !release.pending);
  return {
    releases: usable,
    groups: groups.groups,
    configurations: configuration.versions,
    inForce: configuration.in_force,
  };
}

export type Choices = Awaited<ReturnType<typeof readChoices>>;
