// From a route to its page.
import type { VNode } from "preact";
import { AccessPage } from "./access/access_page";
import { AccountPage } from "./access/account_page";
import { AuditPage } from "./access/audit_page";
import { ConfigurationPage } from "./configuration/configuration_page";
import { LayerPage } from "./configuration/layer_page";
import { kindOf } from "./configuration/layers";
import { DevicePage } from "./devices/device_page";
import { DevicesPage } from "./devices/devices_page";
import { ComparePage } from "./experiments/compare_page";
import { ExperimentPage } from "./experiments/experiment_page";
import { ExperimentsPage } from "./experiments/experiments_page";
import { FlashPage } from "./flash/flash_page";
import { FleetPage } from "./fleet/fleet_page";
import { ProductsPage } from "./fleet/products_page";
import { Empty } from "./parts/notice";
import { Page } from "./parts/page";
import { GroupsPage } from "./product/groups_page";
import { SettingsPage } from "./product/settings_page";
import { PublishPage } from "./publish/publish_page";
import { ApprovalsPage } from "./releases/approvals_page";
import { ReleasePage } from "./releases/release_page";
import { ReleasesPage } from "./releases/releases_page";
import { RolloutPage } from "./rollouts/rollout_page";
import { RolloutsPage } from "./rollouts/rollouts_page";
import { StartPage } from "./rollouts/start_page";
import type { Route } from "./route";

// A page with another key is another page, that begins anew.
interface Shown {
  key: string;
  element: VNode;
}

function Missing() {
  return (
    <Page title="There is no such page">
      <Empty title="The address leads nowhere">
        <p>
          It may be from another version of the dashboard. <a href="#/">Go to the start</a>
        </p>
      </Empty>
    </Page>
  );
}

function elementOf(route: Route): VNode {
  const [first, name] = route.segments;
  switch (first) {
    case undefined:
      return <ProductsPage />;
    case "products":
      return name === undefined ? <ProductsPage /> : productPage(name, route);
    case "devices":
      return name === undefined ? <Missing /> : <DevicePage device={name} route={route} />;
    case "flash":
      return <FlashPage />;
    case "access":
      return <AccessPage />;
    case "audit":
      return <AuditPage route={route} />;
    case "account":
      return <AccountPage />;
    default:
      return <Missing />;
  }
}

function productPage(product: string, route: Route): VNode {
  const [, , part, name] = route.segments;
  switch (part) {
    case undefined:
      return <FleetPage product={product} />;
    case "devices":
      return <DevicesPage product={product} route={route} />;
    case "rollouts":
      return rolloutsPage(product, name, route);
    case "releases":
      return name === undefined ? (
        <ReleasesPage product={product} route={route} />
      ) : (
        <ReleasePage product={product} version={name} />
      );
    case "start":
      return <StartPage product={product} route={route} />;
    case "experiments":
      return name === undefined ? (
        <ExperimentsPage product={product} route={route} />
      ) : (
        <ExperimentPage product={product} name={name} route={route} />
      );
    case "compare":
      return <ComparePage product={product} />;
    case "publish":
      return <PublishPage product={product} />;
    case "approvals":
      return <ApprovalsPage product={product} />;
    case "configuration":
      return configurationPage(product, route);
    case "groups":
      return <GroupsPage product={product} route={route} />;
    case "settings":
      return <SettingsPage product={product} />;
    default:
      return <Missing />;
  }
}

function configurationPage(product: string, route: Route): VNode {
  const [, , , kinds, owner] = route.segments;
  if (kinds === undefined) return <ConfigurationPage product={product} route={route} />;
  const kind = kindOf(kinds);
  if (kind === undefined || owner === undefined) return <Missing />;
  return <LayerPage product={product} kind={kind} name={owner} />;
}

function rolloutsPage(product: string, name: string | undefined, route: Route): VNode {
  if (name === undefined) return <RolloutsPage product={product} route={route} />;
  return <RolloutPage product={product} name={name} route={route} />;
}

export function pageOf(route: Route): Shown {
  return { key: route.segments.join("/"), element: elementOf(route) };
}
