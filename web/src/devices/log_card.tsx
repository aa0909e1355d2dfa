// The log lines that a device has sent when it was asked, the newest first.
import { useState } from "preact/hooks";
import { api } from "../api/client";
import type { Device, DeviceLog } from "../api/words";
import { useReloadOn } from "../live";
import { useDeed, useLoad } from "../load";
import { SelectField } from "../parts/field";
import { ErrorNotice } from "../parts/notice";
import { Card, Ready } from "../parts/page";
import { Scroll } from "../parts/scroll";
import { Time } from "../parts/time";
import { useMay } from "../session";
import { dateTime } from "../text";

// A command takes the place of one that waits, so it is asked for only while none does.
function Ask({ device, reload }: { device: Device; reload: () => void }) {
  const deed = useDeed();
  if (device.command === "send_logs") {
    return (
      <span>
        Asked <Time at={device.command_requested} />; it comes with a check-in
      </span>
    );
  }
  const ask = () =>
    deed.run(async () => {
      await api.post("/api/v1/devices/{device}/command", {
        path: { device: device.id },
        body: { command: "send_logs" },
      });
      reload();
    });
  return (
    <>
      <button type="button" disabled={deed.isBusy || device.command !== null} onClick={ask}>
        Ask for its log
      </button>
      <ErrorNotice error={deed.error} />
    </>
  );
}

function Log({ log }: { log: DeviceLog }) {
  const text = log.text.trimEnd();
  return (
    <Scroll label="Log lines">
      <pre>{text === "" ? "It keeps no log: log_size_bytes is 0." : text}</pre>
    </Scroll>
  );
}

function Logs({ logs }: { logs: DeviceLog[] }) {
  const [chosen, choose] = useState(0);
  const log = logs[chosen] ?? logs[0];
  if (log === undefined) {
    return (
      <p class="soft">
        No log yet. A device sends the last lines of its log at its next check-in, when it is asked.
      </p>
    );
  }
  return (
    <>
      {logs.length > 1 && (
        <div class="narrow">
          <SelectField
            label="Received"
            value={String(logs.indexOf(log))}
            options={logs.map(({ received }, index) => [String(index), dateTime(received)])}
            onValue={(index) => choose(Number(index))}
          />
        </div>
      )}
      <p class="small soft">
        Received <Time at={log.received} />, of version {log.version ?? "unknown"}. Each line:
        seconds since the start, E for an error or I, what happened.
      </p>
      <Log log={log} />
    </>
  );
}

export function LogCard({ device, reload }: { device: Device; reload: () => void }) {
  const logs = useLoad(
    (signal) => api.get("/api/v1/devices/{device}/logs", { path: { device: device.id }, signal }),
    [device.id],
  );
  useReloadOn(["seen", "log"], device.product, logs.reload, { device: device.id });
  const may = useMay("operator") && device.standing === "enrolled";
  return (
    <Card title="Log" aside={may && <Ask device={device} reload={reload} />}>
      <Ready loaded={logs}>
        {({ logs: list }) => (
          <div class="stack">
            <Logs logs={list} />
          </div>
        )}
      </Ready>
    </Card>
  );
}
