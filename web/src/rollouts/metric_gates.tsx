// Gates on what the application measures: which metrics, and how much worse they may become.
import { SelectField, TextField } from "../parts/field";
import type { MetricGate } from "./plan";

const kGatesMax = 4;

// As it is typed.
export interface WishedGate extends Omit<MetricGate, "allowance"> {
  allowance: string; // [percent]
}

export function wishedGates(gates: MetricGate[]): WishedGate[] {
  return gates.map((gate) => ({ ...gate, allowance: String(gate.allowance) }));
}

export function gatesOf(wishes: WishedGate[]): MetricGate[] {
  return wishes.map((gate) => ({ ...gate, allowance: Number(gate.allowance) }));
}

interface Fields {
  gates: WishedGate[];
  onGates: (gates: WishedGate[]) => void;
}

export function MetricGatesFields({ gates, onGates }: Fields) {
  const set = (place: number, change: Partial<WishedGate>) =>
    onGates(gates.map((gate, index) => (index === place ? { ...gate, ...change } : gate)));
  return (
    <fieldset>
      <legend>What the application measures</legend>
      <p class="small soft">
        A metric that devices send with each check-in, as a level or a rate, halts the rollout where
        updated devices do worse, by more than is allowed, than those that are not updated.
      </p>
      {gates.map((gate, index) => (
        <div class="metric-gate" key={index}>
          <TextField
            label={`Metric ${index + 1}`}
            value={gate.name}
            required
            onValue={(name) => set(index, { name })}
          />
          <SelectField
            label="Better"
            value={gate.better}
            options={[
              ["less", "Less"],
              ["more", "More"],
            ]}
            onValue={(better) => set(index, { better: better === "more" ? "more" : "less" })}
          />
          <TextField
            label="Worse by [%]"
            type="number"
            value={gate.allowance}
            required
            onValue={(allowance) => set(index, { allowance })}
          />
          <button
            type="button"
            aria-label={`Remove metric ${index + 1}`}
            onClick={() => onGates(gates.filter((_, other) => other !== index))}
          >
            Remove
          </button>
        </div>
      ))}
      {gates.length < kGatesMax && (
        <div>
          <button
            type="button"
            onClick={() => onGates([...gates, { name: "", better: "less", allowance: "5" }])}
          >
            Add a metric
          </button>
        </div>
      )}
    </fieldset>
  );
}
