// The dialog in which an operator changes a rollout's gates.
import { useState } from "preact/hooks";
import { api } from "../api/client";
import type { Rollout } from "../api/words";
import { Dialog } from "../parts/dialog";
import { TextField } from "../parts/field";
import { gatesOf, MetricGatesFields, wishedGates } from "./metric_gates";
import { planOf } from "./plan";

interface Edited {
  rollout: Rollout;
  reload: () => void;
  onClose: () => void;
}

export function GatesEditor({ rollout, reload, onClose }: Edited) {
  const { gates } = planOf(rollout);
  const [failing, setFailing] = useState(String(gates.failing_max));
  const [confirmed, setConfirmed] = useState(String(gates.confirmed_min));
  const [metrics, setMetrics] = useState(wishedGates(gates.metrics ?? []));
  const changed = {
    failing_max: Number(failing),
    confirmed_min: Number(confirmed),
    metrics: gatesOf(metrics),
  };
  const save = async () => {
    await api.patch("/api/v1/products/{product}/rollouts/{rollout}", {
      path: { product: rollout.product, rollout: rollout.name },
      body: { gates: changed as never },
    });
    reload();
  };
  return (
    <Dialog title="Change the gates" confirm="Save" onConfirm={save} onClose={onClose}>
      <p class="soft">
        The rollout looks at them again at once. What was found of a metric stays unless its line
        changes.
      </p>
      <TextField
        label="Failing devices, at most [%]"
        type="number"
        value={failing}
        onValue={setFailing}
      />
      <TextField
        label="Confirmed devices, at least [%]"
        type="number"
        value={confirmed}
        onValue={setConfirmed}
      />
      {gates.health_error_rate > 0 && <MetricGatesFields gates={metrics} onGates={setMetrics} />}
    </Dialog>
  );
}
