// What one board is given: docs/spec/nvs.md, section Keys.
import type { NvsItem } from "./nvs_image";

export interface BoardSettings {
  deviceId: string;
  product: string;
  host: string;
  port: number;
  authority: string; // PEM; empty: what the firmware has
  key: { epoch: number; secret: Uint8Array };
  wifiName: string; // empty: what the firmware has
  wifiPassword: string;
}

const kPemColumns = 64;

// Each certificate anew, without what stands around it.
function tidyPem(text: string): string {
  const found = text.matchAll(/-----BEGIN CERTIFICATE-----([^-]+)-----END CERTIFICATE-----/g);
  let pem = "";
  for (const [, body] of found) {
    const base64 = (body ?? "").replace(/\s+/g, "");
    const lines = base64.match(new RegExp(`.{1,${kPemColumns}}`, "g")) ?? [];
    pem += `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
  }
  if (pem === "") throw new Error("The authority's file holds no certificate in PEM format.");
  return pem;
}

function checkWifi({ wifiName, wifiPassword }: BoardSettings) {
  if (new TextEncoder().encode(wifiName).length > 32) {
    throw new Error("A Wi-Fi's name has at most 32 bytes.");
  }
  if (wifiPassword === "") return;
  if (wifiName === "") throw new Error("There is a Wi-Fi password without a Wi-Fi's name.");
  if (!/^[ -~]{8,63}$|^[0-9a-fA-F]{64}$/.test(wifiPassword)) {
    throw new Error("A Wi-Fi password has 8 to 63 characters of ASCII, or is a key of 64 digits.");
  }
}

export function checkSettings(settings: BoardSettings) {
  if (!/^[\w.:-]{1,64}$/.test(settings.deviceId)) {
    throw new Error("A device's id has 1 to 64 letters, digits and . - _ :");
  }
  if (!/^[A-Za-z0-9._-]{1,64}$/.test(settings.host)) {
    throw new Error("The server is a name or an IPv4 address of at most 64 characters.");
  }
  if (!(settings.port >= 1 && settings.port <= 65535)) throw new Error("The port is 1 to 65535.");
  checkWifi(settings);
}

export function nvsItemsOf(settings: BoardSettings): NvsItem[] {
  const { epoch, secret } = settings.key;
  const key = new Uint8Array(4 + secret.length);
  new DataView(key.buffer).setUint32(0, epoch, true);
  key.set(secret, 4);
  const items: NvsItem[] = [
    ["device_id", settings.deviceId],
    ["product", settings.product],
    ["server_host", settings.host],
    ["server_port", settings.port],
  ];
  if (settings.authority !== "") {
    items.push(["ca", new TextEncoder().encode(tidyPem(settings.authority))]);
  }
  items.push(["device_key", key]);
  if (settings.wifiName !== "") items.push(["wifi_ssid", settings.wifiName]);
  if (settings.wifiPassword !== "") items.push(["wifi_pass", settings.wifiPassword]);
  return items;
}
