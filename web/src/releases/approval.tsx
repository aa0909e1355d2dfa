// A second account lets a release out, or says why it may not.
import { useState } from "preact/hooks";
import { api } from "../api/client";
import type { Release } from "../api/words";
import { Dialog } from "../parts/dialog";
import { Notice } from "../parts/notice";
import { useMay, useSession } from "../session";

type Pending = Pick<Release, "product" | "version" | "published_by">;

export function ApproveRelease({ release, reload }: { release: Pending; reload: () => void }) {
  const [isOpen, setOpen] = useState(false);
  const session = useSession();
  const may = useMay("publisher") && release.published_by !== session.account;
  if (!may) return null;
  return (
    <>
      <button type="button" class="main" onClick={() => setOpen(true)}>
        Approve
      </button>
      {isOpen && (
        <Dialog
          title={`Approve release ${release.version}?`}
          confirm="Approve"
          onClose={() => setOpen(false)}
          onConfirm={async () => {
            await api.post("/api/v1/releases/{product}/{version}/approval", {
              path: { product: release.product, version: release.version },
              body: {},
            });
            reload();
          }}
        >
          <p>
            {release.published_by ?? "Somebody"} published it. With your approval it can be offered
            to devices.
          </p>
        </Dialog>
      )}
    </>
  );
}

export function PendingNotice({ release, reload }: { release: Pending; reload: () => void }) {
  const session = useSession();
  const isOwn = release.published_by === session.account;
  return (
    <Notice tone="warn">
      <strong>It waits for a second account to approve it</strong>
      <span>
        {isOwn
          ? "You published it, so somebody else has to approve it. Until then no device learns of it."
          : "Until then no device learns of it."}
      </span>
      <span>
        <ApproveRelease release={release} reload={reload} />
      </span>
    </Notice>
  );
}
