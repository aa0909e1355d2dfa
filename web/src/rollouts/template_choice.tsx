// How carefully a rollout goes out: one of three plans.

export type Template = "careful" | "normal" | "all_at_once";

const kTemplates: [Template, string, string][] = [
  [
    "careful",
    "Careful",
    "1, 5, 20, 50, then 100 %, each stage watched for 24 hours, with health compared",
  ],
  ["normal", "Normal", "10, 50, then 100 %, each stage watched for 24 hours, with health compared"],
  ["all_at_once", "All at once", "100 %, watched for an hour; health can't be compared"],
];

export function TemplateChoice(of: { value: Template; onValue: (template: Template) => void }) {
  return (
    <fieldset>
      <legend>How</legend>
      {kTemplates.map(([template, name, text]) => (
        <label class="choice" key={template}>
          <input
            type="radio"
            name="template"
            checked={of.value === template}
            onChange={() => of.onValue(template)}
          />
          <span>
            <strong>{name}</strong>
            <span class="small soft">{text}</span>
          </span>
        </label>
      ))}
    </fieldset>
  );
}
