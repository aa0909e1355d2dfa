// What all scenes share: a browser that trusts the test server's certificate, people who sign in,
// and what must hold on every page.

import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { chromium } from "playwright-core";

const require = createRequire(import.meta.url);
export const facts = JSON.parse(process.env.OTTER_DASHBOARD_FACTS ?? "{}");
const kDeadline = 45_000; // [ms] for anything that is waited for
const kAxe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

export const kSizes = { phone: { width: 390, height: 844 }, desk: { width: 1440, height: 900 } };

export function fail(message) {
  throw new Error(message);
}

export function check(isTrue, message) {
  if (!isTrue) fail(message);
}

export async function openBrowser() {
  const args = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  return chromium.launch({ executablePath: facts.chromium, args });
}

// A page of one person, and what is wrong with it so far.
export async function openPage(browser, options = {}) {
  const context = await browser.newContext({
    ignoreHTTPSErrors: true,
    viewport: kSizes.desk,
    ...options,
  });
  const page = await context.newPage();
  page.setDefaultTimeout(kDeadline);
  page.faults = [];
  page.sizes = [];
  page.on("pageerror", (error) => page.faults.push(`error: ${error.message}`));
  page.on("console", (message) => {
    const isRefusal = message.text().startsWith("Failed to load resource");
    if (message.type() === "error" && !isRefusal) page.faults.push(`console: ${message.text()}`);
  });
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (url.origin !== facts.url) page.faults.push(`a request to another host: ${url.href}`);
  });
  page.on("response", async (response) => {
    const path = new URL(response.url()).pathname;
    if (path !== "/" && !path.startsWith("/assets/")) return;
    const sizes = await response
      .request()
      .sizes()
      .catch(() => null);
    if (sizes === null) return; // the page was closed meanwhile
    page.sizes.push({ path, bytes: sizes.responseBodySize + sizes.responseHeadersSize });
  });
  return page;
}

export async function signIn(page, account) {
  await page.goto(facts.url);
  await page.getByLabel("Account").fill(account);
  await page.getByLabel("Password").fill(facts.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("navigation", { name: "Main" }).waitFor();
}

export async function visit(page, path) {
  await page.goto(`${facts.url}/#/${path}`);
  await settle(page);
}

// Until the page has read what it shows, and plots are drawn.
export async function settle(page) {
  await page.locator("h1").first().waitFor();
  await page.waitForFunction(() => {
    const isDrawn = (plot) => plot.querySelector(".uplot")?.clientWidth === plot.clientWidth;
    const plots = Array.from(document.querySelectorAll(".plot"));
    return document.querySelector(".skeleton") === null && plots.every(isDrawn);
  });
}

export async function picture(page, name) {
  mkdirSync(facts.pictures, { recursive: true });
  await page.screenshot({ path: join(facts.pictures, `${name}.png`), fullPage: true });
}

// WCAG 2.1 A and AA, as far as a program can tell.
async function accessibilityFaults(page) {
  // The page's policy keeps scripts out that are not its own: the tool's own world is none of them.
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(kAxe);
  const found = await page.evaluate(() =>
    window.axe.run(document, {
      runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"],
      resultTypes: ["violations"],
    }),
  );
  return found.violations.map((one) => {
    const where = one.nodes.map((node) => `${node.target.join(" ")} (${node.failureSummary})`);
    return `${one.impact}: ${one.id}: ${one.help}: ${where.join("; ")}`;
  });
}

async function layoutFaults(page) {
  return page.evaluate(() => {
    const faults = [];
    const { scrollWidth, clientWidth } = document.documentElement;
    if (scrollWidth > clientWidth) faults.push(`${scrollWidth} px wide in ${clientWidth}`);
    for (const element of document.querySelectorAll("h1, h2, button, a, td, dd, .badge")) {
      const box = element.getBoundingClientRect();
      if (box.width > 0 && box.right > clientWidth + 1) {
        faults.push(`cut off: ${element.tagName} ${element.textContent?.slice(0, 40)}`);
      }
    }
    return faults;
  });
}

// Throws if anything is wrong with the page as it is shown, or was since it was opened; without
// axe where it has seen the same parts in the same colours.
export async function judge(page, name, { withAxe = true } = {}) {
  const faults = [
    ...page.faults,
    ...(await layoutFaults(page)),
    ...(withAxe ? await accessibilityFaults(page) : []),
  ];
  check(faults.length === 0, `${name}:\n  ${faults.join("\n  ")}`);
}

// Runs the scenes that are named on the command line, or all of them.
export async function play(scenes) {
  const browser = await openBrowser();
  let failed = 0;
  for (const [name, scene] of Object.entries(scenes)) {
    const began = performance.now();
    try {
      await scene(browser);
      console.log(`ok ${name}, ${((performance.now() - began) / 1000).toFixed(1)} s`);
    } catch (error) {
      failed += 1;
      console.log(`not ok ${name}\n${error.stack}`);
      for (const page of browser.contexts().flatMap((context) => context.pages())) {
        await picture(page, `failed-${name.replaceAll(/\W+/g, "-")}`).catch(() => {});
      }
    }
    for (const context of browser.contexts()) await context.close();
  }
  await browser.close();
  process.exit(failed === 0 ? 0 : 1);
}
