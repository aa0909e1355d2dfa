// How soon pages are there, in a browser that has nothing yet: what bench/dashboard.py prints.
import { check, facts, openBrowser, openPage, signIn } from "./browser.mjs";

const kPlaces = {
  "sign-in": ["", "main form"],
  fleet: ["products/bench", "a.tile"],
  devices: ["products/bench/devices", "tbody tr"],
  device: [`devices/${facts.device}`, ".reasons li"],
};

// [ms] since the navigation began: the first paint; what was asked for; all parts of the page.
async function look(browser, [path, wanted], storageState) {
  const page = await openPage(browser, { storageState });
  await page.goto(`${facts.url}/#/${path}`, { waitUntil: "commit" });
  const there = (selector) => document.querySelector(selector) !== null && performance.now();
  const shown = await page.waitForFunction(there, wanted);
  const settled = () => document.querySelector(".skeleton") === null && performance.now();
  const whole = await page.waitForFunction(settled);
  const painted = () => performance.getEntriesByName("first-contentful-paint")[0]?.startTime;
  const times = {
    paint: await (await page.waitForFunction(painted)).jsonValue(),
    shown: await shown.jsonValue(),
    whole: await whole.jsonValue(),
  };
  check(page.faults.length === 0, page.faults.join("\n")); // a request to another host is one
  await page.context().close();
  return times;
}

const browser = await openBrowser();
const first = await openPage(browser);
await signIn(first, "admin");
const signedIn = await first.context().storageState();
const told = {};
for (const [name, place] of Object.entries(kPlaces)) {
  told[name] = [];
  for (let round = 0; round < facts.rounds; round += 1) {
    told[name].push(await look(browser, place, name === "sign-in" ? undefined : signedIn));
  }
}
console.log(JSON.stringify(told));
await browser.close();
