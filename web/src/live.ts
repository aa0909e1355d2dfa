// What happens at the server, as it happens: one stream of server-sent events for all that is
// shown.
import { useEffect, useRef, useState } from "preact/hooks";

export interface Happening {
  kind: string;
  data: Record<string, unknown>;
  at: number; // [ms since 1970-01-01 UTC] when it was heard of
}

type Listener = (happening: Happening) => void;

const kKinds = [
  "report",
  "release",
  "approval",
  "rollout",
  "experiment",
  "enrolment",
  "standing",
  "configuration",
  "log",
  "dump",
  "seen",
  "missed",
];
const kReloadGap = 1500; // [ms]
// Counting reads all devices, or all their reports: of a large fleet it is done less often, a
// twentieth of the time.
const kIdleFactor = 20;
const kReopenGap = 10_000; // [ms]

let source: EventSource | null = null;
let isOpen = false;
let wasLost = false; // the stream was refused, and another one takes its place
const listeners = new Set<Listener>();
const watchers = new Set<(open: boolean) => void>();

function tell(happening: Happening) {
  for (const listener of listeners) listener(happening);
}

function tellState(open: boolean) {
  isOpen = open;
  for (const watch of watchers) watch(open);
}

function open() {
  const stream = new EventSource("/api/v1/events");
  source = stream;
  stream.onopen = () => {
    // Another stream than before does not know what came in between.
    if (wasLost) tell({ kind: "missed", data: {}, at: Date.now() });
    wasLost = false;
    tellState(true);
  };
  stream.onerror = () => {
    tellState(false);
    // The browser comes back by itself, but not from a refusal.
    if (stream.readyState !== EventSource.CLOSED || stream !== source) return;
    wasLost = true;
    window.setTimeout(() => stream === source && open(), kReopenGap);
  };
  for (const kind of kKinds) {
    stream.addEventListener(kind, (event: MessageEvent<string>) => {
      const data = JSON.parse(event.data || "{}") as Record<string, unknown>;
      tell({ kind, data, at: Date.now() });
    });
  }
}

export function stopListening() {
  source?.close();
  source = null;
  tellState(false);
}

// Calls `listener` with each event while the component is shown.
export function useEvents(listener: Listener) {
  const latest = useRef(listener);
  latest.current = listener;
  useEffect(() => {
    const hear: Listener = (happening) => latest.current(happening);
    listeners.add(hear);
    if (source === null) open();
    return () => {
      listeners.delete(hear);
    };
  }, []);
}

interface Concern {
  device?: string; // alone, with what is about no device
  gap?: number; // [ms] between two readings at least
  took?: number; // [ms] the last reading, of what is dear
}

function isAbout(data: Record<string, unknown>, product: string | null, device?: string): boolean {
  const isOther = (mine: string | null | undefined, theirs: unknown) =>
    typeof mine === "string" && theirs !== undefined && theirs !== mine;
  return !isOther(product, data.product) && !isOther(device, data.device);
}

// Calls `reload` soon after an event of these kinds and product, and not too often.
export function useReloadOn(
  kinds: string[],
  product: string | null,
  reload: () => void,
  { device, took = 0, gap = Math.max(kReloadGap, kIdleFactor * took) }: Concern = {},
) {
  const timer = useRef(0);
  useEffect(() => () => window.clearTimeout(timer.current), []);
  useEvents(({ kind, data }) => {
    const concerns = kind === "missed" || kinds.includes(kind);
    if (!concerns || timer.current !== 0 || !isAbout(data, product, device)) return;
    timer.current = window.setTimeout(() => {
      timer.current = 0;
      reload();
    }, gap);
  });
}

export function useIsLive(): boolean {
  const [live, setLive] = useState(isOpen);
  useEffect(() => {
    watchers.add(setLive);
    return () => {
      watchers.delete(setLive);
    };
  }, []);
  return live;
}
