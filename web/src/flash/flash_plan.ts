// Which of the files that a build leaves goes where in a board's flash: told by their content, not
// by their names. docs/spec/esp-image.md, partition-table.md.

export type Kind = "factory" | "bootloader" | "partition table" | "otadata" | "application" | "nvs";

export interface FlashFile {
  name: string;
  kind: Kind;
  offset: number; // [bytes from the start of flash]
  bytes: Uint8Array<ArrayBuffer>;
}

export interface FlashPlan {
  chip: string; // that the files are for
  files: FlashFile[]; // in ascending order of offset
  nvs: { offset: number; size: number } | null; // the partition; null: there is none
}

interface GivenFile {
  name: string;
  bytes: Uint8Array<ArrayBuffer>;
}

interface Partition {
  type: number;
  subtype: number;
  offset: number;
  size: number;
  label: string;
}

const kNames =
  "firmware.factory.bin, bootloader.bin, partitions.bin, ota_data_initial.bin, firmware.bin";
const kTableOffset = 0x8000;
const kRowSize = 32;
const kRowsMax = 95;
const kOtadataSize = 0x2000;
const kImageMagic = 0xe9;
const kAppMagic = 0xabcd5432;
const kBootloaderMagic = 80;

// The id in an image's header, and where the chip's bootloader lies: docs/spec/manifest.md.
const kChips: Record<number, { name: string; bootloader: number }> = {
  0: { name: "esp32", bootloader: 0x1000 },
  2: { name: "esp32s2", bootloader: 0x1000 },
  5: { name: "esp32c3", bootloader: 0 },
  9: { name: "esp32s3", bootloader: 0 },
  12: { name: "esp32c2", bootloader: 0 },
  13: { name: "esp32c6", bootloader: 0 },
  16: { name: "esp32h2", bootloader: 0 },
  18: { name: "esp32p4", bootloader: 0x2000 },
  20: { name: "esp32c61", bootloader: 0 },
  23: { name: "esp32c5", bootloader: 0x2000 },
};

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function isTable(bytes: Uint8Array): boolean {
  return bytes.length >= kRowSize && bytes[0] === 0xaa && bytes[1] === 0x50;
}

function chipAt(bytes: Uint8Array, offset: number): number | null {
  if (bytes.length < offset + 24 || bytes[offset] !== kImageMagic) return null;
  return viewOf(bytes).getUint16(offset + 12, true);
}

// A merged image begins with what lies before the bootloader.
function mergedChip(bytes: Uint8Array): number | null {
  if (!isTable(bytes.subarray(kTableOffset))) return null;
  for (const offset of [0, 0x1000, 0x2000]) {
    const chip = chipAt(bytes, offset);
    if (chip !== null && kChips[chip]?.bootloader === offset) return chip;
  }
  return null;
}

function kindOf({ name, bytes }: GivenFile): Kind {
  if (isTable(bytes)) return "partition table";
  if (mergedChip(bytes) !== null) return "factory";
  if (chipAt(bytes, 0) !== null) {
    const view = viewOf(bytes);
    if (bytes.length > 36 && view.getUint32(32, true) === kAppMagic) return "application";
    const isBootloader = bytes[32] === kBootloaderMagic || /boot/i.test(name);
    if (isBootloader) return "bootloader";
    throw new Error(`${name} is an ESP32 image, but neither an application nor a bootloader.`);
  }
  const isBlank = bytes.length === kOtadataSize && /ota/i.test(name);
  if (isBlank) return "otadata";
  throw new Error(`${name} is none of these: ${kNames}.`);
}

function readTable(bytes: Uint8Array): Partition[] {
  const view = viewOf(bytes);
  const partitions: Partition[] = [];
  for (let row = 0; row < kRowsMax && (row + 1) * kRowSize <= bytes.length; row += 1) {
    const at = row * kRowSize;
    if (view.getUint16(at, true) !== 0x50aa) break;
    const label = new TextDecoder().decode(bytes.subarray(at + 12, at + 28)).replace(/\0.*$/, "");
    partitions.push({
      type: view.getUint8(at + 2),
      subtype: view.getUint8(at + 3),
      offset: view.getUint32(at + 4, true),
      size: view.getUint32(at + 8, true),
      label,
    });
  }
  return partitions;
}

function find(table: Partition[], what: string, is: (partition: Partition) => boolean): Partition {
  const found = table.find(is);
  if (found === undefined) throw new Error(`The partition table has no place for ${what}.`);
  return found;
}

