// What people do: sign in and out, publish, start, halt and take back a rollout, approve what
// somebody else made, ask why, change a configuration.
import { readFileSync, statSync } from "node:fs";
import { check, facts, judge, openPage, picture, play, settle, signIn, visit } from "./browser.mjs";

const product = "products/demo";

async function signingIn(browser) {
  const page = await openPage(browser);
  await page.goto(facts.url);
  await page.getByLabel("Account").fill("admin");
  await page.getByLabel("Password").fill("a wrong password, long enough");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByText("name or password is wrong").waitFor();
  await judge(page, "sign-in, refused");
  await signIn(page, "admin");
  const [cookie] = await page.context().cookies();
  check(cookie.name === "__Host-otter" && cookie.httpOnly && cookie.secure, "the session's cookie");
  check(cookie.sameSite === "Strict", "the cookie goes to other sites");
  const kept = await page.evaluate(() =>
    JSON.stringify([{ ...localStorage }, { ...sessionStorage }]),
  );
  check(kept === "[{},{}]", `the browser keeps ${kept}`);
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("button", { name: "Sign in" }).waitFor();
  await page.goto(`${facts.url}/#/${product}`);
  await page.getByRole("button", { name: "Sign in" }).waitFor();
}

// A session that somebody else has ended leads to the sign-in page, not to errors.
async function sessionsEnd(browser) {
  const page = await openPage(browser);
  await signIn(page, "oscar");
  await page.context().clearCookies();
  await page.goto(`${facts.url}/#/${product}/groups`);
  await page.getByRole("button", { name: "Sign in" }).waitFor();
}

async function byKeyboard(browser) {
  const page = await openPage(browser);
  await page.goto(facts.url);
  await page.getByLabel("Account").focus();
  await page.keyboard.type("oscar");
  await page.keyboard.press("Tab");
  await page.keyboard.type(facts.password);
  await page.keyboard.press("Enter");
  await page.getByRole("navigation", { name: "Main" }).waitFor();
  await page.reload();
  await settle(page);
  await page.keyboard.press("Tab");
  check((await focused(page)) === "Skip to the content", `first is ${await focused(page)}`);
  await page.keyboard.press("Enter");
  await page.keyboard.press("Tab");
  const isInMain = await page.evaluate(() => document.activeElement?.closest("main") !== null);
  check(isInMain, "the skip link leads nowhere");
  const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
  check(outline === "solid", `what has the focus is shown with "${outline}"`);
}

function focused(page) {
  return page.evaluate(() => document.activeElement?.textContent ?? "");
}

async function publishes(browser) {
  const page = await openPage(browser);
  const sent = [];
  page.on("request", (request) => sent.push(request.postDataBuffer() ?? Buffer.alloc(0)));
  await signIn(page, "paula");
  await visit(page, `${product}/publish`);
  await page.getByLabel("Drop the application image here").setInputFiles(facts.elf);
  await page.getByText("this is no ESP32 application image").waitFor();
  await page.getByLabel("Drop the application image here").setInputFiles(facts.image);
  await page.getByText("Made for the product's chip").waitFor();
  await page.getByText("2.0.0 is a new version").waitFor();
  const button = page.getByRole("button", { name: "Sign and publish" });
  check(await button.isDisabled(), "it could be published without a key");
  await page.getByLabel("Release key").setInputFiles(facts.stranger_key);
  await page.getByText("The server has no release key").waitFor();
  await page.getByLabel("Release key").setInputFiles(`${facts.key}.pub`);
  await page.getByText("This is the public half").waitFor();
  await page.getByLabel("Release key").setInputFiles(facts.key);
  await page.getByText("Signs with").waitFor();
  await page.getByLabel("Notes").fill("From the <b>browser</b>.");
  await judge(page, "publish");
  await picture(page, "publish-ready");
  await button.click();
  await page.getByRole("heading", { name: "Start a rollout" }).waitFor();
  const secret = readFileSync(facts.key, "utf8").split("\n")[1];
  check(
    sent.every((body) => !body.includes(secret)),
    "the key has left the browser",
  );
  await visit(page, `${product}/releases/2.0.0`);
  await page.getByText("From the <b>browser</b>.").waitFor();
}

