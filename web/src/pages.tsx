// From a route to its page.
import type { VNode } from "preact";
import { DevicePage } from "./devices/device_page";
import { DevicesPage } from "./devices/devices_page";
import { FleetPage } from "./fleet/fleet_page";
import { ProductsPage } from "./fleet/products_page";
import { Empty } from "./parts/notice";
import { Page } from "./parts/page";
import { RolloutPage } from "./rollouts/rollout_page";
import { RolloutsPage } from "./rollouts/rollouts_page";
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
  const [first, product] = route.segments;
  if (first === undefined) return <ProductsPage />;
  if (first === "devices" && product !== undefined) {
    return <DevicePage device={product} route={route} />;
  }
  if (first === "products" && product !== undefined) return productPage(product, route);
  return <Missing />;
}

function productPage(product: string, route: Route): VNode {
  const [, , part, name] = route.segments;
  if (part === undefined) return <FleetPage product={product} />;
  if (part === "devices") return <DevicesPage product={product} route={route} />;
  if (part === "rollouts" && name !== undefined) {
    return <RolloutPage product={product} name={name} route={route} />;
  }
  if (part === "rollouts") return <RolloutsPage product={product} route={route} />;
  return <Missing />;
}

export function pageOf(route: Route): Shown {
  return { key: route.segments.join("/"), element: elementOf(route) };
}
