// The dashboard's own readers and writers of formats, against the example bytes of docs/spec and
// against bytes that are none. Without a browser: esbuild makes modules of the sources.
import assert from "node:assert/strict";
import { webcrypto } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { after } from "node:test";
import { build } from "esbuild";

globalThis.crypto ??= webcrypto; // Node 18 has it, but not there
const top = new URL("../..", import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), "otter-units-"));
after(() => rmSync(folder, { recursive: true }));

async function load(path) {
  const outfile = join(folder, `${path.replaceAll("/", "_")}.mjs`);
  const entryPoints = [join(top, "web/src", path)];
  await build({ entryPoints, bundle: true, format: "esm", platform: "node", outfile });
  return import(outfile);
}

function example(page, name) {
  const text = readFileSync(join(top, "docs/spec", page), "utf8");
  return text.match(new RegExp(`\`\`\`\\w+ ${name}\\n([\\s\\S]+?)\`\`\``))[1];
}
const bytesOf = (hex) => Uint8Array.from(Buffer.from(hex.replace(/\s+/g, ""), "hex"));

test("an NVS image is the specification's", async () => {
  const { writeNvsImage } = await load("flash/nvs_image.ts");
  const wanted = bytesOf(example("nvs.md", "nvs-example"));
  const key = wanted.slice(wanted.length - 32 * 3, wanted.length - 32 * 3 + 36);
  const items = [
    ["device_id", "d1"],
    ["server_port", 8443],
    ["device_key", key],
  ];
  const image = writeNvsImage("otter", items, 0x3000);
  assert.deepEqual(Buffer.from(image.subarray(0, wanted.length)), Buffer.from(wanted));
  assert.ok(image.subarray(wanted.length).every((byte) => byte === 0xff));
  assert.throws(() => writeNvsImage("otter", [["ca", new Uint8Array(9000)]], 0x3000), /do not fit/);
  assert.throws(() => writeNvsImage("otter", [], 0x3001), /can't be written/);
});

test("a blob goes on over pages", async () => {
  const { writeNvsImage } = await load("flash/nvs_image.ts");
  const blob = Uint8Array.from({ length: 6000 }, (_, index) => index % 251);
  const image = writeNvsImage("otter", [["ca", blob]], 0x4000);
  assert.equal(new DataView(image.buffer).getUint32(0, true), 0xfffffffc);
  assert.equal(new DataView(image.buffer).getUint32(4096, true), 0xfffffffe);
});

test("an image without a description is refused with its offset", async () => {
  const { readEspImage } = await load("publish/esp_image.ts");
  const bytes = bytesOf(example("esp-image.md", "esp-image-example"));
  await assert.rejects(readEspImage(bytes), /ends too early/);
  await assert.rejects(readEspImage(new Uint8Array(4096)), /begin with E9, at offset 0/);
});

// Deterministic, so that what is found once is found again.
function* numbers(seed) {
  let state = seed;
  while (true) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    yield state;
  }
}

// A whole image: one segment with a description, checksum and hash.
async function wholeImage(sha256) {
  const image = new Uint8Array(24 + 8 + 256 + 16);
  const view = new DataView(image.buffer);
  image.set([0xe9, 1]);
  view.setUint16(12, 5, true);
  image[23] = 1;
  view.setUint32(28, 256, true);
  view.setUint32(32, 0xabcd5432, true);
  image.set(new TextEncoder().encode("1.2.3"), 48);
  image[image.length - 1] = image.subarray(32, 288).reduce((sum, byte) => sum ^ byte, 0xef);
  return Uint8Array.from([...image, ...(await sha256(image))]);
}

test("an image is read, and each damage to it is refused", async () => {
  const { readEspImage, sha256, ImageRefused } = await load("publish/esp_image.ts");
  const image = await wholeImage(sha256);
  const read = await readEspImage(image);
  assert.equal(read.version, "1.2.3");
  assert.equal(read.chip, "esp32c3");
  const random = numbers(7);
  for (let round = 0; round < 3000; round += 1) {
    const damaged = image.slice(0, image.length - (random.next().value % 3 === 0 ? 40 : 0));
    damaged[random.next().value % damaged.length] ^= 1 << (random.next().value % 8);
    await assert.rejects(readEspImage(damaged), ImageRefused);
  }
});

