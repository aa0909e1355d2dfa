// Numbers and times as people read them. Times are [s since 1970-01-01 UTC].

export const kDay = 86_400; // [s]

const kNumber = new Intl.NumberFormat("en-US");
const kDate = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "short" });
const kHour = new Intl.DateTimeFormat("en-GB", { timeStyle: "short" });
const kLocalDay = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
const kUtcDay = new Intl.DateTimeFormat("en-GB", {
  day: "numeric",
  month: "short",
  timeZone: "UTC",
});

export function count(value: number, word?: string): string {
  const number = kNumber.format(value);
  if (word === undefined) return number;
  return `${number} ${word}${value === 1 ? "" : "s"}`;
}

export function share(part: number, whole: number): string {
  if (whole === 0) return "–";
  const percent = (100 * part) / whole;
  if (percent > 0 && percent < 0.1) return "< 0.1 %";
  if (percent > 99.9 && percent < 100) return "> 99.9 %";
  if (percent > 99 && percent < 100) return `${(Math.floor(10 * percent) / 10).toFixed(1)} %`;
  return `${percent >= 10 || percent === 0 ? Math.round(percent) : percent.toFixed(1)} %`;
}

export function bytes(value: number): string {
  if (value < 1024) return `${value} B`;
  if (value < 1024 * 1024) return `${(value / 1024).toFixed(value < 10240 ? 1 : 0)} KiB`;
  return `${(value / 1024 / 1024).toFixed(2)} MiB`;
}

export function signal(value_dbm: number): string {
  return `${value_dbm} dBm`.replace("-", "−");
}

export function dateTime(time_s: number): string {
  return time_s === 0 ? "never" : kDate.format(new Date(time_s * 1000));
}

export function day(time_s: number): string {
  return kUtcDay.format(new Date(time_s * 1000));
}

// An hour where one lives; at midnight the day that begins.
export function hour(time_s: number): string {
  const time = new Date(time_s * 1000);
  return time.getHours() + time.getMinutes() === 0 ? kLocalDay.format(time) : kHour.format(time);
}

// "3 min", "2 h", "5 d"
export function span(seconds: number): string {
  const value = Math.abs(seconds);
  if (value < 60) return `${Math.round(value)} s`;
  if (value < 3600) return `${Math.round(value / 60)} min`;
  if (value < 2 * kDay) return `${Math.round(value / 3600)} h`;
  return `${Math.round(value / kDay)} d`;
}

export function ago(time_s: number, now_s = Date.now() / 1000): string {
  if (time_s === 0) return "never";
  const past = now_s - time_s;
  if (Math.abs(past) < 5) return "just now";
  return past > 0 ? `${span(past)} ago` : `in ${span(past)}`;
}

// "rolled_back" -> "rolled back"
export function words(code: string): string {
  return code.replaceAll("_", " ");
}

// The server's words begin small, as parts of a line.
export function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}

// 301 -> "v3.1"
export function revisionName(revision: number): string {
  return `v${Math.floor(revision / 100)}.${revision % 100}`;
}

export function chipName(chip: string | null): string {
  if (chip === null) return "chip not known yet";
  const kind = chip.slice("esp32".length).toUpperCase();
  return kind === "" ? "ESP32" : `ESP32-${kind}`;
}
