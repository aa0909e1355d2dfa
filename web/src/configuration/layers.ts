// Values of groups and devices as merge patches (RFC 7396): what they change, and whose a value is.
// docs/spec/configuration.md. Pure.
import type { Layer } from "../api/words";
import { link } from "../route";
import { isValues, type Json, type Values } from "./json_reader";

export type Path = string[]; // the names that lead to a value
export type Kind = Layer["kind"];

export interface Leaf {
  path: Path;
  value: Json; // no object with members
}

// A value on both sides: undefined where a side has none.
export interface Row {
  path: Path;
  desired: Json | undefined;
  reported: Json | undefined;
  by: Layer | null; // who has set it or taken it away; null: the product
}

// Where the layer has its page.
export function layerLink(product: string, kind: Kind, name: string): string {
  return link(["products", product, "configuration", `${kind}s`, name]);
}

// "groups" -> "group", as addresses have it.
export function kindOf(segment: string): Kind | undefined {
  return (["group", "device"] as const).find((kind) => `${kind}s` === segment);
}

export function nameOf(path: Path): string {
  return path.join(".");
}

export function shown(value: Json): string {
  return JSON.stringify(value);
}

export function patchOf(layer: Layer): Values {
  return layer.values as Values;
}

// The values in a configuration as it is kept.
export function valuesOf(document: string | undefined): Values {
  if (document === undefined) return {};
  return (JSON.parse(document) as { values: Values }).values;
}

export function leavesOf(values: Values, above: Path = []): Leaf[] {
  return Object.entries(values).flatMap(([name, value]) => {
    const path = [...above, name];
    const isInner = isValues(value) && Object.keys(value).length > 0;
    return isInner ? leavesOf(value, path) : [{ path, value }];
  });
}

export function valueAt(values: Values, path: Path): Json | undefined {
  let found: Json | undefined = values;
  for (const name of path) {
    if (!isValues(found) || !Object.hasOwn(found, name)) return undefined;
    found = found[name];
  }
  return found;
}

// Whether the patch decides what is at the path: a value above it takes its place.
function decides(patch: Values, path: Path): boolean {
  let found: Json | undefined = patch;
  for (const name of path) {
    if (!isValues(found)) return true;
    if (!Object.hasOwn(found, name)) return false;
    found = found[name];
  }
  return true;
}

function whoDecides(layers: Layer[], path: Path): Layer | null {
  return layers.findLast((layer) => decides(patchOf(layer), path)) ?? null;
}

// Each value of either side, and those that a layer has taken away; `layers` as they were merged.
export function rowsOf(desired: Values, reported: Values, layers: Layer[]): Row[] {
  const taken = layers.flatMap((layer) => leavesOf(patchOf(layer))).filter(isTakenAway);
  const isLeft = ({ path }: Leaf) => valueAt(desired, path) === undefined;
  const leaves = [...leavesOf(desired), ...leavesOf(reported), ...taken.filter(isLeft)];
  const rows = new Map<string, Row>();
  for (const { path } of leaves) {
    rows.set(shown(path), {
      path,
      desired: valueAt(desired, path),
      reported: valueAt(reported, path),
      by: whoDecides(layers, path),
    });
  }
  return [...rows.values()];
}

export function isTakenAway({ value }: Leaf): boolean {
  return value === null;
}

// The patch, and the value at the path.
export function withValue(patch: Values, path: Path, value: Json): Values {
  const [name, ...rest] = path;
  if (name === undefined) return patch;
  const inner = Object.hasOwn(patch, name) ? patch[name] : undefined;
  const changed = rest.length === 0 ? value : withValue(isValues(inner) ? inner : {}, rest, value);
  return Object.fromEntries([...Object.entries(patch), [name, changed]]);
}

// The patch without what it says of the path, and without objects that are empty then.
export function withoutValue(patch: Values, path: Path): Values {
  const [name, ...rest] = path;
  const entries = Object.entries(patch).flatMap(([key, value]): [string, Json][] => {
    if (key !== name) return [[key, value]];
    if (rest.length === 0 || !isValues(value)) return [];
    const left = withoutValue(value, rest);
    return Object.keys(left).length === 0 ? [] : [[key, left]];
  });
  return Object.fromEntries(entries);
}
