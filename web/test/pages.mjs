// Each page, with data, at two widths, light and dark: nothing cut off, nothing that axe finds, no
// request to another host. A picture of each is kept.
import {
  check,
  facts,
  judge,
  kSizes,
  openPage,
  picture,
  play,
  settle,
  signIn,
  visit,
} from "./browser.mjs";
import { kPages } from "./places.mjs";

// A page is read once, and follows the window's width and the system's colours.
async function lookAt(page, name) {
  const faults = [];
  for (const [size, viewport] of Object.entries(kSizes)) {
    await page.setViewportSize(viewport);
    for (const colorScheme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme });
      await settle(page);
      const look = `${name}-${size}-${colorScheme}`;
      const withAxe = size === "desk" || colorScheme === "light";
      await judge(page, look, { withAxe }).catch((error) => faults.push(error.message));
      await picture(page, look);
    }
  }
  page.faults = [];
  return faults;
}

async function everyPage(browser) {
  const page = await openPage(browser);
  await page.goto(facts.url);
  await settle(page);
  const faults = await lookAt(page, "sign-in");
  await signIn(page, "admin");
  for (const [name, path] of Object.entries(kPages)) {
    await visit(page, path);
    faults.push(...(await lookAt(page, name)));
    const alerts = await page.getByRole("alert").allTextContents();
    if (alerts.length > 0) faults.push(`${name}: ${alerts.join("; ")}`);
  }
  faults.push(...(await otherViews(page)));
  check(faults.length === 0, faults.join("\n"));
}

// What a page shows when it is asked to.
async function otherViews(page) {
  await visit(page, kPages.device);
  await page.getByLabel("All, by day").check();
  await page.getByText("As a table").click();
  await page.getByRole("columnheader", { name: "Day" }).waitFor();
  const faults = await lookAt(page, "device-days");
  await page.getByLabel("Received").selectOption("1");
  check(!(await page.getByText("server_busy").isVisible()), "the log before is the same one");
  await visit(page, kPages.fleet);
  for (const table of await page.getByText("As a table").all()) await table.click();
  return [...faults, ...(await lookAt(page, "fleet-tables"))];
}

await play({ "every page": everyPage });