test("a signature is the envelope's", async () => {
  const { signedBytes } = await load("publish/signing.ts");
  const page = readFileSync(join(top, "docs/spec/envelope.md"), "utf8");
  const envelope = JSON.parse(page.match(/```json\n(\{"payloadType".+\})\n```/)[1]);
  const pem = page.match(/BEGIN PUBLIC KEY-----\n([\s\S]+?)\n-----END/)[1];
  const curve = { name: "ECDSA", namedCurve: "P-256" };
  const der = Buffer.from(pem.replace(/\s/g, ""), "base64");
  const key = await crypto.subtle.importKey("spki", der, curve, true, ["verify"]);
  const [{ sig }] = envelope.signatures;
  const manifest = Buffer.from(envelope.payload, "base64");
  const algorithm = { name: "ECDSA", hash: "SHA-256" };
  const over = signedBytes(manifest);
  const signature = Buffer.from(sig, "base64");
  assert.ok(await crypto.subtle.verify(algorithm, key, signature, over));
});

test("a key's id is its point's, and what is no key is refused", async () => {
  const { readSigningKey } = await load("publish/signing.ts");
  const curve = { name: "ECDSA", namedCurve: "P-256" };
  const pair = await crypto.subtle.generateKey(curve, true, ["sign"]);
  const der = Buffer.from(await crypto.subtle.exportKey("pkcs8", pair.privateKey));
  const pem = `-----BEGIN PRIVATE KEY-----\n${der.toString("base64")}\n-----END PRIVATE KEY-----\n`;
  const point = await crypto.subtle.exportKey("raw", pair.publicKey);
  const digest = Buffer.from(await crypto.subtle.digest("SHA-256", point));
  assert.equal((await readSigningKey(pem)).id, digest.subarray(0, 8).toString("hex"));
  await assert.rejects(readSigningKey("-----BEGIN PUBLIC KEY-----"), /public half/);
  await assert.rejects(readSigningKey("-----BEGIN ENCRYPTED PRIVATE KEY-----"), /encrypted/);
  await assert.rejects(readSigningKey("hello"), /no private key/);
  await assert.rejects(
    readSigningKey(pem.replace(/.{20}\n-----END/, "\n-----END")),
    /P-256|damaged/,
  );
});

test("files are told by their content", async () => {
  const { planFlash } = await load("flash/flash_plan.ts");
  const table = {
    name: "partitions.bin",
    bytes: Uint8Array.from([0xaa, 0x50, ...Array(30).fill(0)]),
  };
  assert.throws(() => planFlash([table]), /no application/);
  assert.throws(() => planFlash([{ name: "x", bytes: new Uint8Array(9) }]), /none of these/);
  const random = numbers(3);
  for (let round = 0; round < 2000; round += 1) {
    const bytes = Uint8Array.from({ length: random.next().value % 400 }, () => random.next().value);
    bytes.set(round % 2 ? [0xe9, 1] : [0xaa, 0x50].slice(0, bytes.length));
    try {
      planFlash([{ name: "random.bin", bytes }]);
    } catch (error) {
      assert.equal(error.constructor, Error, error.stack);
    }
  }
});

test("updates are stacked by day, the newest version first", async () => {
  const { updatesOf, stacked } = await load("fleet/days.ts");
  const row = (day, version, outcome, count) => ({ day: day * 86400, version, outcome, count });
  const { days, series } = updatesOf([
    row(100, "1.0.9", "confirmed", 5),
    row(102, "1.0.10", "confirmed", 3),
    row(102, "1.0.9", "confirmed", 1),
    row(102, "1.0.10", "rolled_back", 2),
  ]);
  assert.equal(days.length, 14);
  assert.equal(days.at(-1), 102 * 86400);
  assert.deepEqual(
    series.map((one) => [one.name, ...one.values.slice(-3)]),
    [
      ["1.0.10", 0, 0, 3],
      ["1.0.9", 5, 0, 1],
      ["rolled back or failed", 0, 0, 2],
    ],
  );
  assert.deepEqual(stacked(series)[2].slice(-3), [5, 0, 6]);
});

