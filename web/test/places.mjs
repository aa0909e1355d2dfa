// The pages, in a server that is lived in.
import { facts } from "./browser.mjs";

export const kProduct = "products/demo";
export const kPages = {
  products: "",
  fleet: kProduct,
  devices: `${kProduct}/devices`,
  "devices-filtered": `${kProduct}/devices?filter=tag%20%3D%20kitchen`,
  "devices-none": `${kProduct}/devices?filter=tag%20%3D%20nowhere`,
  device: `devices/${facts.device}`,
  "device-rolled-back": `devices/${facts.rolled_back}`,
  rollouts: `${kProduct}/rollouts`,
  rollout: `${kProduct}/rollouts/${facts.running}`,
  "rollout-halted": `${kProduct}/rollouts/${facts.halted}`,
  "rollout-start": `${kProduct}/start`,
  experiments: `${kProduct}/experiments`,
  experiment: `${kProduct}/experiments/${facts.experiment}`,
  "experiment-concluded": `${kProduct}/experiments/calm`,
  "experiment-start": `${kProduct}/compare`,
  releases: `${kProduct}/releases`,
  release: `${kProduct}/releases/${facts.release}`,
  publish: `${kProduct}/publish`,
  approvals: `${kProduct}/approvals`,
  configuration: `${kProduct}/configuration`,
  groups: `${kProduct}/groups`,
  settings: `${kProduct}/settings`,
  access: "access",
  audit: "audit",
  account: "account",
  flash: "flash",
  nowhere: "nowhere/at/all",
};
