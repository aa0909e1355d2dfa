// Publish: drop a .bin, see what it says of itself, sign it here, and it is a release.
import { useEffect, useState } from "preact/hooks";
import { api, send } from "../api/client";
import type { ShownProduct } from "../api/words";
import { useDeed, useLoad } from "../load";
import { Sign } from "../parts/badge";
import { TextField } from "../parts/field";
import { ErrorNotice, Notice } from "../parts/notice";
import { Card, Facts, Page, Ready } from "../parts/page";
import { go, link } from "../route";
import { useMay } from "../session";
import { bytes, chipName } from "../text";
import { type EspImage, hex, readEspImage, sha256 } from "./esp_image";
import { FileDrop } from "./file_drop";
import { buildManifest } from "./manifest";
import { type Check, preflight } from "./preflight";
import { readSigningKey, type SigningKey, signManifest } from "./signing";

interface Chosen {
  name: string;
  bytes: Uint8Array<ArrayBuffer>;
  image: EspImage;
}

const kChannel = "stable";

async function readFile(file: File): Promise<Chosen> {
  const content = new Uint8Array(await file.arrayBuffer());
  return { name: file.name, bytes: content, image: await readEspImage(content) };
}

function revisions({ revisionLowest, revisionHighest }: EspImage): string {
  const name = (value: number) => `v${Math.floor(value / 100)}.${value % 100}`;
  if (revisionHighest === 65535) return `from ${name(revisionLowest)} on`;
  return `${name(revisionLowest)} to ${name(revisionHighest)}`;
}

function ImageCard({ chosen, onOther }: { chosen: Chosen; onOther: () => void }) {
  const { image } = chosen;
  return (
    <Card
      title="What the image says of itself"
      aside={
        <button type="button" class="plain" onClick={onOther}>
          Choose another file
        </button>
      }
    >
      <Facts
        rows={[
          ["File", chosen.name],
          ["Size", bytes(chosen.bytes.length)],
          ["Project", image.marker?.product ?? image.project],
          ["Version", image.marker?.version ?? image.version],
          ["Chip", chipName(image.chip)],
          ["Chip revisions", revisions(image)],
          ["Built", image.built || "not stated"],
          ["ESP-IDF", image.idfVersion || "not stated"],
          ["Security version", image.secureVersion],
          ["ELF SHA-256", <code key="elf">{image.elfSha256.slice(0, 16)}…</code>],
        ]}
      />
    </Card>
  );
}

function Checks({ checks }: { checks: Check[] }) {
  return (
    <ul class="reasons">
      {checks.map((check) => (
        <li class="reason" key={check.text}>
          <span class={`reason-sign ${check.tone}`}>
            <Sign tone={check.tone} />
            <span class="unseen">{check.tone === "bad" ? "Not in order:" : ""}</span>
          </span>
          <span>{check.text}</span>
        </li>
      ))}
    </ul>
  );
}

function KeyChoice({ onKey }: { onKey: (key: SigningKey | null) => void }) {
  const deed = useDeed();
  const [name, setName] = useState("");
  const keys = useLoad((signal) => api.get("/api/v1/keys/release", { signal }), []);
  const take = (file: File) =>
    deed.run(async () => {
      onKey(null);
      setName("");
      const key = await readSigningKey(await file.text());
      if (!keys.data?.keys.some((one) => one.keyid === key.id)) {
        throw new Error(`The server has no release key ${key.id}: register it first.`);
      }
      setName(`${file.name}, key ${key.id}`);
      onKey(key);
    });
  return (
    <div class="field">
      <label for="key-file">Release key</label>
      <input
        id="key-file"
        type="file"
        aria-describedby="key-hint"
        onChange={(event) => {
          const file = event.currentTarget.files?.[0];
          if (file !== undefined) void take(file);
        }}
      />
      <span class="hint" id="key-hint">
        {name === ""
          ? "Such as release-1.pem. It is read in this browser and sent nowhere."
          : `Signs with ${name}.`}
      </span>
      <ErrorNotice error={deed.error} />
    </div>
  );
}

interface Wishes {
  product: ShownProduct;
  chosen: Chosen;
  version: string;
  notes: string;
  isStaged: boolean;
}

async function publish(wishes: Wishes, key: SigningKey) {
  const { product, chosen, version } = wishes;
  const manifest = await buildManifest(chosen.image, chosen.bytes, {
    product: product.name,
    channel: kChannel,
    version,
    sequence: product.next_sequence,
    created: Math.floor(Date.now() / 1000),
    allowDowngrade: false,
  });
  const envelope = await signManifest(manifest, key);
  await send(`/api/v1/blobs/${hex(await sha256(chosen.bytes))}`, {
    method: "PUT",
    headers: { "Content-Type": "application/octet-stream" },
    body: chosen.bytes,
  });
  const staged = wishes.isStaged ? { staged: true } : {};
  await api.post("/api/v1/releases", { body: { envelope, notes: wishes.notes, ...staged } });
}

