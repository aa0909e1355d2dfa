// Short names for what the API speaks of.
import type { components } from "./openapi";

type Schemas = components["schemas"];
export type Device = Schemas["Device"];
export type Explanation = Schemas["Explanation"];
export type Report = Schemas["Report"];
export type Sample = Schemas["Sample"];
export type DeviceLog = Schemas["DeviceLog"];
export type CoreDump = Schemas["CoreDump"];
export type Release = Schemas["Release"];
export type ShownRelease = Schemas["ShownRelease"];
export type Rollout = Schemas["Rollout"];
export type RolloutTally = Schemas["RolloutTally"];
export type Experiment = Schemas["Experiment"];
export type ExperimentArm = Schemas["ExperimentArm"];
export type Product = Schemas["CountedProduct"];
export type ShownProduct = Schemas["ShownProduct"];
export type Session = Schemas["Session"];
export type Role = Schemas["Role"];
export type Account = Schemas["Account"];
export type Token = Schemas["Token"];
export type Group = Schemas["CountedGroup"];
export type Configuration = Schemas["ShownConfiguration"];
export type Layer = Schemas["ConfigurationLayer"];
export type DeviceConfiguration = Schemas["DeviceConfiguration"];

const kRoles: readonly Role[] = ["viewer", "operator", "publisher", "admin"];

// Each role may what the one before it may.
export function mayAct(role: Role, needed: Role): boolean {
  return kRoles.indexOf(role) >= kRoles.indexOf(needed);
}
