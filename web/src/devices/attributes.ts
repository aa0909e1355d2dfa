// Attributes as a person types them. Pure.
import type { Device } from "../api/words";

export type Value = Device["attributes"][string];

// "floor=3, site=berlin" -> {floor: 3, site: "berlin"}
export function parseAttributes(text: string): Record<string, Value> {
  const found: Record<string, Value> = {};
  for (const part of text.split(",")) {
    const equals = part.indexOf("=");
    if (part.trim() === "") continue;
    if (equals < 0) throw new Error(`"${part.trim()}" has no value: write name=value`);
    const value = part.slice(equals + 1).trim();
    const isNumber = /^-?(0|[1-9]\d{0,14})(\.\d{1,6})?$/.test(value);
    found[part.slice(0, equals).trim()] = isNumber ? Number(value) : value;
  }
  return found;
}
