// Writes a plan to a board on USB, with Espressif's esptool-js. Loaded only when it is needed.
import { md5 } from "@noble/hashes/legacy";
import { ESPLoader, Transport } from "esptool-js";
import { hex } from "../publish/esp_image";
import type { FlashFile } from "./flash_plan";

const kBaud = 460_800;
const kRomBaud = 115_200;

export interface Watcher {
  say: (line: string) => void;
  progress: (file: FlashFile, part: number) => void; // 0 to 1
}

// A board in its ROM loader.
export class Board {
  private constructor(
    private readonly transport: Transport,
    private readonly loader: ESPLoader,
    readonly chip: string, // as in a manifest: "esp32c3"
    readonly mac: string,
  ) {}

  static async connect(port: SerialPort, watcher: Watcher): Promise<Board> {
    const transport = new Transport(port, false);
    const terminal = { clean: () => {}, writeLine: watcher.say, write: watcher.say };
    const loader = new ESPLoader({ transport, baudrate: kBaud, romBaudrate: kRomBaud, terminal });
    try {
      await loader.main();
      const mac = await loader.chip.readMac(loader);
      return new Board(transport, loader, chipName(loader.chip.CHIP_NAME), mac);
    } catch (cause) {
      await transport.disconnect().catch(() => {});
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new Error(
        `The board does not answer: ${why}. Hold BOOT while you press RESET, then try again.`,
      );
    }
  }

  // Each file is read back by its hash.
  async write(files: FlashFile[], watcher: Watcher): Promise<void> {
    await this.loader.writeFlash({
      fileArray: files.map(({ bytes, offset }) => ({ data: bytes, address: offset })),
      flashMode: "keep",
      flashFreq: "keep",
      flashSize: "keep",
      eraseAll: false,
      compress: true,
      reportProgress: (index, written, total) => {
        const file = files[index];
        if (file !== undefined) watcher.progress(file, total === 0 ? 1 : written / total);
      },
      calculateMD5Hash: (image) => hex(md5(image)),
    });
  }

  async restart(): Promise<void> {
    await this.loader.after("hard_reset");
    await this.transport.disconnect();
  }

  async leave(): Promise<void> {
    await this.transport.disconnect().catch(() => {});
  }
}

// "ESP32-C3" -> "esp32c3"
function chipName(name: string): string {
  return name.toLowerCase().replaceAll("-", "");
}