test("the versions that most devices ran have a name, the newest first", async () => {
  const { versionsOf } = await load("fleet/days.ts");
  const row = (day, version, devices) => ({ day: day * 86400, version, devices });
  const { series } = versionsOf([
    ...["1.0.9", "1.0.10", "1.1.0", "2.0.0"].map((version, index) => row(100, version, 9 - index)),
    row(100, null, 1),
    row(101, "0.9.0", 2),
    row(101, "2.0.0", 7),
  ]);
  assert.deepEqual(
    series.map((one) => [one.name, ...one.values.slice(-2)]),
    [
      ["2.0.0", 6, 7],
      ["1.1.0", 7, 0],
      ["1.0.10", 8, 0],
      ["1.0.9", 9, 0],
      ["other versions", 1, 2],
    ],
  );
});

test("a line of health ends where a device was silent for more than a day", async () => {
  const { healthOf } = await load("devices/health.ts");
  const sample = (start, span_s, more) => ({ start, span_s, uptime_s: 9, resets: 0, ...more });
  const health = healthOf([
    sample(3 * 86400 + 3600, 3600, { heap_bytes: 40, rssi_dbm: -60, resets: 2 }),
    sample(3 * 86400, 3600, { heap_bytes: null, rssi_dbm: -61 }),
    sample(0, 86400, { heap_bytes: 50, rssi_dbm: -62 }),
  ]);
  assert.deepEqual(health.times, [0, 86400, 3 * 86400, 3 * 86400 + 3600]);
  assert.deepEqual(health.heap_bytes, [50, null, null, 40]);
  assert.deepEqual(health.rssi_dbm, [-62, null, -61, -60]);
  assert.deepEqual(health.resets, [0, null, 0, 2]);
});

test("hours of health become days", async () => {
  const { byDay } = await load("devices/health.ts");
  const sample = (start, heap_bytes, resets, uptime_s) => {
    return { start, span_s: 3600, heap_bytes, rssi_dbm: null, resets, uptime_s };
  };
  const day = { span_s: 86400, rssi_dbm: null };
  assert.deepEqual(
    byDay([
      sample(86400 + 7200, 50, 1, 300),
      sample(86400 + 3600, 40, 2, 200),
      sample(82800, null, 0, 100),
    ]),
    [
      { ...day, start: 86400, heap_bytes: 40, resets: 3, uptime_s: 300 },
      { ...day, start: 0, heap_bytes: null, resets: 0, uptime_s: 100 },
    ],
  );
});

test("attributes are numbers where they read as such", async () => {
  const { parseAttributes } = await load("devices/attributes.ts");
  assert.deepEqual(parseAttributes(" floor=3, site = berlin,code=007 ,"), {
    floor: 3,
    site: "berlin",
    code: "007",
  });
  assert.throws(() => parseAttributes("floor"), /no value/);
});

test("a share is whole only where all are meant", async () => {
  const { share } = await load("text.ts");
  const shares = [
    [0, 201],
    [1, 201],
    [30, 201],
    [200, 201],
    [9999, 10_000],
    [201, 201],
  ];
  assert.deepEqual(
    shares.map(([part, whole]) => share(part, whole)),
    ["0 %", "0.5 %", "15 %", "99.5 %", "> 99.9 %", "100 %"],
  );
});

test("routes come back as they were", async () => {
  globalThis.window = { location: { hash: "" } };
  const { link, parseRoute } = await load("route.ts");
  const to = link(["products", "a b/c", "devices"], { filter: 'tag = "x" & y', none: undefined });
  const route = parseRoute(to);
  assert.deepEqual(route.segments, ["products", "a b/c", "devices"]);
  assert.equal(route.query.get("filter"), 'tag = "x" & y');
  assert.deepEqual(parseRoute("#/%E0%A4%A").segments, ["%E0%A4%A"]);
});

