// The release manifest of an image: docs/spec/manifest.md.
import { type EspImage, hex, sha256 } from "./esp_image";

const kBlockSizeMin = 65536; // [bytes]
const kBlockSizeMax = 1048576; // [bytes]
const kBlockDigestSize = 16;
const kManifestSizeMax = 4096; // [bytes]
const kSectorSize = 4096;

interface ManifestWishes {
  product: string;
  channel: string;
  version: string;
  sequence: number;
  created: number; // [s since 1970-01-01 UTC]
  allowDowngrade: boolean;
}

export function base64(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}

async function blockDigests(file: Uint8Array<ArrayBuffer>, blockSize: number): Promise<string> {
  const count = Math.ceil(file.length / blockSize);
  const digests = new Uint8Array(count * kBlockDigestSize);
  for (let index = 0; index < count; index += 1) {
    const block = file.slice(index * blockSize, (index + 1) * blockSize);
    const digest = (await sha256(block)).subarray(0, kBlockDigestSize);
    digests.set(digest, index * kBlockDigestSize);
  }
  return base64(digests);
}

// Its exact bytes: what is signed.
export async function buildManifest(
  image: EspImage,
  file: Uint8Array<ArrayBuffer>,
  wishes: ManifestWishes,
): Promise<Uint8Array<ArrayBuffer>> {
  const digest = hex(await sha256(file));
  for (let blockSize = kBlockSizeMin; blockSize <= kBlockSizeMax; blockSize *= 2) {
    const manifest = {
      schema: 1,
      product: wishes.product,
      channel: wishes.channel,
      sequence: wishes.sequence,
      version: wishes.version,
      security_version: image.secureVersion,
      chip: image.chip,
      rev_min: image.revisionLowest,
      rev_max: image.revisionHighest,
      min_slot_bytes: Math.ceil(file.length / kSectorSize) * kSectorSize,
      ...(wishes.allowDowngrade && { allow_downgrade: true }),
      created: wishes.created,
      image: {
        size: file.length,
        sha256: digest,
        app_elf_sha256: image.elfSha256,
        block_size: blockSize,
        blocks: await blockDigests(file, blockSize),
      },
    };
    const bytes = new TextEncoder().encode(JSON.stringify(manifest));
    if (bytes.length <= kManifestSizeMax) return bytes;
  }
  throw new Error("The manifest would be longer than 4096 bytes.");
}
