// What crashes of a device have left: which task stopped where, and the dump itself.
import { api } from "../api/client";
import type { CoreDump, Device } from "../api/words";
import { useReloadOn } from "../live";
import { useLoad } from "../load";
import { Card, Ready } from "../parts/page";
import { Time } from "../parts/time";
import { useMay } from "../session";
import { bytes } from "../text";

function address(value: number): string {
  return `0x${value.toString(16).padStart(8, "0")}`;
}

function Row({ device, dump, mayGet }: { device: string; dump: CoreDump; mayGet: boolean }) {
  const { crash, sha256 } = dump;
  const path = `/api/v1/devices/${encodeURIComponent(device)}/coredumps/${sha256}`;
  return (
    <tr>
      <td data-label="Received">
        <Time at={dump.received} />
      </td>
      <td data-label="Release">{dump.version ?? <span class="soft">none of the server's</span>}</td>
      <td data-label="Task">{crash?.task ?? <span class="soft">unknown</span>}</td>
      <td data-label="Stopped at">
        {crash === null ? <span class="soft">unknown</span> : <code>{address(crash.pc)}</code>}
      </td>
      <td data-label="Reason">{crash?.reason ?? <span class="soft">none was given</span>}</td>
      <td data-label="Dump">
        {mayGet ? (
          <a href={path} download={`${device}-${sha256.slice(0, 12)}.coredump`}>
            Download<span class="unseen"> the dump of {crash?.task ?? "an unknown task"}</span>,{" "}
            {bytes(dump.size)}
          </a>
        ) : (
          bytes(dump.size)
        )}
      </td>
    </tr>
  );
}

function Table({ device, dumps }: { device: string; dumps: CoreDump[] }) {
  const mayGet = useMay("operator");
  return (
    <>
      <table class="cards">
        <thead>
          <tr>
            {["Received", "Release", "Task", "Stopped at", "Reason", "Dump"].map((head) => (
              <th scope="col" key={head}>
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {dumps.map((dump) => (
            <Row key={dump.sha256} device={device} dump={dump} mayGet={mayGet} />
          ))}
        </tbody>
      </table>
      <p class="card-foot small soft">
        With the build's ELF file, function and line:{" "}
        <code>otter device coredump show {device} --elf firmware.elf</code>
      </p>
    </>
  );
}

export function DumpsCard({ device }: { device: Device }) {
  const dumps = useLoad(
    (signal) =>
      api.get("/api/v1/devices/{device}/coredumps", { path: { device: device.id }, signal }),
    [device.id],
  );
  useReloadOn(["seen", "dump"], device.product, dumps.reload, { device: device.id });
  return (
    <Card title="Core dumps" aside="what crashes have left, three at most" flush>
      <Ready loaded={dumps}>
        {({ coredumps: list }) =>
          list.length === 0 ? (
            <p class="soft card-note">
              No core dump. After a crash a device sends what its panic handler has kept.
            </p>
          ) : (
            <Table device={device.id} dumps={list} />
          )
        }
      </Ready>
    </Card>
  );
}
