// Pages of a list: the server's cursor stands in the address, so back, forward and bookmarks work.
import { link, type Route } from "../route";

// A page with several lists has each one's cursor under a name of its own.
export function Pager(of: { route: Route; next: string | null; cursor?: string }) {
  const { route, next, cursor = "cursor" } = of;
  const query = Object.fromEntries(route.query);
  const isFirst = query[cursor] === undefined;
  if (isFirst && next === null) return null;
  return (
    <nav class="pager" aria-label="Pages">
      {isFirst ? (
        <span class="soft">First page</span>
      ) : (
        <a href={link(route.segments, { ...query, [cursor]: undefined })}>Back to the first page</a>
      )}
      {next === null ? (
        <span class="soft">Last page</span>
      ) : (
        <a href={link(route.segments, { ...query, [cursor]: next })}>Next page</a>
      )}
    </nav>
  );
}
