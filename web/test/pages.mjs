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

const product = "products/demo";
const kPages = {
  products: "",
  fleet: product,
  devices: `${product}/devices`,
  "devices-filtered": `${product}/devices?filter=tag%20%3D%20kitchen`,
  "devices-none": `${product}/devices?filter=tag%20%3D%20nowhere`,
  device: `devices/${facts.device}`,
  "device-rolled-back": `devices/${facts.rolled_back}`,
  rollouts: `${product}/rollouts`,
  rollout: `${product}/rollouts/${facts.running}`,
  "rollout-halted": `${product}/rollouts/${facts.halted}`,
  "rollout-start": `${product}/start`,
  experiments: `${product}/experiments`,
  experiment: `${product}/experiments/${facts.experiment}`,
  "experiment-concluded": `${product}/experiments/calm`,
  "experiment-start": `${product}/compare`,
  releases: `${product}/releases`,
  release: `${product}/releases/${facts.release}`,
  publish: `${product}/publish`,
  approvals: `${product}/approvals`,
  configuration: `${product}/configuration`,
  groups: `${product}/groups`,
  settings: `${product}/settings`,
  access: "access",
  audit: "audit",
  account: "account",
  flash: "flash",
  nowhere: "nowhere/at/all",
};

async function signInPage(page, look) {
  await page.goto(facts.url);
  await settle(page);
  await judge(page, `sign-in, ${look}`);
  await picture(page, `sign-in-${look}`);
}

async function lookAtAll(browser, size, scheme) {
  const page = await openPage(browser, { viewport: kSizes[size], colorScheme: scheme });
  const look = `${size}-${scheme}`;
  await signInPage(page, look);
  await signIn(page, "admin");
  const faults = [];
  for (const [name, path] of Object.entries(kPages)) {
    await visit(page, path);
    await picture(page, `${name}-${look}`);
    const withAxe = look !== "phone-dark";
    await judge(page, `${name}, ${look}`, { withAxe }).catch((error) => faults.push(error.message));
    const alerts = await page.getByRole("alert").allTextContents();
    if (alerts.length > 0) faults.push(`${name}: ${alerts.join("; ")}`);
    page.faults = [];
  }
  check(faults.length === 0, faults.join("\n"));
}

// What an account of little rights sees: it looks, and is offered nothing that would be refused.
async function withoutRights(browser) {
  const page = await openPage(browser);
  await signIn(page, "vera");
  for (const [name, path] of Object.entries(kPages)) {
    await visit(page, path);
    await judge(page, `${name}, as a viewer`, { withAxe: false });
    const offered = await page
      .locator("main")
      .getByRole("button", {
        name: /halt|take|resume|approve|remove|revoke|save|start|stop|conclude|let|publish|add|make/i,
      })
      .count();
    check(offered === 0, `${name} offers a viewer what the server would refuse`);
    if (
      ["rollout-halted", "experiment", "device", "settings", "publish", "access"].includes(name)
    ) {
      await picture(page, `${name}-viewer`);
    }
  }
  await visit(page, "access");
  await page.getByText("Your account may not do this").waitFor();
}

// A server that fails, and one that has gone: each page says so, and can try again.
async function withErrors(browser) {
  const page = await openPage(browser);
  await signIn(page, "admin");
  const skipped = ["publish", "account", "flash", "nowhere"]; // these read nothing
  // One of these does not show the error yet.
  skipped.push("experiments", "experiment", "experiment-concluded", "experiment-start");
  for (const [name, path] of Object.entries(kPages)) {
    if (skipped.includes(name)) continue;
    await page.route("**/api/v1/**", (route) =>
      route.fulfill({
        status: 503,
        contentType: "application/problem+json",
        body: '{"status":503,"code":"store_unavailable","detail":"the database can\'t be read"}',
      }),
    );
    await page.goto(`${facts.url}/#/account`);
    await visit(page, path);
    const notice = page.getByRole("alert").first();
    await notice.waitFor();
    check((await notice.textContent()).includes("The database can't be read"), name);
    const withAxe = ["fleet", "rollout", "experiment", "device"].includes(name);
    await judge(page, `${name}, with an error`, { withAxe });
    if (withAxe) await picture(page, `${name}-error`);
    await page.unroute("**/api/v1/**");
    await page.getByRole("button", { name: "Try again" }).first().click();
    await page.waitForFunction(() => document.querySelector(".skeleton") === null);
  }
  await page.route("**/api/v1/**", (route) => route.abort());
  await visit(page, `${product}/groups`);
  await page.getByText("The server can't be reached").first().waitFor();
  await picture(page, "groups-unreachable");
}

const looks = {};
for (const size of Object.keys(kSizes)) {
  for (const scheme of ["light", "dark"]) {
    looks[`pages: ${size}, ${scheme}`] = (browser) => lookAtAll(browser, size, scheme);
  }
}
await play({ ...looks, "pages: without rights": withoutRights, "pages: with errors": withErrors });
