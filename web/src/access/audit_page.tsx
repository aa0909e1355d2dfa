// The audit log: who changed what, when and from where.
import { send } from "../api/client";
import { useReloadOn } from "../live";
import { useLoad } from "../load";
import { Empty } from "../parts/notice";
import { Card, Page, Ready } from "../parts/page";
import { link, type Route } from "../route";
import { dateTime } from "../text";

interface Entry {
  number: number;
  time: number;
  account: string;
  remote: string;
  action: string;
  subject: string;
  before: unknown;
  after: unknown;
}

const kPage = 100; // entries

// Those before number `before`, or, without it, the newest; the newest first.
async function readEntries(before: number | null, signal: AbortSignal): Promise<Entry[]> {
  const query = before === null ? `last=${kPage}` : `after=${Math.max(0, before - 1 - kPage)}`;
  const response = await send(`/api/v1/audit?${query}`, { method: "GET", signal });
  const lines = (await response.text()).split("\n").filter((line) => line !== "");
  const entries = lines.map((line) => JSON.parse(line) as Entry);
  return entries.filter((entry) => before === null || entry.number < before).reverse();
}

function Change({ entry }: { entry: Entry }) {
  if (entry.before === null && entry.after === null) return null;
  const part = (value: unknown) => (value === null ? "nothing" : JSON.stringify(value, null, 1));
  return (
    <details class="small">
      <summary>Before and after</summary>
      <div class="change">
        <pre>{part(entry.before)}</pre>
        <pre>{part(entry.after)}</pre>
      </div>
    </details>
  );
}

function Rows({ entries }: { entries: Entry[] }) {
  return (
    <table class="cards">
      <thead>
        <tr>
          <th scope="col">When</th>
          <th scope="col">Who</th>
          <th scope="col">What</th>
          <th scope="col" class="number">
            Number
          </th>
        </tr>
      </thead>
      <tbody>
        {entries.map((entry) => (
          <tr key={entry.number}>
            <td data-label="When">{dateTime(entry.time)}</td>
            <td data-label="Who">
              <span>
                {entry.account || "the server's machine"}
                {entry.remote !== "" && <div class="small soft">from {entry.remote}</div>}
              </span>
            </td>
            <td data-label="What">
              <span>
                {entry.action} <strong>{entry.subject}</strong>
                <Change entry={entry} />
              </span>
            </td>
            <td data-label="Number" class="number soft">
              {entry.number}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Pages({ before, entries }: { before: number | null; entries: Entry[] }) {
  const oldest = entries.at(-1)?.number ?? 1;
  if (before === null && oldest === 1) return null;
  return (
    <nav class="pager" aria-label="Pages">
      {before === null ? (
        <span class="soft">The newest</span>
      ) : (
        <a href={link(["audit"])}>To the newest</a>
      )}
      {oldest > 1 && <a href={link(["audit"], { before: oldest })}>Older entries</a>}
    </nav>
  );
}

export function AuditPage({ route }: { route: Route }) {
  const text = route.query.get("before");
  const before = text === null ? null : Number(text);
  const entries = useLoad((signal) => readEntries(before, signal), [before]);
  useReloadOn(
    ["release", "approval", "rollout", "standing", "configuration"],
    null,
    entries.reload,
  );
  return (
    <Page
      title="Audit log"
      lead={
        <>
          Each entry carries the hash of the one before. On the server's machine,{" "}
          <code>otter audit verify</code> proves that none was changed.
        </>
      }
    >
      <Ready loaded={entries}>
        {(list) => (
          <Card flush>
            {list.length === 0 ? (
              <Empty title="There are no entries">
                <p>Every change by a person or a token is written down here.</p>
              </Empty>
            ) : (
              <Rows entries={list} />
            )}
            <Pages before={before} entries={list} />
          </Card>
        )}
      </Ready>
    </Page>
  );
}
