// The fleet's figures that one looks at first; each leads to its devices.
import { link } from "../route";
import { count, share } from "../text";
import type { FleetCounts } from "./fleet_page";

const kSeenLately = 86_400; // [s]

interface Tile {
  label: string;
  value: number;
  note: string;
  to: string;
  tone?: "bad" | "warn";
}

// How many devices of a table have one of these words.
export function sum<Row extends { devices: number }>(rows: Row[], has: (row: Row) => boolean) {
  return rows.reduce((total, row) => total + (has(row) ? row.devices : 0), 0);
}

function tilesOf(counts: FleetCounts): Tile[] {
  const devices = (query: Record<string, string | number>) =>
    link(["products", counts.product, "devices"], query);
  const whole = counts.devices;
  const lately = sum(counts.seen, (row) => row.within_s !== null && row.within_s <= kSeenLately);
  const [top] = counts.versions;
  const version = top?.version ?? null;
  const back = sum(counts.outcomes, (row) => row.outcome === "rolled_back");
  const failed = sum(counts.outcomes, (row) => row.outcome === "failed");
  const pending = sum(counts.standings, (row) => row.standing === "pending");
  const tiles: Tile[] = [
    {
      label: "Devices",
      value: whole,
      note: `${share(lately, whole)} seen within a day`,
      to: devices({}),
    },
    {
      label: version === null ? "Version not known" : `On ${version}`,
      value: top?.devices ?? 0,
      note: `${share(top?.devices ?? 0, whole)}, the most common`,
      to: version === null ? devices({}) : devices({ version }),
    },
    {
      label: "Rolled back",
      value: back,
      note: "by their latest update",
      to: devices({ outcome: "rolled_back" }),
      ...(back > 0 && { tone: "bad" }),
    },
    {
      label: "Failed",
      value: failed,
      note: "the latest attempt",
      to: devices({ outcome: "failed" }),
      ...(failed > 0 && { tone: "bad" }),
    },
    {
      label: "Overdue",
      value: whole - lately,
      note: "not seen for a day",
      to: devices({ seen_before: counts.at - kSeenLately }),
      ...(whole > lately && { tone: "warn" }),
    },
  ];
  if (pending > 0) {
    const note = "ask to be let in";
    const to = devices({ standing: "pending" });
    tiles.push({ label: "Waiting", value: pending, note, to, tone: "warn" });
  }
  return tiles;
}

export function Tiles({ counts }: { counts: FleetCounts }) {
  if (counts.devices === 0) return null;
  return (
    <div class="tiles">
      {tilesOf(counts).map((tile) => (
        <a class={`tile ${tile.tone ? `is-${tile.tone}` : ""}`} href={tile.to} key={tile.label}>
          <span class="label">{tile.label}</span>
          <span class="figure">{count(tile.value)}</span>
          <span class="note">{tile.note}</span>
        </a>
      ))}
    </div>
  );
}
