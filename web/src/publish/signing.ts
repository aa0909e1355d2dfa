// Signing in the browser: docs/spec/envelope.md. The private key is read from a file that the
// person chooses, used by the browser's own cryptography, and sent nowhere.
import { hex, sha256 } from "./esp_image";
import { base64 } from "./manifest";

const kPayloadType = "application/vnd.otter.manifest.v1+json";
const kCurve = { name: "ECDSA", namedCurve: "P-256" };

export interface SigningKey {
  id: string; // docs/spec/envelope.md: keyid
  key: CryptoKey;
}

interface Envelope {
  payloadType: typeof kPayloadType;
  payload: string;
  signatures: { keyid: string; sig: string }[];
}

function bytesOfBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

function derOfPem(pem: string): Uint8Array<ArrayBuffer> {
  if (/BEGIN PUBLIC KEY/.test(pem)) {
    throw new Error("This is the public half. The private one has the same name without “.pub”.");
  }
  if (/BEGIN ENCRYPTED PRIVATE KEY/.test(pem)) {
    throw new Error("This key is encrypted; sign on the command line, where its pass phrase is.");
  }
  const found = pem.match(/-----BEGIN PRIVATE KEY-----([\s\S]+?)-----END PRIVATE KEY-----/);
  if (found === null) {
    throw new Error("This file holds no private key in PEM format. `otter keys make` makes one.");
  }
  try {
    return bytesOfBase64((found[1] ?? "").replace(/\s+/g, ""));
  } catch {
    throw new Error("This key file is damaged.");
  }
}

function bytesOfBase64Url(text: string): Uint8Array<ArrayBuffer> {
  return bytesOfBase64(text.replaceAll("-", "+").replaceAll("_", "/"));
}

export async function readSigningKey(pem: string): Promise<SigningKey> {
  const der = derOfPem(pem);
  let jwk: JsonWebKey;
  let key: CryptoKey;
  try {
    jwk = await crypto.subtle.exportKey(
      "jwk",
      await crypto.subtle.importKey("pkcs8", der, kCurve, true, ["sign"]),
    );
    key = await crypto.subtle.importKey("pkcs8", der, kCurve, false, ["sign"]);
  } catch {
    throw new Error("This is no P-256 key, and releases are signed with such.");
  } finally {
    der.fill(0);
  }
  const x = bytesOfBase64Url(jwk.x ?? "");
  const y = bytesOfBase64Url(jwk.y ?? "");
  const point = new Uint8Array([4, ...x, ...y]);
  return { id: hex((await sha256(point)).subarray(0, 8)), key };
}

// What the signature is over: DSSE v1's pre-authentication encoding.
export function signedBytes(manifest: Uint8Array): Uint8Array<ArrayBuffer> {
  const head = `DSSEv1 ${kPayloadType.length} ${kPayloadType} ${manifest.length} `;
  return new Uint8Array([...new TextEncoder().encode(head), ...manifest]);
}

export async function signManifest(manifest: Uint8Array, signer: SigningKey): Promise<Envelope> {
  const algorithm = { name: "ECDSA", hash: "SHA-256" };
  const signature = await crypto.subtle.sign(algorithm, signer.key, signedBytes(manifest));
  return {
    payloadType: kPayloadType,
    payload: base64(manifest),
    signatures: [{ keyid: signer.id, sig: base64(new Uint8Array(signature)) }],
  };
}
