// A plot that follows the window and the colours. It is for the eyes alone: its card says the same
// in words or as a table.
import { useEffect, useRef, useState } from "preact/hooks";
import uPlot from "uplot";

export interface Palette {
  colour: (property: string) => string; // of the style sheet
  axis: uPlot.Axis;
}

export interface Drawing {
  options: Omit<uPlot.Options, "width">;
  data: uPlot.AlignedData;
}

function paletteOf(page: HTMLElement): Palette {
  const style = getComputedStyle(page);
  const colour = (property: string) => style.getPropertyValue(property).trim();
  return {
    colour,
    axis: {
      stroke: colour("--ink-soft"),
      grid: { stroke: colour("--line"), width: 1 },
      ticks: { show: false },
      font: "12px system-ui, sans-serif",
    },
  };
}

// Draws anew when `shown` is another one.
export function Plot<T>({ shown, draw }: { shown: T; draw: (it: T, in_: Palette) => Drawing }) {
  const element = useRef<HTMLDivElement>(null);
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    const again = () => setTurn((old) => old + 1);
    const theme = new MutationObserver(again);
    theme.observe(document.documentElement, { attributeFilter: ["data-theme"] });
    window.addEventListener("resize", again);
    return () => {
      theme.disconnect();
      window.removeEventListener("resize", again);
    };
  }, []);
  useEffect(() => {
    if (element.current === null) return;
    const { options, data } = draw(shown, paletteOf(document.documentElement));
    const plot = new uPlot(
      {
        legend: { show: false },
        cursor: { show: false },
        ...options,
        width: element.current.clientWidth,
      },
      data,
      element.current,
    );
    return () => plot.destroy();
  }, [shown, turn]);
  return <div class="plot" ref={element} aria-hidden="true" />;
}
