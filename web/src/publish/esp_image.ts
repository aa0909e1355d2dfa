// What an application image says of itself, read in the browser: docs/spec/esp-image.md. The server
// checks the same again, and more, before it is a release.

export interface EspImage {
  chip: string;
  revisionLowest: number; // major * 100 + minor
  revisionHighest: number;
  segments: number;
  project: string;
  version: string;
  built: string;
  idfVersion: string;
  secureVersion: number;
  elfSha256: string;
  marker: { product: string; version: string; behaviour: string } | null;
}

export class ImageRefused extends Error {
  constructor(
    reason: string,
    readonly offset: number,
  ) {
    super(`${reason}, at offset ${offset} (0x${offset.toString(16).toUpperCase()})`);
  }
}

const kImageSizeMax = 16 * 1024 * 1024; // [bytes]
const kHeaderSize = 24;
const kSegmentHeaderSize = 8;
const kDescriptionSize = 256;
const kDescriptionMagic = 0xabcd5432;
const kHashSize = 32;
const kSectorSize = 4096;
const kRevisionUnset = 65535;
const kMarkerMagic = "OTTER-FIRMWARE\u0001\u0000";
const kMarkerSize = 96;

const kChips: Record<number, string> = {
  0: "esp32",
  2: "esp32s2",
  5: "esp32c3",
  9: "esp32s3",
  12: "esp32c2",
  13: "esp32c6",
  16: "esp32h2",
  18: "esp32p4",
  20: "esp32c61",
  23: "esp32c5",
  25: "esp32h21",
  28: "esp32h4",
};

export function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
}

// A text that is padded with NUL; what can't be printed is "?".
function textAt(file: Uint8Array, offset: number, size: number): string {
  const field = file.subarray(offset, offset + size);
  const end = field.indexOf(0);
  const used = end < 0 ? field : field.subarray(0, end);
  return Array.from(used, (byte) =>
    byte >= 0x20 && byte <= 0x7e ? String.fromCharCode(byte) : "?",
  ).join("");
}

function kindOfOther(file: Uint8Array): string {
  if (file[0] === 0x7f && textAt(file, 1, 3) === "ELF") {
    return "this is an ELF file, for the debugger; the image beside it ends in .bin";
  }
  if (file[0] === 0x1f && file[1] === 0x8b) return "this is a gzip file; unpack it first";
  if (file[0] === 0x50 && file[1] === 0x4b) return "this is a ZIP archive; unpack it first";
  if (file[0] === 0xff) return "this is a whole flash: give the application image alone";
  return "this is no ESP32 application image: it does not begin with E9";
}

interface Segment {
  offset: number;
  size: number;
}

function readSegments(file: Uint8Array, view: DataView): { segments: Segment[]; end: number } {
  const count = file[1] ?? 0;
  if (count === 0 || count > 16) {
    throw new ImageRefused(`the header counts ${count} segments; an image has 1 to 16`, 1);
  }
  const segments: Segment[] = [];
  let at = kHeaderSize;
  for (let index = 0; index < count; index += 1) {
    if (at + kSegmentHeaderSize > file.length) {
      throw new ImageRefused("the file ends too early: copy or download it again", at);
    }
    const size = view.getUint32(at + 4, true);
    const offset = at + kSegmentHeaderSize;
    if (size % 4 !== 0) {
      throw new ImageRefused("a segment's size is not a multiple of 4 bytes", at + 4);
    }
    if (size >= kImageSizeMax || offset + size > file.length) {
      throw new ImageRefused("the file ends inside of a segment: copy or download it again", at);
    }
    segments.push({ offset, size });
    at = offset + size;
  }
  return { segments, end: at };
}

