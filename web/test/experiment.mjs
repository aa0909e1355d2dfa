// What people do with experiments: start one, watch the boards decide it, let the winner out; keep a
// draft, start, stop and conclude it.
import { check, facts, judge, openPage, picture, play, signIn, visit } from "./browser.mjs";

const product = "products/demo";
const kDecided = 120_000; // [ms] 36 boards update, and are watched

async function ask(page, name, answer = async () => {}) {
  await page.getByRole("button", { name, exact: true }).first().click();
  const dialog = page.getByRole("dialog");
  await answer(dialog);
  await judge(page, `${name}, asked`);
  await dialog.getByRole("button", { name, exact: true }).click();
  await dialog.waitFor({ state: "detached" });
}

// As people choose it; nothing: its devices keep what they run.
function carried(version) {
  return { label: version === "" ? "What they run" : `Release ${version}` };
}

async function fill(page, name, arms) {
  await visit(page, `${product}/compare`);
  await page.getByLabel("Name", { exact: true }).fill(name);
  for (const [index, [arm, version]] of arms.entries()) {
    await page.getByLabel(`Name of arm ${index + 1}`).fill(arm);
    await page.getByLabel(`Arm ${index + 1} runs`).selectOption(carried(version));
  }
}

// The boards live outside, and report as soon as they are offered something.
async function comparesReleases(browser) {
  const page = await openPage(browser);
  await signIn(page, "oscar");
  await visit(page, `${product}/experiments`);
  await page.getByRole("link", { name: "Start an experiment" }).click();
  await page.getByRole("heading", { name: "Start an experiment" }).waitFor();
  await fill(page, "boots", [
    ["good", facts.good],
    ["bad", ""],
  ]);
  await page.getByLabel("What is measured").selectOption("confirmed");
  await page.getByLabel("Each device is watched for").fill("3s");
  await page.getByLabel("Devices in each arm at least").fill("4");
  await page.getByLabel("It stops if more").fill("100");
  await page.getByRole("button", { name: "Start the experiment" }).click();
  await page.getByText("confirms nothing").waitFor(); // the server's word
  await judge(page, "an experiment, refused");
  await page.getByLabel("Arm 2 runs").selectOption(carried(facts.bad));
  await page.getByRole("button", { name: "Start the experiment" }).click();
  await page.getByRole("heading", { name: "Experiment boots" }).waitFor();
  await page.getByText("Which release do more devices confirm?").waitFor();
  await page.getByText("Arm good (1.1.0) wins, by its figures").waitFor({ timeout: kDecided }); // by itself
  await page.getByText("Worse than good, by about 100.0 points.").waitFor();
  await judge(page, "an experiment that is concluded");
  await picture(page, "experiment-won-desk");
  await page.setViewportSize({ width: 390, height: 844 });
  await judge(page, "an experiment that is concluded, phone");
  await picture(page, "experiment-won-phone");
  await page.setViewportSize({ width: 1440, height: 900 });
  await leadsToDevices(page);
  await ask(page, "Let the winner out", (dialog) => dialog.getByLabel("Normal").check());
  await page.getByRole("heading", { name: `Rollout ${facts.good}` }).waitFor();
  await visit(page, `${product}/experiments/boots`);
  await page.getByText("It goes out by the rollout").waitFor();
  check((await page.getByRole("button", { name: "Let the winner out" }).count()) === 0, "twice");
}

// Behind a number are as many devices.
async function leadsToDevices(page) {
  const arm = page.locator(".arm").filter({ has: page.getByRole("heading", { name: "bad" }) });
  const number = arm.locator("dl > div").filter({ hasText: "rolled back" }).getByRole("link");
  const wanted = Number(await number.textContent());
  check(wanted > 0, "no board has rolled back");
  await number.click();
  const card = page.locator("section").filter({ hasText: "Its devices: arm bad, rolled back" });
  await card
    .locator("tbody tr")
    .nth(wanted - 1)
    .waitFor();
  check((await card.locator("tbody tr").count()) === wanted, `not ${wanted} devices`);
}

async function draftsAndStops(browser) {
  const page = await openPage(browser);
  await signIn(page, "oscar");
  await fill(page, "other", [
    ["control", ""],
    ["a", facts.good],
  ]);
  await page.getByRole("button", { name: "Add an arm" }).click();
  await page.getByLabel("Arm 3 runs").selectOption(carried(facts.bad));
  await page.getByLabel("A draft: it does not begin yet").check();
  await judge(page, "an experiment, filled in");
  await page.getByRole("button", { name: "Keep the draft" }).click();
  await page.getByRole("heading", { name: "Experiment other" }).waitFor();
  await ask(page, "Start");
  await page.getByText("running").first().waitFor();
  await page.getByText("Look as often as you like").waitFor();
  await ask(page, "Stop", async (dialog) => {
    await dialog.getByLabel("Its devices go back").check();
    await dialog.getByLabel("Why").fill("it hums");
  });
  await page.getByText("Stopped by a person").waitFor();
  await page.getByText("It hums").waitFor();
}

async function concludes(browser) {
  const page = await openPage(browser);
  await signIn(page, "oscar");
  await fill(page, "mine", [
    ["control", ""],
    ["a", facts.good],
  ]);
  await page.getByLabel("What is measured").selectOption("heap");
  await page.getByRole("button", { name: "Start the experiment" }).click();
  await page.getByRole("heading", { name: "Experiment mine" }).waitFor();
  await ask(page, "Conclude", (dialog) => dialog.getByLabel("Winner").selectOption("control"));
  await page.getByText("wins, a person said so").waitFor();
  check((await page.getByRole("button", { name: "Let the winner out" }).count()) === 0, "control");
}

await play({
  "an experiment decides": comparesReleases,
  "an experiment is stopped": draftsAndStops,
  "an experiment is concluded": concludes,
});
