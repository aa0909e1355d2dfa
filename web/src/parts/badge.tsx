// A state in a word, with a sign of its own shape: colour alone tells nobody anything.
import type { ComponentChildren } from "preact";
import { words } from "../text";

export type Tone = "good" | "warn" | "bad" | "busy" | "none";

const kSigns: Record<Tone, string> = {
  good: "M1 5.5 4 8.5 9 2",
  warn: "M5 1v5M5 8.6v.2",
  bad: "M1.5 1.5l7 7M8.5 1.5l-7 7",
  busy: "M1 5h7M5.5 2 8.5 5l-3 3",
  none: "M1.5 5h7",
};

export function Sign({ tone }: { tone: Tone }) {
  return (
    <svg viewBox="0 0 10 10" aria-hidden="true">
      <path
        d={kSigns[tone]}
        fill="none"
        stroke="currentColor"
        stroke-width="1.8"
        stroke-linecap="round"
      />
    </svg>
  );
}

export function Badge({ tone, children }: { tone: Tone; children: ComponentChildren }) {
  return (
    <span class={`badge ${tone}`}>
      <Sign tone={tone} />
      {children}
    </span>
  );
}

const kTones: Record<string, Tone> = {
  confirmed: "good",
  complete: "good",
  enrolled: "good",
  allowed: "good",
  concluded: "good",
  better: "good",
  trial: "busy",
  downloading: "busy",
  verified: "busy",
  rebooting: "busy",
  open: "busy",
  filling: "busy",
  baking: "busy",
  running: "busy",
  waiting: "warn",
  pending: "warn",
  paused: "warn",
  stopped: "warn",
  returning: "warn",
  returned: "warn",
  claimed: "warn",
  refused: "warn",
  unsupported: "warn",
  worse: "bad",
  rolled_back: "bad",
  failed: "bad",
  lost: "bad",
  halted: "bad",
  revoked: "bad",
};

export function toneOf(word: string): Tone {
  return kTones[word] ?? "none";
}

// One of the server's words, as a badge; null: what isn't known.
export function Word({ word, none = "–" }: { word: string | null; none?: string }) {
  if (word === null) return <span class="soft">{none}</span>;
  return <Badge tone={toneOf(word)}>{words(word)}</Badge>;
}
