// What a person is told: an error in plain words, or that there is nothing, and what to do next.
import type { ComponentChildren } from "preact";
import type { Refusal } from "../api/client";
import { sentence } from "../text";
import type { Tone } from "./badge";

export function Notice({ tone, children }: { tone: Tone; children: ComponentChildren }) {
  return <div class={`notice ${tone}`}>{children}</div>;
}

function headline(error: Refusal): string {
  if (error.code === "unreachable") return "The server can't be reached";
  if (error.status === 403) return "Your account may not do this";
  if (error.status === 404) return "There is no such thing";
  if (error.status === 409) return "Something else came first";
  if (error.status >= 500) return "The server could not do this";
  return "That did not work";
}

export function ErrorNotice({ error, retry }: { error: Refusal | null; retry?: () => void }) {
  if (error === null) return null;
  return (
    <div class="notice bad" role="alert">
      <strong>{headline(error)}</strong>
      <span>{sentence(error.message)}</span>
      {error.status > 0 && error.code !== "" && (
        <span class="small soft">
          Error <code>{error.code}</code>
          {` (${error.status})`}
        </span>
      )}
      {retry !== undefined && (
        <span>
          <button type="button" onClick={retry}>
            Try again
          </button>
        </span>
      )}
    </div>
  );
}

export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      <h2>{title}</h2>
      {children}
    </div>
  );
}