async function startsAndHalts(browser) {
  const page = await openPage(browser);
  await signIn(page, "oscar");
  await visit(page, `${product}/start?version=2.0.0`);
  await page.getByLabel("All at once").check();
  await page.getByLabel("Devices").fill("tag = ");
  await page.getByRole("button", { name: "Start the rollout" }).click();
  await page.getByText("expected a value, found the end").waitFor();
  await page.getByLabel("Devices").fill("");
  await page.getByRole("button", { name: "Start the rollout" }).click();
  await page.getByRole("heading", { name: "Rollout 2.0.0" }).waitFor();
  await page.getByText("filling").first().waitFor(); // by itself: the server says so
  await act(page, "Halt", { why: "it hums" });
  await page.getByText("Halted by a person").waitFor();
  await page.getByText("it hums").first().waitFor();
  await picture(page, "rollout-halted-by-a-person");
  await act(page, "Resume");
  await page.getByRole("button", { name: "Pause" }).waitFor();
  await act(page, "Take the release back");
  await page
    .getByText(/returning|returned/)
    .first()
    .waitFor();
}

async function act(page, name, { why } = {}) {
  await page.getByRole("button", { name }).first().click();
  const dialog = page.getByRole("dialog");
  if (why !== undefined) await dialog.getByLabel("Why").fill(why);
  await dialog.getByRole("button", { name }).click();
  await dialog.waitFor({ state: "detached" });
}

async function changesMetrics(page) {
  await page.getByText("Application's latency_ms, less is better").waitFor();
  await page.getByRole("button", { name: "Change the gates" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: "Add a metric" }).click();
  await dialog.getByLabel("Metric 2", { exact: true }).fill("battery_mv");
  await dialog.getByLabel("Better").nth(1).selectOption("more");
  await picture(page, "gates-being-changed");
  await dialog.getByRole("button", { name: "Remove metric 1" }).click();
  await dialog.getByRole("button", { name: "Save" }).click();
  await page.getByText("Application's battery_mv, more is better").waitFor();
  check((await page.getByText("latency_ms").count()) === 0, "the metric is still watched");
}

async function approves(browser) {
  const paula = await openPage(browser);
  await signIn(paula, "paula");
  await visit(paula, `${product}/releases/${facts.waiting}`);
  await paula.getByText("You published it").waitFor();
  check((await paula.getByRole("button", { name: "Approve" }).count()) === 0, "paula may approve");
  const peter = await openPage(browser);
  await signIn(peter, "peter");
  await visit(peter, `${product}/approvals`);
  await peter.getByRole("link", { name: `Release ${facts.waiting}` }).waitFor();
  await picture(peter, "approvals-waiting");
  await act(peter, "Approve");
  await peter.getByText("Nothing waits for approval").waitFor();
  await paula.getByText("approved by peter").waitFor(); // by the server's event
  await visit(paula, `${product}/start?version=${facts.waiting}`);
  await paula.getByLabel("A second account has to approve it first").check();
  await paula.getByRole("button", { name: "Add a metric" }).click();
  await paula.getByLabel("Metric 1", { exact: true }).fill("Latency");
  await paula.getByRole("button", { name: "Ask for approval" }).click();
  await paula.getByText("a gate's metric has a name of 1 to 64 characters").waitFor();
  await paula.getByLabel("Metric 1", { exact: true }).fill("latency_ms");
  await judge(paula, "start with a metric");
  await picture(paula, "start-with-a-metric");
  await paula.getByRole("button", { name: "Ask for approval" }).click();
  await paula.getByText("You made it, so somebody else has to approve it").waitFor();
  await visit(peter, `${product}/rollouts/${facts.waiting}`);
  await act(peter, "Approve");
  await peter.getByText("filling").first().waitFor();
  await changesMetrics(peter);
}

async function asksWhy(browser) {
  const page = await openPage(browser);
  await signIn(page, "oscar");
  await visit(page, `${product}/devices`);
  await page.getByRole("link", { name: "lamp-1", exact: true }).click();
  const card = page.locator("section").filter({ hasText: "Why it runs what it runs" });
  await card.getByText(facts.reason).first().waitFor();
  await page.getByRole("button", { name: "Change labels" }).click();
  await page.getByLabel("Tags").fill("kitchen, lab");
  await page.getByLabel("Attributes").fill("floor=3, site=berlin");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByRole("link", { name: "floor = 3" }).click();
  await page.getByRole("link", { name: "lamp-1", exact: true }).click();
  await act(page, "Restart");
  await page.getByText("waits for the next check-in").waitFor();
  await page.getByRole("button", { name: "Withdraw" }).click();
  await page.getByText("None waits.").waitFor();
}

