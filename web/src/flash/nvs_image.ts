// An image of the partition `nvs` with one namespace: docs/spec/nvs.md. The same bytes as
// `otter device provision` writes; a test compares them.

const kPageSize = 4096; // [bytes]
const kEntrySize = 32; // [bytes]
const kEntriesPerPage = 126;
const kEntriesOffset = 64; // [bytes] in the page
const kStatesOffset = 32; // [bytes] in the page
const kPageActive = 0xfffffffe;
const kPageFull = 0xfffffffc;
const kVersion2 = 0xfe;
const kChunkSizeMax = kEntrySize * (kEntriesPerPage - 1); // [bytes]
const kNamespace = 1;
const kNoChunk = 0xff;

const kTypeU8 = 0x01;
const kTypeU16 = 0x02;
const kTypeText = 0x21;
const kTypeBlobData = 0x42;
const kTypeBlobIndex = 0x48;

type NvsValue = string | number | Uint8Array; // a number is 16 bits wide
export type NvsItem = [key: string, value: NvsValue];

// CRC-32 as all of NVS begins it, or goes on from `start`.
function crc(bytes: Uint8Array, start = 0): number {
  let value = start;
  for (const byte of bytes) {
    value ^= byte;
    for (let bit = 0; bit < 8; bit += 1) value = (value >>> 1) ^ (value & 1 ? 0xedb88320 : 0);
  }
  return value;
}

// As `esp_rom_crc32_le(0xFFFFFFFF, ...)`: the start and the end are complements of each other.
function nvsCrc(...parts: Uint8Array[]): number {
  return ~parts.reduce((value, part) => crc(part, value), 0) >>> 0;
}

interface Head {
  space?: number;
  type: number;
  chunk?: number;
  key: string;
}

// Fills pages from the first on. A page gets its header with its first entry.
class Pages {
  private readonly image: Uint8Array<ArrayBuffer>;
  private readonly view: DataView;
  private page = 0;
  private entry = 0; // the next free one of the page

  constructor(size: number) {
    if (size % kPageSize !== 0 || size < 3 * kPageSize) {
      throw new Error(`An NVS partition of ${size} bytes can't be written: it has whole pages.`);
    }
    this.image = new Uint8Array(size).fill(0xff);
    this.view = new DataView(this.image.buffer);
  }

  take(): Uint8Array<ArrayBuffer> {
    return this.image;
  }

  entriesLeft(): number {
    return kEntriesPerPage - this.entry;
  }

  // Marks the page as full; what is left of it stays empty.
  nextPage() {
    this.view.setUint32(this.page * kPageSize, kPageFull, true);
    this.page += 1;
    this.entry = 0;
  }

  // `data` is what the entry itself holds, `behind` what follows in entries of its own.
  put(head: Head, data: Uint8Array, behind = new Uint8Array(0)) {
    if ((this.page + 2) * kPageSize > this.image.length) {
      throw new Error(
        `The board's settings do not fit into its NVS of ${this.image.length} bytes.`,
      );
    }
    if (this.entry === 0) this.writeHeader();
    const span = 1 + Math.ceil(behind.length / kEntrySize);
    const at = this.page * kPageSize + kEntriesOffset + this.entry * kEntrySize;
    const entry = this.image.subarray(at, at + span * kEntrySize);
    entry.set([head.space ?? kNamespace, head.type, span, head.chunk ?? kNoChunk]);
    entry.fill(0, 8, 24);
    entry.set(new TextEncoder().encode(head.key), 8);
    entry.set(data, 24);
    const sum = nvsCrc(entry.subarray(0, 4), entry.subarray(8, kEntrySize));
    this.view.setUint32(at + 4, sum, true);
    entry.set(behind, kEntrySize);
    for (let index = 0; index < span; index += 1) this.markWritten();
  }

  private writeHeader() {
    const at = this.page * kPageSize;
    this.view.setUint32(at, kPageActive, true);
    this.view.setUint32(at + 4, this.page, true);
    this.view.setUint8(at + 8, kVersion2);
    this.view.setUint32(at + 28, nvsCrc(this.image.subarray(at + 4, at + 28)), true);
  }

  private markWritten() {
    const at = this.page * kPageSize + kStatesOffset + Math.floor(this.entry / 4);
    this.view.setUint8(at, this.view.getUint8(at) & ~(1 << ((this.entry % 4) * 2)));
    this.entry += 1;
  }
}

// What the entry in front of a string or chunk says of it.
function factsOf(value: Uint8Array): Uint8Array {
  const facts = new Uint8Array(8).fill(0xff);
  const view = new DataView(facts.buffer);
  view.setUint16(0, value.length, true);
  view.setUint32(4, nvsCrc(value), true);
  return facts;
}

function putText(pages: Pages, key: string, text: string) {
  const value = new TextEncoder().encode(`${text}\0`);
  if (1 + Math.ceil(value.length / kEntrySize) > pages.entriesLeft()) pages.nextPage();
  pages.put({ type: kTypeText, key }, factsOf(value), value);
}

function putNumber(pages: Pages, key: string, value: number) {
  if (pages.entriesLeft() === 0) pages.nextPage();
  pages.put({ type: kTypeU16, key }, new Uint8Array([value & 0xff, value >> 8]));
}

// Cut as nvs_flash cuts it.
function putBlob(pages: Pages, key: string, value: Uint8Array<ArrayBuffer>) {
  const room = () => Math.max(0, pages.entriesLeft() - 1) * kEntrySize;
  const fits = room() > 0 && room() >= value.length;
  if (!fits && room() < kChunkSizeMax / 10) pages.nextPage();
  let chunks = 0;
  let done = 0;
  do {
    const place = room();
    const chunk = value.slice(done, done + place);
    pages.put({ type: kTypeBlobData, chunk: chunks, key }, factsOf(chunk), chunk);
    chunks += 1;
    done += chunk.length;
    if (done < value.length || place - chunk.length < kEntrySize) pages.nextPage();
  } while (done < value.length);
  const index = new Uint8Array(8).fill(0xff);
  new DataView(index.buffer).setUint32(0, value.length, true);
  index.set([chunks, 0], 4);
  pages.put({ type: kTypeBlobIndex, key }, index);
}

export function writeNvsImage(space: string, items: NvsItem[], size: number) {
  const pages = new Pages(size);
  pages.put({ space: 0, type: kTypeU8, key: space }, new Uint8Array([kNamespace]));
  for (const [key, value] of items) {
    if (typeof value === "string") putText(pages, key, value);
    else if (typeof value === "number") putNumber(pages, key, value);
    else putBlob(pages, key, new Uint8Array(value));
  }
  return pages.take();
}
