// What is around every page: where one can go, and who one is.
import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { api } from "./api/client";
import { mayAct, type Role } from "./api/words";
import { useIsLive } from "./live";
import { type Loaded, useLoad } from "./load";
import { Otter } from "./parts/otter";
import { go, link, type Route } from "./route";
import { signOut, useSession } from "./session";
import { chooseTheme, chosenTheme, type Theme } from "./theme";

interface Place {
  text: string;
  segments: string[]; // behind the product's, or alone
  also?: string; // another segment that stands for the same place
  role?: Role;
}

const kOfProduct: Place[] = [
  { text: "Fleet", segments: [] },
  { text: "Devices", segments: ["devices"] },
  { text: "Rollouts", segments: ["rollouts"], also: "start" },
  { text: "Experiments", segments: ["experiments"], also: "compare" },
  { text: "Releases", segments: ["releases"], also: "publish" },
  { text: "Approvals", segments: ["approvals"] },
  { text: "Configuration", segments: ["configuration"] },
  { text: "Groups", segments: ["groups"] },
  { text: "Product settings", segments: ["settings"] },
];
const kOfServer: Place[] = [
  { text: "Products", segments: [] },
  { text: "Flash a board", segments: ["flash"] },
  { text: "Access", segments: ["access"], role: "admin" },
  { text: "Audit log", segments: ["audit"], role: "admin" },
];

function isAt(place: Place, base: string[], here: string[]): boolean {
  const [first] = place.segments;
  if (first === undefined) return here.join("/") === base.join("/");
  if (base.some((segment, index) => here[index] !== segment)) return false;
  const segment = here[base.length];
  return segment === first || (segment !== undefined && segment === place.also);
}

function Places({ places, base, here }: { places: Place[]; base: string[]; here: string[] }) {
  const { role } = useSession();
  const allowed = places.filter((place) => mayAct(role, place.role ?? "viewer"));
  return (
    <ul>
      {allowed.map((place) => (
        <li key={place.text}>
          <a
            href={link([...base, ...place.segments])}
            aria-current={isAt(place, base, here) ? "page" : undefined}
          >
            {place.text}
          </a>
        </li>
      ))}
    </ul>
  );
}

function ProductChoice({ products, product }: { products: string[]; product: string | null }) {
  const known = product === null || products.includes(product) ? products : [product, ...products];
  return (
    <select
      aria-label="Product"
      value={product ?? ""}
      onChange={(event) => go(link(["products", event.currentTarget.value]))}
    >
      {product === null && <option value="">Choose a product</option>}
      {known.map((name) => (
        <option key={name} value={name}>
          {name}
        </option>
      ))}
    </select>
  );
}

function ThemeChoice() {
  const [theme, setTheme] = useState(chosenTheme);
  return (
    <select
      aria-label="Colours"
      value={theme}
      onChange={(event) => {
        const chosen = event.currentTarget.value as Theme;
        chooseTheme(chosen);
        setTheme(chosen);
      }}
    >
      <option value="system">System colours</option>
      <option value="light">Light</option>
      <option value="dark">Dark</option>
    </select>
  );
}

function Foot({ onSignedOut }: { onSignedOut: () => void }) {
  const session = useSession();
  const live = useIsLive();
  return (
    <div class="side-foot">
      <span class={live ? "live is-live" : "live"}>
        {live ? "Live" : "Not live: the line is down"}
      </span>
      <ThemeChoice />
      <div class="row">
        <a href={link(["account"])} title="Your account">
          {session.account}
        </a>
        <span class="soft">{session.role}</span>
      </div>
      <button
        type="button"
        onClick={() => {
          void signOut().then(onSignedOut, onSignedOut);
        }}
      >
        Sign out
      </button>
    </div>
  );
}

// The product that the page is about, or, at a device, the one that was looked at last.
function useProduct(route: Route, products: Loaded<string[]>): string | null {
  const [last, setLast] = useState<string | null>(null);
  const named = route.segments[0] === "products" ? (route.segments[1] ?? null) : null;
  useEffect(() => {
    if (named !== null) setLast(named);
  }, [named]);
  const only = products.data?.length === 1 ? (products.data[0] ?? null) : null;
  return named ?? last ?? only;
}

export function Frame({
  route,
  onSignedOut,
  children,
}: {
  route: Route;
  onSignedOut: () => void;
  children: ComponentChildren;
}) {
  const [isOpen, setOpen] = useState(false);
  const products = useLoad(async (signal) => {
    const page = await api.get("/api/v1/products", { query: { limit: 1000 }, signal });
    return page.products.map((one) => one.name);
  }, []);
  const product = useProduct(route, products);
  const here = route.segments;
  const path = here.join("/");
  useEffect(() => setOpen(false), [path]);
  return (
    <div class="frame">
      <button
        type="button"
        class="skip"
        onClick={() => document.getElementById("content")?.focus()}
      >
        Skip to the content
      </button>
      <nav class="side" aria-label="Main">
        <div class="side-head">
          <a class="brand" href={product === null ? "#/" : link(["products", product])}>
            <Otter />
            Otter
          </a>
          <button
            type="button"
            class="menu-button"
            aria-expanded={isOpen}
            aria-controls="places"
            onClick={() => setOpen(!isOpen)}
          >
            Menu
          </button>
        </div>
        <div class={isOpen ? "side-parts is-open" : "side-parts"} id="places">
          <div>
            <ProductChoice products={products.data ?? []} product={product} />
          </div>
          {product !== null && (
            <Places places={kOfProduct} base={["products", product]} here={here} />
          )}
          <div>
            <p class="side-label">Server</p>
            <Places places={kOfServer} base={[]} here={here} />
          </div>
          <Foot onSignedOut={onSignedOut} />
        </div>
      </nav>
      <main id="content" tabIndex={-1}>
        {children}
      </main>
    </div>
  );
}
