// A question in front of the page: what will happen, and whether it shall.
import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { useDeed } from "../load";
import { ErrorNotice } from "./notice";

interface Question {
  title: string;
  children: ComponentChildren;
  confirm: string;
  isDanger?: boolean;
  onConfirm: () => Promise<void>;
  onClose: () => void;
}

export function Dialog({ title, children, confirm, isDanger, onConfirm, onClose }: Question) {
  const element = useRef<HTMLDialogElement>(null);
  const id = useId();
  const deed = useDeed();
  useEffect(() => element.current?.showModal(), []);
  const submit = async (event: Event) => {
    event.preventDefault();
    if (await deed.run(onConfirm)) onClose();
  };
  return (
    <dialog class="dialog" ref={element} aria-labelledby={id} onClose={onClose}>
      <form class="stack" onSubmit={submit}>
        <h2 id={id}>{title}</h2>
        {children}
        <ErrorNotice error={deed.error} />
        <div class="row dialog-foot">
          <button type="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" class={isDanger ? "danger" : "main"} disabled={deed.isBusy}>
            {confirm}
          </button>
        </div>
      </form>
    </dialog>
  );
}