async function configures(browser) {
  const page = await openPage(browser);
  await signIn(page, "paula");
  await visit(page, `${product}/configuration`);
  await page.getByLabel("Values").fill("{ not json");
  await page.getByRole("button", { name: "Save version 1" }).click();
  await page.getByRole("alert").waitFor();
  await page.getByLabel("Values").fill('{"brightness": 70}');
  await page.getByRole("button", { name: "Save version 1" }).click();
  await act(page, "Put version 1 in force");
  await page.getByText("in force").first().waitFor();
  await page.getByLabel("Values").fill('{"brightness": 80}');
  await page.getByRole("button", { name: "Save version 2" }).click();
  await page.getByRole("button", { name: "Put version 2 in force" }).waitFor();
  await judge(page, "configuration");
}

// A group's values, seen at a device of it, which then gets one of its own.
async function layers(browser) {
  const page = await openPage(browser);
  await signIn(page, "paula");
  await visit(page, `${product}/groups`);
  await page.getByLabel("Name").fill("labs");
  await page.getByLabel("Filter").fill("tag = lab");
  await page.getByRole("button", { name: "Save the group" }).click();
  await page.getByRole("link", { name: "set values of labs" }).click();
  await page.getByText("It has no values of its own").waitFor();
  await refusesValues(page);
  await page.getByLabel("Values").fill('{"brightness": 40, "night": {"from": 22}}');
  await page.getByRole("button", { name: "Set the values" }).click();
  await page.getByRole("row", { name: "brightness 70 40" }).waitFor();
  await page.getByText("by paula").waitFor();
  await visit(page, `${product}/groups`);
  await page.getByRole("link", { name: "own values of labs" }).waitFor();
  await setsOneValue(page);
  await visit(page, `${product}/configuration`);
  await page.getByRole("row", { name: "device lamp-1" }).waitFor();
  await page.getByLabel("Its name").fill("labs");
  await page.getByRole("button", { name: "Open" }).click();
  await act(page, "Remove the values");
  await page.getByText("It has no values of its own").waitFor();
  await removesAll(browser);
}

async function refusesValues(page) {
  const set = page.getByRole("button", { name: "Set the values" });
  const alert = page.getByRole("alert");
  await page.getByLabel("Values").fill('{\n  "brightness": 40\n  "night": 1\n}');
  await set.click();
  await alert.getByText("Line 3, column 3: expected a comma or }").waitFor();
  await judge(page, "a layer that can't be read");
  await picture(page, "layer-refused");
  await page.getByLabel("Values").fill(`{"text": "${"x".repeat(3050)}"}`);
  await set.click();
  await alert.getByText("too_large").waitFor(); // the server's
}

// By keyboard, at a device of the group.
async function setsOneValue(page) {
  await visit(page, "devices/lamp-1");
  await page.getByRole("row", { name: /^brightness 40 .*group labs$/ }).waitFor();
  await page.getByLabel("Value's name").focus();
  await page.keyboard.type("night.to");
  await page.keyboard.press("Tab");
  await page.keyboard.type("1.5");
  await page.keyboard.press("Enter");
  await page.getByText("Numbers are whole").waitFor();
  await page.getByLabel("For this device alone").fill("7");
  await page.keyboard.press("Enter");
  await page.getByRole("row", { name: /^night.to 7 / }).waitFor();
  await page.getByLabel("Value's name").fill("brightness");
  await page.getByLabel("For this device alone").fill("5");
  await page.getByRole("button", { name: "Set it" }).click();
  await page.getByRole("row", { name: /^brightness 5 .*device lamp-1/ }).waitFor();
  await judge(page, "a device with a value of its own");
  await page.getByRole("button", { name: "Remove brightness" }).click();
  await page.getByRole("row", { name: /^brightness 40 / }).waitFor();
  await page.getByRole("row", { name: /^night.to 7 / }).waitFor();
}

