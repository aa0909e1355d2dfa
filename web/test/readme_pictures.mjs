// The three pictures of README.md, as a person's window shows the pages.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { facts, openPage, play, signIn, visit } from "./browser.mjs";

const kWindow = { width: 1200, height: 760 };

async function take(browser, { name, path, scheme }) {
  const page = await openPage(browser, { viewport: kWindow, colorScheme: scheme });
  await signIn(page, "admin");
  await visit(page, path);
  await page.getByText("Live", { exact: true }).waitFor();
  await page.mouse.move(0, 0);
  mkdirSync(facts.readme, { recursive: true });
  await page.screenshot({ path: join(facts.readme, `${name}.png`) });
}

const pictures = [
  { name: "fleet", path: "products/demo", scheme: "light" },
  { name: "rollout", path: `products/demo/rollouts/${facts.halted}`, scheme: "light" },
  { name: "device", path: `devices/${facts.rolled_back}`, scheme: "dark" },
];
await play(Object.fromEntries(pictures.map((one) => [one.name, (browser) => take(browser, one)])));
