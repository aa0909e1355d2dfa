// One device: first why it runs what it runs, then what is known of it and what one can do with it.
import { useState } from "preact/hooks";
import { api } from "../api/client";
import type { Device } from "../api/words";
import { useReloadOn } from "../live";
import { useLoad } from "../load";
import { Word } from "../parts/badge";
import { Dialog } from "../parts/dialog";
import { Card, Facts, Page, Ready } from "../parts/page";
import { Time } from "../parts/time";
import { link, type Route } from "../route";
import { useMay } from "../session";
import { bytes, chipName, revisionName, words } from "../text";
import { CommandCard } from "./command_card";
import { ConfigurationCard } from "./configuration_card";
import { DumpsCard } from "./dumps_card";
import { ExplainCard, readExplanation } from "./explain_card";
import { HealthCard } from "./health_card";
import { HistoryCard } from "./history_card";
import { LabelsCard } from "./labels_card";
import { LogCard } from "./log_card";

function Identity({ device }: { device: Device }) {
  return (
    <Card title="What is known of it">
      <Facts
        rows={[
          ["Runs", device.version ?? "not known yet"],
          ["Boot state", <Word key="boot" word={device.boot_state} none="not stated" />],
          [
            "Latest update",
            <span key="update">
              <Word word={device.outcome} none="none yet" /> {device.outcome_version}
            </span>,
          ],
          ["Error", device.error === null ? "none" : words(device.error)],
          ["Last seen", <Time key="seen" at={device.last_seen} />],
          ["Known since", <Time key="created" at={device.created} />],
          [
            "Chip",
            `${chipName(device.chip)}${
              device.revision === null ? "" : `, ${revisionName(device.revision)}`
            }`,
          ],
          ["Update slot", device.slot_bytes === 0 ? "not stated" : bytes(device.slot_bytes)],
          ["Standing", <Word key="standing" word={device.standing} />],
          ["Key epoch", device.key_epoch],
          ["Root metadata", device.root === 0 ? "none" : `version ${device.root}`],
          ["Trust", device.trust === 0 ? "none" : `version ${device.trust}`],
        ]}
      />
    </Card>
  );
}

function Standing({ device, reload }: { device: Device; reload: () => void }) {
  const [asked, setAsked] = useState<"allowed" | "revoked" | null>(null);
  if (!useMay("operator")) return null;
  const isOut = device.standing === "revoked" || device.standing === "pending";
  return (
    <>
      {isOut && (
        <button type="button" class="main" onClick={() => setAsked("allowed")}>
          Let it in
        </button>
      )}
      {device.standing !== "revoked" && (
        <button type="button" class="danger" onClick={() => setAsked("revoked")}>
          Shut it out
        </button>
      )}
      {asked !== null && (
        <Dialog
          title={asked === "allowed" ? `Let ${device.id} in?` : `Shut ${device.id} out?`}
          confirm={asked === "allowed" ? "Let it in" : "Shut it out"}
          isDanger={asked === "revoked"}
          onClose={() => setAsked(null)}
          onConfirm={async () => {
            await api.patch("/api/v1/devices/{device}", {
              path: { device: device.id },
              body: { standing: asked },
            });
            reload();
          }}
        >
          <p>
            {asked === "allowed"
              ? "It gets a key of its own when it asks next, and updates with it."
              : "From its next request on its key opens nothing: no update and no report."}
          </p>
        </Dialog>
      )}
    </>
  );
}

export function DevicePage({ device: id, route }: { device: string; route: Route }) {
  const device = useLoad(
    (signal) => api.get("/api/v1/devices/{device}", { path: { device: id }, signal }),
    [id],
  );
  const explanation = useLoad((signal) => readExplanation(id, signal), [id]);
  const product = device.data?.product ?? null;
  const reload = () => {
    device.reload();
    explanation.reload();
  };
  useReloadOn(["report", "seen", "log", "standing", "rollout", "release"], product, reload, {
    device: id,
  });
  const crumb = product;
  return (
    <Page
      title={id}
      {...(crumb !== null && {
        crumb: { text: `Devices of ${crumb}`, to: link(["products", crumb, "devices"]) },
      })}
      actions={device.data !== null && <Standing device={device.data} reload={reload} />}
    >
      {device.data !== null && <ExplainCard explanation={explanation} device={device.data} />}
      <Ready loaded={{ ...device, reload }}>
        {(shown) => (
          <>
            <Identity device={shown} />
            <HealthCard device={shown} />
            <div class="columns">
              <CommandCard device={shown} reload={reload} />
              <LabelsCard device={shown} reload={reload} />
            </div>
            <ConfigurationCard device={shown} />
            <LogCard device={shown} reload={reload} />
            <DumpsCard device={shown} />
            <HistoryCard device={id} product={shown.product} route={route} />
          </>
        )}
      </Ready>
    </Page>
  );
}
