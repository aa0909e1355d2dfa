// Values as text, to read and to write.
import { Field } from "../parts/field";
import type { Values } from "./json_reader";

export function pretty(values: Values): string {
  return JSON.stringify(values, null, 2);
}

export function ValuesField({
  hint,
  value,
  onValue,
}: {
  hint: string;
  value: string;
  onValue: (value: string) => void;
}) {
  return (
    <Field label="Values" hint={hint}>
      {(attributes) => (
        <textarea
          {...attributes}
          class="mono"
          rows={9}
          spellcheck={false}
          value={value}
          onInput={(event) => onValue(event.currentTarget.value)}
        />
      )}
    </Field>
  );
}