// An operator sets nothing, but may take away.
async function removesAll(browser) {
  const page = await openPage(browser);
  await signIn(page, "oscar");
  await visit(page, "devices/lamp-1");
  await page.getByRole("row", { name: /^night.to 7 / }).waitFor();
  check((await page.getByRole("button", { name: "Set it" }).count()) === 0, "oscar may set values");
  await page.getByRole("button", { name: "Remove all of its own values" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Remove the values" }).click();
  await page.getByRole("row", { name: /^brightness 70 .*product$/ }).waitFor();
}

async function administers(browser) {
  const page = await openPage(browser);
  await signIn(page, "admin");
  await visit(page, "access");
  const adding = page.locator("section").filter({ hasText: "Add an account" });
  await adding.getByLabel("Name").fill("nina");
  await adding.getByLabel("Password").fill("short");
  await adding.getByRole("button", { name: "Add the account" }).click();
  await adding.getByRole("alert").waitFor();
  await adding.getByLabel("Password").fill("long enough for anybody");
  await adding.getByRole("button", { name: "Add the account" }).click();
  await page.getByRole("cell", { name: "nina" }).first().waitFor();
  await page.getByRole("button", { name: "Make the token" }).click();
  await page.getByText(/ota_[\w-]{43}/).waitFor();
  await page.getByRole("button", { name: "I have it" }).click();
  check((await page.getByText(/ota_/).count()) === 0, "the token is still shown");
  await visit(page, "");
  await page.getByLabel("Name").fill("fan");
  await page.getByRole("button", { name: "Add the product" }).click();
  await page.getByText(/otk_[\w-]{43}/).waitFor();
  await page.getByRole("button", { name: "I have them" }).click();
  await page.getByRole("link", { name: "fan" }).waitFor();
  await visit(page, "audit");
  await page.getByText("Token made").first().waitFor();
  await visit(page, `${product}/groups`);
  await page.getByLabel("Name").fill("kitchens");
  await page.getByLabel("Filter").fill("tag=kitchen");
  await page.getByRole("button", { name: "Save the group" }).click();
  await page.getByText('tag = "kitchen"').waitFor();
  await visit(page, `${product}/settings`);
  await page.getByLabel("Releases need approval").check();
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("Saved.").waitFor();
}

// What a board reports appears without anybody doing anything.
async function isLive(browser) {
  const page = await openPage(browser);
  await signIn(page, "vera");
  await visit(page, product);
  await page.getByText("Live", { exact: true }).waitFor();
  await page.getByRole("link", { name: facts.device }).first().click();
  await page.getByRole("heading", { name: facts.device }).waitFor();
  const rows = page.locator("section").filter({ hasText: "History" }).locator("tbody tr");
  await rows.first().waitFor();
  // The reports say one thing and the other by turns.
  const said = (await rows.first().textContent()).includes("failed") ? "failed" : "downloading";
  await rows.first().filter({ hasNotText: said }).waitFor();
}

// The device does what it is asked at its next check-in, which this page hears of.
async function asksForALog(browser) {
  const page = await openPage(browser);
  await signIn(page, "oscar");
  await visit(page, `devices/${facts.device}`);
  await page.getByText("Live", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Ask for its log" }).click();
  await page.getByText("7 I Asked for a log").waitFor();
  const dump = page
    .getByRole("row")
    .filter({ hasText: "sensor" })
    .filter({ hasText: "0x4200a1b2" });
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    dump.getByRole("link", { name: "Download" }).click(),
  ]);
  check(download.suggestedFilename().startsWith(`${facts.device}-`), "the dump has another name");
  const size = statSync(await download.path()).size;
  check(size === facts.dump_bytes, `${size} bytes were downloaded`);
}

const kAll = {
  "signing in and out": signingIn,
  "a session ends": sessionsEnd,
  "by keyboard": byKeyboard,
  publish: publishes,
  "start, halt, take back": startsAndHalts,
  "a second person approves": approves,
  "why a device runs what it runs": asksWhy,
  configuration: configures,
  "values of a group and a device": layers,
  "accounts, tokens, groups, settings": administers,
};
await play(facts.live ? { live: isLive, "a log and a dump": asksForALog } : kAll);
