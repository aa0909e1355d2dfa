// A labelled input.
import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";

interface Field {
  label: string;
  hint?: ComponentChildren;
  children: (attributes: { id: string; "aria-describedby"?: string }) => ComponentChildren;
}

export function Field({ label, hint, children }: Field) {
  const id = useId();
  const described = hint === undefined ? {} : { "aria-describedby": `${id}-hint` };
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children({ id, ...described })}
      {hint !== undefined && (
        <span class="hint" id={`${id}-hint`}>
          {hint}
        </span>
      )}
    </div>
  );
}

interface TextField {
  label: string;
  value: string;
  onValue: (value: string) => void;
  hint?: ComponentChildren;
  type?: string;
  autocomplete?: string;
  required?: boolean;
  pattern?: string;
  minLength?: number;
}

export function TextField({ label, hint, value, onValue, autocomplete, ...rest }: TextField) {
  return (
    <Field label={label} hint={hint}>
      {(attributes) => (
        <input
          {...attributes}
          {...rest}
          autocomplete={autocomplete ?? "off"}
          value={value}
          onInput={(event) => onValue(event.currentTarget.value)}
        />
      )}
    </Field>
  );
}

export function SelectField({
  label,
  hint,
  value,
  options,
  onValue,
}: {
  label: string;
  hint?: ComponentChildren;
  value: string;
  options: [value: string, text: string][];
  onValue: (value: string) => void;
}) {
  return (
    <Field label={label} hint={hint}>
      {(attributes) => (
        <select
          {...attributes}
          value={value}
          onChange={(event) => onValue(event.currentTarget.value)}
        >
          {options.map(([key, text]) => (
            <option key={key} value={key}>
              {text}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}
