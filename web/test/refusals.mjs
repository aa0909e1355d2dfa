// The pages where something is refused: by a server that fails, or because of the account's role.
import { check, facts, judge, openPage, picture, play, signIn, visit } from "./browser.mjs";
import { kPages, kProduct } from "./places.mjs";

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
        name: /halt|take|resume|approve|remove|revoke|save|start|stop|conclude|let|publish|add|make|ask|\bset\b/i,
      })
      .count();
    check(offered === 0, `${name} offers a viewer what the server would refuse`);
    if (
      [
        "rollout-halted",
        "experiment",
        "device",
        "layer-group",
        "settings",
        "publish",
        "access",
      ].includes(name)
    ) {
      await picture(page, `${name}-viewer`);
    }
  }
  await visit(page, "access");
  await page.getByText("Your account may not do this").waitFor();
}

const kFailure = {
  status: 503,
  contentType: "application/problem+json",
  body: '{"status":503,"code":"store_unavailable","detail":"the database can\'t be read"}',
};
const kReadsNothing = ["publish", "account", "flash", "nowhere"];

// A page that hears of something reads again by itself, and its error is gone before anybody
// clicks: here no page hears of anything.
async function withErrors(browser) {
  const page = await openPage(browser);
  await page.route("**/api/v1/events", (route) => route.abort());
  await signIn(page, "admin");
  for (const [name, path] of Object.entries(kPages)) {
    if (kReadsNothing.includes(name)) continue;
    await page.route(/\/api\/v1\/(?!events)/, (route) => route.fulfill(kFailure));
    await visitAnew(page, path);
    const alerts = page.getByRole("alert");
    await alerts.first().waitFor();
    for (const text of await alerts.allTextContents()) {
      check(text.includes("The database can't be read"), `${name}: ${text}`);
    }
    const withAxe = ["fleet", "rollout", "experiment", "device", "layer-group"].includes(name);
    await judge(page, `${name}, with an error`, { withAxe });
    if (withAxe) await picture(page, `${name}-error`);
    await page.unroute(/\/api\/v1\/(?!events)/);
    await tryAgain(page, name);
  }
  await page.route(/\/api\/v1\/(?!events)/, (route) => route.abort());
  await visit(page, `${kProduct}/groups`);
  await page.getByText("The server can't be reached").first().waitFor();
  await picture(page, "groups-unreachable");
}

// A page that is shown already would keep what it has read: another one comes between.
async function visitAnew(page, path) {
  await visit(page, "account");
  await page.getByRole("heading", { name: "Your account" }).waitFor();
  await visit(page, path);
}

// Each part of a page has its own error, and its own way out of it. What stands within a part that
// is there again is read with it, perhaps before its button is reached.
async function tryAgain(page, name) {
  const buttons = page.getByRole("button", { name: "Try again" });
  for (;;) {
    const [button] = await buttons.elementHandles();
    if (button === undefined) break;
    await button.click().catch(async (error) => {
      if (await button.evaluate((it) => it.isConnected)) throw error;
    });
    await button.waitForElementState("hidden");
  }
  const alerts = await page.getByRole("alert").count();
  check(alerts === 0, `${name} still has an error when the server is back`);
}

// One part fails and the others don't: what is there is shown.
async function withOnePartMissing(browser) {
  const page = await openPage(browser);
  await signIn(page, "admin");
  const parts = ["history", "logs", "coredumps", "config"].map(
    (part) => `devices/${facts.device}/${part}`,
  );
  const fleet = ["versions", "failures", "reports"].map((part) => `${kProduct}/${part}`);
  for (const [path, part] of [
    ...parts.map((part) => [kPages.device, part]),
    ...fleet.map((part) => [kProduct, part]),
    ...[kPages.groups, kPages.configuration].map((path) => [path, `${kProduct}/config/layers`]),
  ]) {
    const target = new RegExp(`/api/v1/${part}(\\?|$)`);
    await page.route(target, (route) => route.fulfill(kFailure));
    await visitAnew(page, path);
    await page.getByRole("alert").first().waitFor();
    check((await page.getByRole("alert").count()) === 1, `${part} takes others with it`);
    await page.unroute(target);
    await tryAgain(page, part);
  }
}

await play({
  "without rights": withoutRights,
  "with errors": withErrors,
  "with one part missing": withOnePartMissing,
});
