// The dashboard begins here.
import "uplot/dist/uPlot.min.css";
import "./style/tokens.css";
import "./style/base.css";
import "./style/layout.css";
import "./style/parts.css";
import "./style/table.css";
import "./style/pages.css";
import "./style/experiments.css";
import "./style/rollouts.css";
import { render } from "preact";
import { App } from "./app";
import { applyTheme } from "./theme";

applyTheme();
const page = document.getElementById("page");
if (page !== null) render(<App />, page);
