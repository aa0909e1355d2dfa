// What a plot shows, as a table that is there when it is asked for.
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { Scroll } from "./scroll";

export function AsTable({ heads, rows }: { heads: string[]; rows: ComponentChildren[][] }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <details class="as-table" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary class="small">As a table</summary>
      {isOpen && (
        <Scroll label="As a table">
          <table class="cards">
            <thead>
              <tr>
                {heads.map((head, column) => (
                  <th scope="col" class={column === 0 ? "" : "number"} key={head}>
                    {head}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows.map((cells, row) => (
                <tr key={row}>
                  {cells.map((cell, column) => (
                    <td
                      class={column === 0 ? "" : "number"}
                      data-label={heads[column]}
                      key={column}
                    >
                      {cell}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
    </details>
  );
}
