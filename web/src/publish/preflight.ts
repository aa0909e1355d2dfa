// Before anything is signed or sent: would the server and its fleet take this image?
import { api } from "../api/client";
import type { ShownProduct } from "../api/words";
import { bytes, chipName } from "../text";
import type { EspImage } from "./esp_image";

export interface Check {
  tone: "good" | "bad" | "warn";
  text: string;
}

const kSectorSize = 4096;

function chipCheck(image: EspImage, product: ShownProduct): Check {
  if (product.chip === null) {
    return { tone: "good", text: `The first release decides the chip: ${chipName(image.chip)}` };
  }
  return product.chip === image.chip
    ? { tone: "good", text: `Made for the product's chip, ${chipName(image.chip)}` }
    : {
        tone: "bad",
        text: `Made for ${chipName(image.chip)}, but the product's is ${chipName(product.chip)}`,
      };
}

function slotCheck(size: number, product: ShownProduct): Check {
  const needed = Math.ceil(size / kSectorSize) * kSectorSize;
  const slots = [product.slot_bytes, product.smallest_slot_bytes].filter((slot) => slot > 0);
  const smallest = slots.length === 0 ? 0 : Math.min(...slots);
  if (smallest === 0) {
    return {
      tone: "warn",
      text: "No device has stated its slot yet: whether it fits is not known",
    };
  }
  return needed <= smallest
    ? { tone: "good", text: `Fits the smallest slot of the fleet, ${bytes(smallest)}` }
    : { tone: "bad", text: `Needs ${bytes(needed)}; the smallest slot has ${bytes(smallest)}` };
}

async function versionCheck(product: string, version: string): Promise<Check> {
  try {
    await api.get("/api/v1/releases/{product}/{version}", { path: { product, version } });
    return { tone: "bad", text: `Release ${version} is there already; a release never changes` };
  } catch {
    return { tone: "good", text: `${version} is a new version` };
  }
}

export async function preflight(
  image: EspImage,
  size: number,
  product: ShownProduct,
  version: string,
): Promise<Check[]> {
  const checks = [chipCheck(image, product), slotCheck(size, product)];
  const marker = image.marker;
  if (marker !== null && marker.product !== product.name) {
    const text = `The firmware says that it is of product ${marker.product}`;
    checks.push({ tone: "bad", text });
  }
  if (marker !== null && marker.version !== version) {
    const text = `The firmware says that it is version ${marker.version}`;
    checks.push({ tone: "bad", text });
  }
  if (version !== "") checks.push(await versionCheck(product.name, version));
  return checks;
}
