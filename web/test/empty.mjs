// A server where nothing has happened yet: each page says what to do next.
import { facts, judge, kSizes, openPage, picture, play, signIn, visit } from "./browser.mjs";

const product = "products/demo";
const kPages = {
  fleet: [product, "No device has been here yet"],
  devices: [`${product}/devices`, "No device has been here yet"],
  rollouts: [`${product}/rollouts`, "No rollout yet"],
  start: [`${product}/start`, "No release is there for a rollout"],
  experiments: [`${product}/experiments`, "No experiment yet"],
  compare: [`${product}/compare`, "Nothing is there for an experiment"],
  releases: [`${product}/releases`, "No release yet"],
  approvals: [`${product}/approvals`, "Nothing waits for approval"],
  configuration: [`${product}/configuration`, "There is no configuration yet"],
  groups: [`${product}/groups`, "No group yet"],
};

async function empty(browser, size) {
  const page = await openPage(browser, { viewport: kSizes[size] });
  await signIn(page, "admin");
  for (const [name, [path, text]] of Object.entries(kPages)) {
    await visit(page, path);
    await page.getByText(text).first().waitFor();
    await judge(page, `${name}, empty`);
    await picture(page, `${name}-empty-${size}`);
  }
  await visit(page, kPages.configuration[0]);
  await page.getByText("No group and no device has values of its own").waitFor();
  const layers = ["configuration/groups/none", "configuration/devices/none"];
  const inProduct = ["releases/9.9", "rollouts/9.9", "experiments/9.9", ...layers];
  for (const path of ["devices/nobody", ...inProduct.map((each) => `${product}/${each}`)]) {
    await visit(page, path);
    await page.getByText("There is no such thing").first().waitFor();
  }
}

// What a browser loads before it shows anything: docs/dashboard.md.
async function firstLoad(browser) {
  const page = await openPage(browser);
  await page.goto(facts.url);
  await page.getByRole("button", { name: "Sign in" }).waitFor();
  await page.waitForLoadState("networkidle");
  const total = page.sizes.reduce((sum, one) => sum + one.bytes, 0);
  if (page.sizes.length < 3 || total === 0) throw new Error("nothing was measured");
  console.log(`# first load: ${total} bytes in ${page.sizes.length} files`);
  const paint = await page.evaluate(() =>
    performance.getEntriesByName("first-contentful-paint").map((entry) => entry.startTime),
  );
  console.log(`# first paint: ${Math.round(paint[0] ?? 0)} ms`);
  if (total >= 200 * 1024) throw new Error(`${total} bytes are more than 200 KiB`);
}

// Does the judge see what it is there for?
async function judgeTheJudge(browser) {
  for (const markup of ["<img src='/assets/none.png'>", "<input>", "<p class='wide'>x</p>"]) {
    const page = await openPage(browser);
    await page.route("**/*", (route) =>
      route.fulfill({
        contentType: "text/html",
        body: `<!doctype html><html lang="en"><title>x</title><style>.wide { width: 9999px }</style>
          <main><h1>x</h1>${markup}</main></html>`,
      }),
    );
    await page.goto(facts.url);
    const isBlind = await judge(page, "x").then(
      () => true,
      () => false,
    );
    if (isBlind) throw new Error(`nobody complains about ${markup}`);
  }
}

await play({
  "the judge": judgeTheJudge,
  "empty: desk": (browser) => empty(browser, "desk"),
  "empty: phone": (browser) => empty(browser, "phone"),
  "first load": firstLoad,
});
