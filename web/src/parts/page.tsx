// A page: its head, and what it shows while it reads, fails, or has what it needs.
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { Loaded } from "../load";
import { ErrorNotice } from "./notice";

interface Head {
  title: string;
  lead?: ComponentChildren;
  crumb?: { text: string; to: string };
  actions?: ComponentChildren;
  children: ComponentChildren;
}

// The first page leaves the focus to the browser, so that the first key leads to the skip link.
let isFirst = true;

export function Page({ title, lead, crumb, actions, children }: Head) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · Otter`;
  }, [title]);
  // Who moves by keyboard or hears the page begins at its head.
  useEffect(() => {
    if (!isFirst) heading.current?.focus({ preventScroll: true });
    isFirst = false;
  }, []);
  return (
    <>
      <div class="page-head">
        <div>
          {crumb !== undefined && (
            <p class="crumbs">
              <a href={crumb.to}>{crumb.text}</a>
            </p>
          )}
          <h1 tabIndex={-1} ref={heading}>
            {title}
          </h1>
          {lead !== undefined && <div class="lead">{lead}</div>}
        </div>
        {actions !== undefined && <div class="row">{actions}</div>}
      </div>
      <div class="stack">{children}</div>
    </>
  );
}

// What was read, or why it is not there.
export function Ready<T>({
  loaded,
  children,
}: {
  loaded: Loaded<T>;
  children: (data: T) => ComponentChildren;
}) {
  return (
    <>
      <ErrorNotice error={loaded.error} retry={loaded.reload} />
      {loaded.data !== null && children(loaded.data)}
      {loaded.data === null && loaded.error === null && (
        <div class="skeleton" role="status">
          <span class="unseen">Loading</span>
        </div>
      )}
    </>
  );
}

export function Card({
  title,
  aside,
  flush = false,
  children,
}: {
  title?: string;
  aside?: ComponentChildren;
  flush?: boolean;
  children: ComponentChildren;
}) {
  return (
    <section class="card">
      {title !== undefined && (
        <div class="card-head">
          <h2>{title}</h2>
          {aside !== undefined && <div class="small soft">{aside}</div>}
        </div>
      )}
      <div class={flush ? "card-flush" : "card-body"}>{children}</div>
    </section>
  );
}

export function Facts({ rows }: { rows: [string, ComponentChildren][] }) {
  return (
    <dl class="facts">
      {rows.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