function command(wishes: Wishes): string {
  const parts = [`otter publish ${wishes.chosen.name} --product ${wishes.product.name}`];
  parts.push(`--version ${wishes.version || "VERSION"}`);
  if (wishes.isStaged && !wishes.product.staged) parts.push("--staged");
  return parts.join(" ");
}

function ReleaseForm({ product, chosen }: { product: ShownProduct; chosen: Chosen }) {
  const { image } = chosen;
  const [version, setVersion] = useState(image.marker?.version ?? image.version);
  const [notes, setNotes] = useState("");
  const [isStaged, setStaged] = useState(true);
  const [key, setKey] = useState<SigningKey | null>(null);
  const [checks, setChecks] = useState<Check[]>([]);
  const deed = useDeed();
  useEffect(() => {
    let isLate = false;
    void preflight(image, chosen.bytes.length, product, version).then((found) => {
      if (!isLate) setChecks(found);
    });
    return () => {
      isLate = true;
    };
  }, [image, chosen, product, version]);
  const isBlocked = checks.some((check) => check.tone === "bad");
  const wishes = { product, chosen, version, notes, isStaged: isStaged || product.staged };
  const submit = (event: Event) => {
    event.preventDefault();
    if (key === null) return;
    void deed.run(async () => {
      await publish(wishes, key);
      const query = { version };
      go(
        wishes.isStaged
          ? link(["products", product.name, "start"], query)
          : link(["products", product.name, "releases", version]),
      );
    });
  };
  return (
    <form class="stack" onSubmit={submit}>
      <Card title="Before anything is sent">
        <Checks checks={checks} />
      </Card>
      <Card title="The release">
        <div class="stack form">
          <TextField label="Version" value={version} onValue={setVersion} required />
          <div class="field">
            <label for="notes">Notes</label>
            <textarea
              id="notes"
              rows={3}
              maxLength={8192}
              value={notes}
              onInput={(event) => setNotes(event.currentTarget.value)}
            />
          </div>
          <label class="check">
            <input
              type="checkbox"
              checked={wishes.isStaged}
              disabled={product.staged}
              onChange={(event) => setStaged(event.currentTarget.checked)}
            />
            <span>
              Offer it by a rollout alone, in stages
              <span class="hint small soft">
                {product.staged
                  ? " – all releases of this product are"
                  : " – else every device is offered it at its next check-in"}
              </span>
            </span>
          </label>
          <KeyChoice onKey={setKey} />
          <ErrorNotice error={deed.error} />
          <div>
            <button class="main" type="submit" disabled={key === null || isBlocked || deed.isBusy}>
              {deed.isBusy ? "Publishing" : "Sign and publish"}
            </button>
          </div>
          <details class="small">
            <summary>Sign on the command line instead</summary>
            <p class="soft">Where the key lies, in a terminal:</p>
            <pre>{command(wishes)}</pre>
          </details>
        </div>
      </Card>
    </form>
  );
}

export function PublishPage({ product: name }: { product: string }) {
  const product = useLoad(
    (signal) => api.get("/api/v1/products/{product}", { path: { product: name }, signal }),
    [name],
  );
  const [chosen, setChosen] = useState<Chosen | null>(null);
  const deed = useDeed();
  const may = useMay("publisher");
  const take = (file: File) => deed.run(async () => setChosen(await readFile(file)));
  return (
    <Page
      title="Publish a release"
      crumb={{ text: "Releases", to: link(["products", name, "releases"]) }}
    >
      {!may && (
        <Notice tone="warn">
          <strong>Your account may not publish</strong>
          <span>That needs the role publisher. You can look at an image here all the same.</span>
        </Notice>
      )}
      {chosen === null ? (
        <Card>
          <FileDrop
            id="image-file"
            label="Drop the application image here"
            hint="Such as build/firmware.bin of ESP-IDF, or .pio/build/…/firmware.bin of PlatformIO. It is read in this browser; nothing is sent before you publish."
            accept=".bin"
            onFile={take}
          />
        </Card>
      ) : (
        <ImageCard chosen={chosen} onOther={() => setChosen(null)} />
      )}
      <ErrorNotice error={deed.error} />
      {chosen !== null && (
        <Ready loaded={product}>
          {(shown) =>
            may ? <ReleaseForm product={shown} chosen={chosen} key={chosen.name} /> : null
          }
        </Ready>
      )}
    </Page>
  );
}
