// What one can do with a rollout, and the question before it is done.
import { useState } from "preact/hooks";
import { api } from "../api/client";
import type { Rollout } from "../api/words";
import { Dialog } from "../parts/dialog";
import { TextField } from "../parts/field";
import { useMay, useSession } from "../session";
import { type Action, actionsIn } from "./plan";

interface Words {
  button: string;
  what: string;
  isDanger?: boolean;
  isMain?: boolean;
  asksWhy?: boolean;
}

const kWords: Record<Action, Words> = {
  approve: {
    button: "Approve",
    what: "The rollout begins: its first devices are offered the release at their next check-in.",
    isMain: true,
  },
  pause: {
    button: "Pause",
    what: "No device is offered it until it is resumed. Who is at it ends.",
  },
  resume: {
    button: "Resume",
    what: "It goes on where it stood. If a gate halted it, the gate looks again at once: loosen it first, or it halts again.",
  },
  halt: {
    button: "Halt",
    what: "No device is offered it any more. Its devices become free for another rollout.",
    isDanger: true,
    asksWhy: true,
  },
  advance: {
    button: "Next stage now",
    what: "The next stage begins without waiting for the gates.",
  },
  abort: {
    button: "Abort",
    what: "It ends here. Devices that have the release keep it.",
    isDanger: true,
  },
  take_back: {
    button: "Take the release back",
    what: "Devices that confirmed the release are told to go back to what ran before, without a download. No further device is offered it.",
    isDanger: true,
    asksWhy: true,
  },
};

export function Actions({ rollout, reload }: { rollout: Rollout; reload: () => void }) {
  const [asked, setAsked] = useState<Action | null>(null);
  const [reason, setReason] = useState("");
  const session = useSession();
  const may = useMay("operator");
  if (!may) return null;
  const isOwn = rollout.created_by === session.account;
  const actions = actionsIn(rollout).filter((action) => action !== "approve" || !isOwn);
  const words = asked === null ? null : kWords[asked];
  return (
    <>
      {actions.map((action) => (
        <button
          type="button"
          key={action}
          class={kWords[action].isMain ? "main" : kWords[action].isDanger ? "danger" : ""}
          onClick={() => setAsked(action)}
        >
          {kWords[action].button}
        </button>
      ))}
      {asked !== null && words !== null && (
        <Dialog
          title={`${words.button}: rollout ${rollout.name}?`}
          confirm={words.button}
          isDanger={words.isDanger ?? false}
          onClose={() => setAsked(null)}
          onConfirm={async () => {
            await api.patch("/api/v1/products/{product}/rollouts/{rollout}", {
              path: { product: rollout.product, rollout: rollout.name },
              body: { action: asked, ...(words.asksWhy && reason !== "" && { reason }) },
            });
            reload();
          }}
        >
          <p>{words.what}</p>
          {words.asksWhy && (
            <TextField
              label="Why"
              hint="Shown with the rollout, and kept in the audit log. May be empty."
              value={reason}
              onValue={setReason}
            />
          )}
        </Dialog>
      )}
    </>
  );
}
