// What one can have a device do at its next check-in.
import { useState } from "preact/hooks";
import { api } from "../api/client";
import type { Device } from "../api/words";
import { useDeed } from "../load";
import { Dialog } from "../parts/dialog";
import { ErrorNotice } from "../parts/notice";
import { Card } from "../parts/page";
import { Time } from "../parts/time";
import { useMay } from "../session";
import { words } from "../text";

type Command = NonNullable<Device["command"]>;

const kTexts: Record<Command, { button: string; what: string }> = {
  check_now: { button: "Check again soon", what: "It comes back after a minute." },
  reboot: { button: "Restart", what: "It starts anew, once it has run for a minute." },
  rollback: {
    button: "Roll back",
    what: "It goes back to the image before, without a download. What it runs now counts as rolled back.",
  },
  send_logs: { button: "Send its log", what: "It sends the last lines of its log." },
};

function Waiting({ device, reload }: { device: Device; reload: () => void }) {
  const deed = useDeed();
  const may = useMay("operator");
  const withdraw = () =>
    deed.run(async () => {
      await api.delete("/api/v1/devices/{device}/command", { path: { device: device.id } });
      reload();
    });
  return (
    <>
      <p>
        <strong>{words(device.command ?? "")}</strong>: asked <Time at={device.command_requested} />
        ,{" "}
        {device.command_told === null ? (
          "waits for the next check-in"
        ) : (
          <>
            told <Time at={device.command_told} />
          </>
        )}
        .
      </p>
      <ErrorNotice error={deed.error} />
      {may && (
        <div>
          <button type="button" disabled={deed.isBusy} onClick={withdraw}>
            Withdraw
          </button>
        </div>
      )}
    </>
  );
}

export function CommandCard({ device, reload }: { device: Device; reload: () => void }) {
  const [asked, setAsked] = useState<Command | null>(null);
  const may = useMay("operator");
  const canObey = device.standing === "enrolled";
  return (
    <Card title="Commands">
      <div class="stack">
        {device.command !== null ? (
          <Waiting device={device} reload={reload} />
        ) : (
          <p class="soft">
            {canObey
              ? "None waits. A device learns of a command at its next check-in."
              : "A device obeys once it has a key of its own: it has to be enrolled."}
          </p>
        )}
        {may && canObey && (
          <div class="row">
            {(Object.keys(kTexts) as Command[]).map((command) => (
              <button type="button" key={command} onClick={() => setAsked(command)}>
                {kTexts[command].button}
              </button>
            ))}
          </div>
        )}
      </div>
      {asked !== null && (
        <Dialog
          title={`${kTexts[asked].button}: ${device.id}?`}
          confirm={kTexts[asked].button}
          isDanger={asked === "rollback"}
          onClose={() => setAsked(null)}
          onConfirm={async () => {
            await api.post("/api/v1/devices/{device}/command", {
              path: { device: device.id },
              body: { command: asked },
            });
            reload();
          }}
        >
          <p>{kTexts[asked].what}</p>
        </Dialog>
      )}
    </Card>
  );
}