test("values are read as devices read them, and refused with their line", async () => {
  const { readJson, readValue, readValues } = await load("configuration/json_reader.ts");
  assert.deepEqual(readValues(' {"a": [1, -20, true, null], "s": "\\u00e4 \\" }", "o": {}}\n'), {
    a: [1, -20, true, null],
    s: 'ä " }',
    o: {},
  });
  for (const [text, refusal] of [
    ["", /^Error: line 1, column 1: expected a value, found the end$/],
    ['{\n  "a": 1\n  "b": 2\n}', /^Error: line 3, column 3: expected a comma or }, found "$/],
    ['{"a": 1,}', /column 9: expected a name in double quotes, found }/],
    ['{"a" 1}', /column 6: expected a colon, found 1/],
    ['{"a": 1.5}', /column 7: numbers are whole/],
    ['{"a": 9007199254740993}', /column 7: the number is too large/],
    ['{"a": 1,\n"a": 2}', /line 2, column 1: "a" is there twice/],
    ['{"a": [[[1]]]}', /column 9: more than 3/],
    ['{"a": "x\n"}', /line 1, column 7: this text has no end/],
    ['{"a": 01}', /expected a comma or }, found 1/],
    ["{} 1", /column 4: expected the end/],
    ["[1]", /one object/],
  ]) {
    assert.throws(() => readValues(text), refusal, text);
  }
  assert.deepEqual(["7", "warm", '"7"', "null", ""].map(readValue), [7, "warm", "7", null, ""]);
  assert.throws(() => readValue("10.0.0.1"), /numbers are whole, and a text/);
  const random = numbers(11);
  const parts = ['{"a":', "[", "]", "}", ",", '"b"', "1", "null", " ", ":"];
  for (let round = 0; round < 5000; round += 1) {
    const text = Array.from({ length: 9 }, () => parts[random.next().value % parts.length]).join(
      "",
    );
    let value;
    try {
      value = readJson(text);
    } catch (error) {
      assert.match(error.message, /^line 1, column \d+: /);
      continue;
    }
    assert.deepEqual(value, JSON.parse(text));
  }
});

test("each value has who decided it", async () => {
  globalThis.window = { location: { hash: "" } };
  const { rowsOf } = await load("configuration/layers.ts");
  const layers = [
    { kind: "group", name: "attics", values: { night: null, lamp: { colour: "warm" } } },
    { kind: "group", name: "kitchens", values: { level: 2, lamp: { colour: "cold" } } },
    { kind: "device", name: "lamp-1", values: { level: 3, wake: null } },
  ];
  const desired = { interval: 9, level: 3, lamp: { colour: "cold", count: 4 } };
  const rows = rowsOf(desired, { interval: 9, level: 2, old: [1] }, layers);
  assert.deepEqual(
    rows.map((row) => [row.path.join("."), row.desired, row.reported, row.by?.name]),
    [
      ["interval", 9, 9, undefined],
      ["level", 3, 2, "lamp-1"],
      ["lamp.colour", "cold", undefined, "kitchens"],
      ["lamp.count", 4, undefined, undefined],
      ["old", undefined, [1], undefined],
      ["night", undefined, undefined, "attics"],
      ["wake", undefined, undefined, "lamp-1"],
    ],
  );
});

test("a value is set in a patch, and taken out of it", async () => {
  const { withValue, withoutValue } = await load("configuration/layers.ts");
  const patch = withValue({ a: 1, b: { c: 2 } }, ["b", "d", "e"], 3);
  assert.deepEqual(patch, { a: 1, b: { c: 2, d: { e: 3 } } });
  assert.deepEqual(withValue(patch, ["a", "x"], null), { a: { x: null }, b: patch.b });
  assert.deepEqual(withoutValue(patch, ["b", "d", "e"]), { a: 1, b: { c: 2 } });
  assert.deepEqual(withoutValue({ b: { d: { e: 3 } } }, ["b", "d", "e"]), {});
  assert.deepEqual(withoutValue(patch, ["none", "x"]), patch);
  assert.ok(Object.hasOwn(withValue({}, ["__proto__"], 1), "__proto__"));
});
