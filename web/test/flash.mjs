// Flashing over Web Serial: the browser's port is one whose other end is a ROM loader of ours.
import { writeFileSync } from "node:fs";
import { check, facts, judge, kSizes, openPage, picture, play, signIn, visit } from "./browser.mjs";
import { RomLoader } from "./rom_loader.mjs";

const kEsp32C3 = 5;
const kEsp32S3 = 9;

// Gives the page a port; what it writes there, `loader` gets.
async function plugIn(page, loader) {
  await page.exposeFunction("toBoard", (bytes) => loader.receive(bytes));
  await page.addInitScript(() => {
    class Port extends EventTarget {
      readable = null;
      writable = null;
      async open() {
        let incoming;
        this.readable = new ReadableStream({
          start(controller) {
            incoming = controller;
          },
        });
        this.writable = new WritableStream({
          async write(chunk) {
            const answer = await window.toBoard(Array.from(chunk));
            if (answer.length > 0) incoming.enqueue(Uint8Array.from(answer));
          },
        });
      }
      async close() {
        this.readable = null;
        this.writable = null;
      }
      async setSignals() {}
      getInfo() {
        return { usbVendorId: 0x10c4, usbProductId: 0xea60 };
      }
    }
    const port = new Port();
    const serial = { requestPort: async () => port, getPorts: async () => [port] };
    Object.defineProperty(navigator, "serial", { value: serial });
  });
}

async function fillIn(page) {
  await visit(page, "flash");
  await page.getByLabel("What your build has left").setInputFiles(facts.files);
  await page.getByText("For ESP32-C3").waitFor();
  await page.getByLabel("Device id").fill(facts.device);
  await page.getByLabel("Server, as the board reaches it").fill("192.168.1.7");
  await page.getByLabel("Port").fill("8443");
  await page.getByLabel("Authority to trust").setInputFiles(facts.authority);
  await page.getByLabel("Wi-Fi", { exact: true }).fill("home");
  await page.getByLabel("Wi-Fi password").fill("correct horse");
}

async function flashes(browser) {
  const loader = new RomLoader({ chipId: kEsp32C3 });
  const page = await openPage(browser);
  await plugIn(page, loader);
  await signIn(page, "admin");
  await fillIn(page);
  await judge(page, "flash");
  await picture(page, "flash-ready");
  await page.getByRole("button", { name: "Choose the board and flash it" }).click();
  await page.getByText("It is written, read back and started").waitFor({ timeout: 120_000 });
  await picture(page, "flash-done");
  check(loader.commands.has(0x13), "nothing was read back");
  writeFileSync(facts.flash, loader.flash);
}

async function refusesAnotherChip(browser) {
  const loader = new RomLoader({ chipId: kEsp32S3 });
  const page = await openPage(browser);
  await plugIn(page, loader);
  await signIn(page, "admin");
  await fillIn(page);
  await page.getByLabel("Device id").fill("never");
  await page.getByRole("button", { name: "Choose the board and flash it" }).click();
  await page.getByText("The files are for ESP32-C3, but the board is an ESP32-S3").waitFor();
  check(
    loader.flash.every((byte) => byte === 0xff),
    "something was written",
  );
  await visit(page, "devices/never");
  await page.getByText("There is no such thing").first().waitFor();
}

async function noticesBadFlash(browser) {
  const loader = new RomLoader({ chipId: kEsp32C3, wears: true });
  const page = await openPage(browser);
  await plugIn(page, loader);
  await signIn(page, "admin");
  await fillIn(page);
  await page.getByLabel("Enrol it, and write its key and settings").uncheck();
  await page.getByRole("button", { name: "Choose the board and flash it" }).click();
  await page.getByText(/MD5/).first().waitFor({ timeout: 120_000 });
  check((await page.getByText("It is written").count()) === 0, "it says that all is well");
}

// Where there is no Web Serial, and where somebody may not enrol.
async function withoutSerial(browser) {
  const page = await openPage(browser, { viewport: kSizes.phone });
  await page.addInitScript(() => {
    delete Navigator.prototype.serial;
  });
  await signIn(page, "vera");
  await visit(page, "flash");
  await page.getByText("This browser can't reach a board on USB").waitFor();
  await page.getByLabel("What your build has left").setInputFiles(facts.files);
  await page.getByText("esptool --chip esp32c3 write-flash 0x0 bootloader.bin").waitFor();
  check(await page.getByLabel("Enrol it, and write").isDisabled(), "a viewer may enrol");
  await judge(page, "flash, without Web Serial");
  await picture(page, "flash-without-serial-phone");
  await page.getByLabel("What your build has left").setInputFiles(facts.files.slice(1));
  await page.getByText("There is no partition table among the files").waitFor();
}

await play({
  flash: flashes,
  "another chip": refusesAnotherChip,
  "flash that does not hold": noticesBadFlash,
  "no Web Serial": withoutSerial,
});
