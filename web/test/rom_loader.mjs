// A chip in its ROM loader, as far as a flasher sees it: SLIP frames, commands with their checksums,
// the stub that is loaded into RAM, and a flash that keeps what is written.
// Source: esptool documentation, "Serial Protocol" (docs/en/advanced-topics/serial-protocol.rst)
import { createHash } from "node:crypto";
import { inflateSync } from "node:zlib";

const kEnd = 0xc0;
const kEscape = 0xdb;
const kEscapedEnd = 0xdc;
const kEscapedEscape = 0xdd;
const kRomValue = 0x20120707; // what a ROM answers to SYNC; a stub answers 0
const kFlashSize = 4 * 1024 * 1024; // [bytes]

const kMemEnd = 0x06;
const kMemData = 0x07;
const kSync = 0x08;
const kReadReg = 0x0a;
const kFlashDeflBegin = 0x10;
const kFlashDeflData = 0x11;
const kFlashDeflEnd = 0x12;
const kFlashMd5 = 0x13;
const kSecurityInfo = 0x14;
// Answered with success alone: they set up what a file in memory doesn't have.
const kTaken = [0x05, 0x09, 0x0b, 0x0d, 0x0f];

const kSpiWord0 = { 5: 0x60002058, 9: 0x60002058 }; // SPI_W0_REG by chip id
const kFlashId = 0x1640ef; // Winbond, 4 MiB

export class RomLoader {
  flash = Buffer.alloc(kFlashSize, 0xff);
  commands = new Set(); // that it was given
  #input = [];
  #isStub = false;
  #writing = null;

  // `wears`: whether one bit of what is written does not hold.
  constructor({ chipId, wears = false }) {
    this.chipId = chipId;
    this.wears = wears;
  }

  // What it sends back for these bytes.
  receive(bytes) {
    const answers = [];
    for (const byte of bytes) {
      if (byte !== kEnd) {
        this.#input.push(byte);
        continue;
      }
      if (this.#input.length > 0) answers.push(...this.#answer(unescaped(this.#input)));
      this.#input = [];
    }
    return answers.flatMap(framed);
  }

  #answer(packet) {
    const view = new DataView(packet.buffer, packet.byteOffset, packet.byteLength);
    const [direction, command] = packet;
    const body = packet.subarray(8);
    if (direction !== 0 || view.getUint16(2, true) !== body.length) return [];
    this.commands.add(command);
    const words = new DataView(body.buffer, body.byteOffset, body.byteLength);
    const hasData = command === kMemData || command === kFlashDeflData;
    if (hasData && view.getUint32(4, true) !== checksum(body.subarray(16))) {
      return [response(command, { status: 1 })];
    }
    switch (command) {
      case kSync:
        return Array.from({ length: 8 }, () =>
          response(command, { value: this.#isStub ? 0 : kRomValue }),
        );
      case kReadReg:
        return [response(command, { value: this.#register(words.getUint32(0, true)) })];
      case kSecurityInfo:
        return [response(command, { data: this.#securityInfo() })];
      case kMemEnd:
        this.#isStub = true;
        return [response(command), new TextEncoder().encode("OHAI")];
      default:
        return this.#flashAnswer(command, body, words);
    }
  }

  #flashAnswer(command, body, words) {
    switch (command) {
      case kFlashDeflBegin:
        this.#finish();
        this.#writing = { offset: words.getUint32(12, true), parts: [] };
        return [response(command)];
      case kFlashDeflData:
        if (this.#writing === null) return [response(command, { status: 1 })];
        this.#writing.parts.push(Buffer.from(body.subarray(16)));
        return [response(command)];
      case kFlashDeflEnd:
        this.#finish();
        return [response(command)];
      case kFlashMd5: {
        this.#finish();
        const at = words.getUint32(0, true);
        const part = this.flash.subarray(at, at + words.getUint32(4, true));
        return [response(command, { data: createHash("md5").update(part).digest() })];
      }
      default:
        if (kTaken.includes(command) || command === kMemData) return [response(command)];
        return [response(command, { status: 1, error: 5 })];
    }
  }

  #register(address) {
    return address === kSpiWord0[this.chipId] ? kFlashId : 0;
  }

  #securityInfo() {
    const info = Buffer.alloc(20);
    info.writeUInt32LE(this.chipId, 12);
    return info;
  }

  #finish() {
    if (this.#writing === null) return;
    const { offset, parts } = this.#writing;
    this.#writing = null;
    const content = inflateSync(Buffer.concat(parts));
    content.copy(this.flash, offset);
    if (this.wears) this.flash[offset + 100] ^= 1;
  }
}

function checksum(bytes) {
  return bytes.reduce((sum, byte) => sum ^ byte, 0xef);
}

function response(command, { value = 0, data = [], status = 0, error = 0 } = {}) {
  const body = [...data, status, error];
  const packet = new Uint8Array(8 + body.length);
  const view = new DataView(packet.buffer);
  packet.set([1, command]);
  view.setUint16(2, body.length, true);
  view.setUint32(4, value, true);
  packet.set(body, 8);
  return packet;
}

function unescaped(bytes) {
  const out = [];
  for (let index = 0; index < bytes.length; index += 1) {
    if (bytes[index] !== kEscape) {
      out.push(bytes[index]);
      continue;
    }
    index += 1;
    out.push(bytes[index] === kEscapedEnd ? kEnd : kEscape);
  }
  return Uint8Array.from(out);
}

function framed(packet) {
  const out = [kEnd];
  for (const byte of packet) {
    if (byte === kEnd) out.push(kEscape, kEscapedEnd);
    else if (byte === kEscape) out.push(kEscape, kEscapedEscape);
    else out.push(byte);
  }
  return [...out, kEnd];
}
