// Flash a board: bootloader, partition table, firmware and its own credentials, over USB, without
// installing anything.
import { useState } from "preact/hooks";
import { api } from "../api/client";
import { useDeed, useLoad } from "../load";
import { SelectField, TextField } from "../parts/field";
import { Empty, ErrorNotice, Notice } from "../parts/notice";
import { Card, Page } from "../parts/page";
import { link } from "../route";
import { useMay } from "../session";
import { bytes, chipName } from "../text";
import { checkSettings, nvsItemsOf } from "./board_settings";
import { esptoolCommand, type FlashFile, type FlashPlan, planFlash, withNvs } from "./flash_plan";
import type { Board, Watcher } from "./flasher";
import { writeNvsImage } from "./nvs_image";

interface Wishes {
  isEnrolled: boolean; // it gets credentials of its own
  deviceId: string;
  product: string;
  host: string;
  port: string;
  authority: string;
  wifiName: string;
  wifiPassword: string;
}

async function readFiles(list: FileList): Promise<FlashPlan> {
  const given = await Promise.all(
    [...list].map(async (file) => ({
      name: file.name,
      bytes: new Uint8Array(await file.arrayBuffer()),
    })),
  );
  return planFlash(given);
}

function PlanTable({ plan }: { plan: FlashPlan }) {
  return (
    <Card title={`For ${chipName(plan.chip)}`} aside="told by their content" flush>
      <table class="cards">
        <thead>
          <tr>
            <th scope="col">File</th>
            <th scope="col">What it is</th>
            <th scope="col" class="number">
              Where
            </th>
            <th scope="col" class="number">
              Size
            </th>
          </tr>
        </thead>
        <tbody>
          {plan.files.map((file) => (
            <tr key={file.name}>
              <td data-label="File">{file.name}</td>
              <td data-label="What it is">{file.kind}</td>
              <td data-label="Where" class="number">
                <code>0x{file.offset.toString(16)}</code>
              </td>
              <td data-label="Size" class="number">
                {bytes(file.bytes.length)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Card>
  );
}

async function readAuthority(file: File | undefined): Promise<string> {
  return file === undefined ? "" : file.text();
}

function Settings(of: { wishes: Wishes; set: (change: Partial<Wishes>) => void }) {
  const { wishes, set } = of;
  const products = useLoad(
    (signal) => api.get("/api/v1/products", { query: { limit: 1000 }, signal }),
    [],
  );
  const names = products.data?.products.map((one) => one.name) ?? [];
  if (wishes.product === "" && names[0] !== undefined) set({ product: names[0] });
  return (
    <div class="stack form">
      <SelectField
        label="Product"
        value={wishes.product}
        options={names.map((name) => [name, name])}
        onValue={(product) => set({ product })}
      />
      <TextField
        label="Device id"
        hint="What the fleet calls this board. It must be new."
        value={wishes.deviceId}
        onValue={(deviceId) => set({ deviceId })}
        required
      />
      <TextField
        label="Server, as the board reaches it"
        value={wishes.host}
        onValue={(host) => set({ host })}
        required
      />
      <TextField
        label="Port"
        type="number"
        value={wishes.port}
        onValue={(port) => set({ port })}
        required
      />
      <div class="field">
        <label for="authority">Authority to trust</label>
        <input
          id="authority"
          type="file"
          aria-describedby="authority-hint"
          onChange={(event) => {
            void readAuthority(event.currentTarget.files?.[0]).then((authority) =>
              set({ authority }),
            );
          }}
        />
        <span class="hint" id="authority-hint">
          Such as otter-data/certs/ca.crt. None: the one that the firmware was built with.
        </span>
      </div>
      <TextField
        label="Wi-Fi"
        hint="Empty: the one that the firmware was built with."
        value={wishes.wifiName}
        onValue={(wifiName) => set({ wifiName })}
      />
      <TextField
        label="Wi-Fi password"
        type="password"
        hint="It is written to the board, and sent nowhere."
        value={wishes.wifiPassword}
        onValue={(wifiPassword) => set({ wifiPassword })}
      />
    </div>
  );
}

// Enrols the board, and gives what is to be written: the files, and its own settings.
async function enrol(plan: FlashPlan, wishes: Wishes): Promise<FlashFile[]> {
  if (!wishes.isEnrolled) return plan.files;
  if (plan.nvs === null) throw new Error("The partition table has no partition nvs.");
  const settings = {
    deviceId: wishes.deviceId,
    product: wishes.product,
    host: wishes.host,
    port: Number(wishes.port),
    authority: wishes.authority,
    key: { epoch: 0, secret: new Uint8Array(32) },
    wifiName: wishes.wifiName,
    wifiPassword: wishes.wifiPassword,
  };
  checkSettings(settings);
  writeNvsImage("otter", nvsItemsOf(settings), plan.nvs.size); // does it fit, before it is enrolled?
  const made = await api.post("/api/v1/devices", {
    body: { id: wishes.deviceId, product: wishes.product, chip: plan.chip },
  });
  const secret = Uint8Array.from(atob(made.device_key), (letter) => letter.charCodeAt(0));
  const key = { epoch: made.epoch, secret };
  return withNvs(plan, writeNvsImage("otter", nvsItemsOf({ ...settings, key }), plan.nvs.size));
}

async function flash(plan: FlashPlan, wishes: Wishes, watcher: Watcher): Promise<void> {
  const port = await navigator.serial.requestPort();
  const { Board } = await import("./flasher");
  const board: Board = await Board.connect(port, watcher);
  try {
    watcher.say(`The board is an ${chipName(board.chip)}, ${board.mac}`);
    if (board.chip !== plan.chip) {
      throw new Error(
        `The files are for ${chipName(plan.chip)}, but the board is an ${chipName(board.chip)}.`,
      );
    }
    await board.write(await enrol(plan, wishes), watcher);
    await board.restart();
  } catch (cause) {
    await board.leave();
    throw cause;
  }
}

function Progress({ done }: { done: Map<string, number> }) {
  return (
    <ul class="stack">
      {[...done].map(([name, part]) => (
        <li key={name}>
          <label class="field">
            <span class="row spread">
              <span>{name}</span>
              <span class="soft small">{Math.round(100 * part)} %</span>
            </span>
            <progress value={part} max={1} />
          </label>
        </li>
      ))}
    </ul>
  );
}

function Work({ plan, wishes }: { plan: FlashPlan; wishes: Wishes }) {
  const [lines, setLines] = useState<string[]>([]);
  const [done, setDone] = useState(new Map<string, number>());
  const [isDone, setIsDone] = useState(false);
  const deed = useDeed();
  const begin = async () => {
    setLines([]);
    setDone(new Map());
    setIsDone(false);
    const well = await deed.run(() =>
      flash(plan, wishes, {
        say: (line) => setLines((old) => [...old, line]),
        progress: (file, part) => setDone((old) => new Map(old).set(file.name, part)),
      }),
    );
    setIsDone(well);
  };
  return (
    <Card title="Write it to the board">
      <div class="stack">
        <div class="row">
          <button class="main" type="button" disabled={deed.isBusy} onClick={begin}>
            {deed.isBusy ? "Writing" : "Choose the board and flash it"}
          </button>
          <span class="small soft">Keep this page open until it is done.</span>
        </div>
        <Progress done={done} />
        <ErrorNotice error={deed.error} />
        {isDone && (
          <div role="status">
            <Notice tone="good">
              <strong>It is written, read back and started</strong>
              <span>
                {wishes.isEnrolled ? (
                  <>
                    <a href={link(["devices", wishes.deviceId])}>{wishes.deviceId}</a> is in the
                    fleet with its first check-in.
                  </>
                ) : (
                  "It appears in the fleet with its first check-in."
                )}
              </span>
            </Notice>
          </div>
        )}
        {lines.length > 0 && (
          <details>
            <summary>What the board said</summary>
            <pre>{lines.join("\n")}</pre>
          </details>
        )}
      </div>
    </Card>
  );
}

function NoSerial({ plan }: { plan: FlashPlan | null }) {
  return (
    <Notice tone="warn">
      <strong>This browser can't reach a board on USB</strong>
      <span>
        Chrome, Edge and Opera on a computer can (Web Serial). Elsewhere use Espressif's own tool,
        with the files of your build folder:
      </span>
      <pre>
        {plan === null ? "esptool write-flash 0x0 firmware.factory.bin" : esptoolCommand(plan)}
      </pre>
    </Notice>
  );
}

export function FlashPage() {
  const mayEnrol = useMay("admin");
  const [plan, setPlan] = useState<FlashPlan | null>(null);
  const [wishes, setWishes] = useState<Wishes>({
    isEnrolled: mayEnrol,
    deviceId: "",
    product: "",
    host: window.location.hostname,
    port: window.location.port || "443",
    authority: "",
    wifiName: "",
    wifiPassword: "",
  });
  const set = (change: Partial<Wishes>) => setWishes((old) => ({ ...old, ...change }));
  const deed = useDeed();
  const hasSerial = "serial" in navigator;
  const take = (list: FileList) =>
    deed.run(async () => {
      setPlan(null);
      setPlan(await readFiles(list));
    });
  return (
    <Page
      title="Flash a board"
      lead="The first flash, over USB: bootloader, partition table, firmware and this board's own settings."
    >
      {!hasSerial && <NoSerial plan={plan} />}
      <Card title="Files">
        <div class="field">
          <label for="flash-files">What your build has left</label>
          <input
            id="flash-files"
            type="file"
            multiple
            accept=".bin"
            aria-describedby="flash-files-hint"
            onChange={(event) => {
              const list = event.currentTarget.files;
              if (list !== null && list.length > 0) void take(list);
            }}
          />
          <span class="hint" id="flash-files-hint">
            Either firmware.factory.bin alone, or all of bootloader.bin, partitions.bin,
            ota_data_initial.bin and firmware.bin. They stay in this browser.
          </span>
        </div>
        <ErrorNotice error={deed.error} />
      </Card>
      {plan === null ? (
        <Card>
          <Empty title="Choose the files first">
            <p>They say which chip they are for, and where the board's settings go.</p>
          </Empty>
        </Card>
      ) : (
        <>
          <PlanTable plan={plan} />
          <Card title="This board's own settings">
            <div class="stack">
              <label class="check">
                <input
                  type="checkbox"
                  checked={wishes.isEnrolled}
                  disabled={!mayEnrol}
                  onChange={(event) => set({ isEnrolled: event.currentTarget.checked })}
                />
                <span>
                  Enrol it, and write its key and settings
                  <span class="small soft block">
                    {mayEnrol
                      ? "Else the board keeps what its NVS has, and enrols by itself if it has a product's key."
                      : "That needs the role admin. Without it the board keeps what its NVS has."}
                  </span>
                </span>
              </label>
              {wishes.isEnrolled && <Settings wishes={wishes} set={set} />}
            </div>
          </Card>
          {hasSerial && <Work plan={plan} wishes={wishes} />}
        </>
      )}
    </Page>
  );
}
