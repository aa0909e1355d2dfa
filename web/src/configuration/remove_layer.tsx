// Takes away all that a group or a device has of its own, once it is confirmed.
import { useState } from "preact/hooks";
import { Dialog } from "../parts/dialog";
import { type Owner, removeLayer } from "./layer_requests";

export function RemoveLayer({
  owner,
  label,
  reload,
}: {
  owner: Owner;
  label: string;
  reload: () => void;
}) {
  const [isAsked, setAsked] = useState(false);
  return (
    <>
      <button type="button" class="danger" onClick={() => setAsked(true)}>
        {label}
      </button>
      {isAsked && (
        <Dialog
          title={`Remove the values of ${owner.kind} ${owner.name}?`}
          confirm="Remove the values"
          isDanger
          onClose={() => setAsked(false)}
          onConfirm={async () => {
            await removeLayer(owner);
            reload();
          }}
        >
          <p>
            {owner.kind === "group" ? "Its devices go" : "It goes"} back to what is set below its
            values, at the next check-in.
          </p>
        </Dialog>
      )}
    </>
  );
}