// The bootloader begins with `factory`, else with ota_0.
function appPartition(table: Partition[]): Partition {
  const factory = table.find(({ type, subtype }) => type === 0 && subtype === 0);
  const isFirst = ({ type, subtype }: Partition) => type === 0 && subtype === 0x10;
  return factory ?? find(table, "an application", isFirst);
}

function offsetOf(kind: Kind, chip: number, table: Partition[]): { offset: number; size: number } {
  switch (kind) {
    case "bootloader":
      return { offset: kChips[chip]?.bootloader ?? 0, size: kTableOffset };
    case "partition table":
      return { offset: kTableOffset, size: 0x1000 };
    case "otadata":
      return find(table, "otadata", ({ type, subtype }) => type === 1 && subtype === 0);
    case "application":
      return appPartition(table);
    default:
      return { offset: 0, size: Number.MAX_SAFE_INTEGER };
  }
}

function chipOf(files: (GivenFile & { kind: Kind })[]): number {
  const chips = new Map<number, string>();
  for (const file of files) {
    const chip = file.kind === "factory" ? mergedChip(file.bytes) : chipAt(file.bytes, 0);
    if (chip !== null) chips.set(chip, file.name);
  }
  const [first, second] = [...chips.entries()];
  if (first === undefined) throw new Error("There is no application among the files.");
  if (second !== undefined)
    throw new Error(`${first[1]} and ${second[1]} are for different chips.`);
  if (kChips[first[0]] === undefined) throw new Error(`${first[1]} is for no known ESP32 chip.`);
  return first[0];
}

function checkApart(files: FlashFile[]) {
  files.forEach((file, index) => {
    const next = files[index + 1];
    if (next !== undefined && file.offset + file.bytes.length > next.offset) {
      throw new Error(`${file.name} reaches into the place of ${next.name}.`);
    }
  });
}

export function planFlash(given: GivenFile[]): FlashPlan {
  const known = given.map((file) => ({ ...file, kind: kindOf(file) }));
  for (const { kind } of known) {
    if (known.filter((file) => file.kind === kind).length > 1) {
      throw new Error(`There are two files for the same place: ${kind}.`);
    }
  }
  const chip = chipOf(known);
  const merged = known.find((file) => file.kind === "factory");
  if (merged !== undefined && known.length > 1) {
    throw new Error(`${merged.name} has everything in it: give it alone.`);
  }
  const tableBytes =
    merged?.bytes.subarray(kTableOffset) ??
    known.find((file) => file.kind === "partition table")?.bytes;
  if (tableBytes === undefined) {
    throw new Error("There is no partition table among the files: add partitions.bin.");
  }
  const table = readTable(tableBytes);
  const files = known.map(({ name, bytes, kind }): FlashFile => {
    const place = offsetOf(kind, chip, table);
    if (bytes.length > place.size) throw new Error(`${name} is larger than its place in flash.`);
    return { name, kind, bytes, offset: place.offset };
  });
  files.sort((a, b) => a.offset - b.offset);
  checkApart(files);
  const nvs = table.find(
    ({ type, subtype, label }) => type === 1 && subtype === 2 && label === "nvs",
  );
  return {
    chip: kChips[chip]?.name ?? "",
    files,
    nvs: nvs === undefined ? null : { offset: nvs.offset, size: nvs.size },
  };
}

// The plan with an NVS image, cut out of what else would be written there.
export function withNvs(plan: FlashPlan, image: Uint8Array<ArrayBuffer>): FlashFile[] {
  if (plan.nvs === null) throw new Error("The partition table has no partition nvs.");
  const { offset } = plan.nvs;
  const merged = plan.files.find((file) => file.kind === "factory");
  if (merged === undefined || offset >= merged.bytes.length) {
    const nvs: FlashFile = { name: "this board's settings", kind: "nvs", offset, bytes: image };
    return [...plan.files, nvs].sort((a, b) => a.offset - b.offset);
  }
  const bytes = new Uint8Array(Math.max(merged.bytes.length, offset + image.length)).fill(0xff);
  bytes.set(merged.bytes);
  bytes.set(image, offset);
  return [{ ...merged, bytes }];
}

// The same with Espressif's own tool.
export function esptoolCommand(plan: FlashPlan): string {
  const parts = plan.files.map((file) => `0x${file.offset.toString(16)} ${file.name}`);
  return `esptool --chip ${plan.chip} write-flash ${parts.join(" ")}`;
}