// Checksum and hash. Gives where the image ends.
async function checkTail(
  file: Uint8Array<ArrayBuffer>,
  segments: Segment[],
  segmentsEnd: number,
): Promise<number> {
  let sum = 0xef;
  for (const { offset, size } of segments) {
    for (let at = offset; at < offset + size; at += 1) sum ^= file[at] ?? 0;
  }
  const checksumAt = segmentsEnd + 15 - (segmentsEnd % 16);
  if (checksumAt >= file.length) throw new ImageRefused("the file ends too early", file.length);
  if (file[checksumAt] !== sum) {
    const why = "the checksum does not fit the segments: the file was changed or damaged";
    throw new ImageRefused(why, checksumAt);
  }
  if (file[23] !== 1) {
    throw new ImageRefused("the image has no hash at its end; build it with one", 23);
  }
  const hashAt = checksumAt + 1;
  const stated = file.subarray(hashAt, hashAt + kHashSize);
  if (hex(await sha256(file.slice(0, hashAt))) !== hex(stated)) {
    const why = "the SHA-256 at the image's end does not fit: the file was changed or damaged";
    throw new ImageRefused(why, hashAt);
  }
  return hashAt + kHashSize;
}

function checkTrailer(file: Uint8Array, end: number) {
  if (file.length === end) return;
  const lastSector = file.length - kSectorSize;
  const isSigned = lastSector >= end && lastSector % kSectorSize === 0 && file[lastSector] === 0xe7;
  if (!isSigned) {
    throw new ImageRefused(
      `${file.length - end} bytes follow the image that belong to nothing`,
      end,
    );
  }
}

function markerAt(file: Uint8Array, at: number): EspImage["marker"] {
  for (let index = 0; index < kMarkerMagic.length; index += 1) {
    if (file[at + index] !== kMarkerMagic.charCodeAt(index)) return null;
  }
  const product = textAt(file, at + 16, 32);
  const version = textAt(file, at + 48, 32);
  const behaviour = textAt(file, at + 80, 16);
  const isMarker = /^[\w.:-]{1,32}$/.test(product) && /^[\w.+-]{1,32}$/.test(version);
  return isMarker ? { product, version, behaviour } : null;
}

function findMarker(file: Uint8Array, segments: Segment[]): EspImage["marker"] {
  for (const { offset, size } of segments) {
    for (let at = offset; at + kMarkerSize <= offset + size; at += 4) {
      if (file[at] !== kMarkerMagic.charCodeAt(0)) continue;
      const marker = markerAt(file, at);
      if (marker !== null) return marker;
    }
  }
  return null;
}

// Throws ImageRefused.
export async function readEspImage(file: Uint8Array<ArrayBuffer>): Promise<EspImage> {
  if (file.length > kImageSizeMax + 64 * 1024) {
    throw new ImageRefused("a partition for applications has at most 16 MiB", kImageSizeMax);
  }
  if (file[0] !== 0xe9) throw new ImageRefused(kindOfOther(file), 0);
  if (file.length < kHeaderSize + kSegmentHeaderSize + kDescriptionSize) {
    throw new ImageRefused("the file ends too early: copy or download it again", file.length);
  }
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const chipId = view.getUint16(12, true);
  const chip = kChips[chipId];
  if (chip === undefined) throw new ImageRefused(`chip id ${chipId} is of no known ESP32 chip`, 12);
  const { segments, end } = readSegments(file, view);
  checkTrailer(file, await checkTail(file, segments, end));
  const base = kHeaderSize + kSegmentHeaderSize;
  if (view.getUint32(base, true) !== kDescriptionMagic) {
    throw new ImageRefused("there is no application description: this may be a bootloader", base);
  }
  const highest = view.getUint16(17, true);
  return {
    chip,
    revisionLowest: view.getUint16(15, true),
    revisionHighest: highest === 0 ? kRevisionUnset : highest,
    segments: segments.length,
    secureVersion: view.getUint32(base + 4, true),
    version: textAt(file, base + 16, 32),
    project: textAt(file, base + 48, 32),
    built: `${textAt(file, base + 96, 16)} ${textAt(file, base + 80, 16)}`.trim(),
    idfVersion: textAt(file, base + 112, 32),
    elfSha256: hex(file.subarray(base + 144, base + 176)),
    marker: findMarker(file, segments),
  };
}
