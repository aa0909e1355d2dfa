// Values as text, to read and to write.
import { Field } from "../parts/field";
import type { Json, Values } from "./json_reader";
import { shown } from "./layers";

export function pretty(values: Values): string {
  return JSON.stringify(values, null, 2);
}

// One value; `none` where there is none.
export function Value({ value, none }: { value: Json | undefined; none: string }) {
  if (value === undefined) return <span class="soft">{none}</span>;
  return <code>{shown(value)}</code>;
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
