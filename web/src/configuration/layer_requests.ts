// Setting what a group or a device has of its own, and taking it away.
import { api } from "../api/client";
import type { Values } from "./json_reader";
import type { Kind } from "./layers";

export interface Owner {
  product: string;
  kind: Kind;
  name: string;
}

export async function setLayer({ product, kind, name }: Owner, values: Values) {
  const body = values as never;
  if (kind === "group") {
    const path = { product, group: name };
    await api.put("/api/v1/products/{product}/config/groups/{group}", { path, body });
  } else {
    const path = { product, device: name };
    await api.put("/api/v1/products/{product}/config/devices/{device}", { path, body });
  }
}

export async function removeLayer({ product, kind, name }: Owner) {
  if (kind === "group") {
    const path = { product, group: name };
    await api.delete("/api/v1/products/{product}/config/groups/{group}", { path });
  } else {
    const path = { product, device: name };
    await api.delete("/api/v1/products/{product}/config/devices/{device}", { path });
  }
}
