// All products: where one begins.
import { api } from "../api/client";
import { useReloadOn } from "../live";
import { useLoad } from "../load";
import { Empty } from "../parts/notice";
import { Card, Page, Ready } from "../parts/page";
import { link } from "../route";
import { useMay } from "../session";
import { chipName, count } from "../text";
import { NewProduct } from "./new_product";

export function ProductsPage() {
  const products = useLoad(
    (signal) => api.get("/api/v1/products", { query: { limit: 1000 }, signal }),
    [],
  );
  useReloadOn(["enrolment", "release"], null, products.reload);
  const mayAdd = useMay("admin");
  return (
    <Page title="Products" lead="A product is a line of hardware, with its devices and releases.">
      <Ready loaded={products}>
        {({ products: list }) => (
          <Card flush>
            {list.length === 0 ? (
              <Empty title="There is no product yet">
                <p>
                  A product has its own releases, devices and keys.{" "}
                  {mayAdd ? "Add the first one below." : "An admin can add the first one."}
                </p>
              </Empty>
            ) : (
              <table class="cards">
                <thead>
                  <tr>
                    <th scope="col">Product</th>
                    <th scope="col">Chip</th>
                    <th scope="col" class="number">
                      Devices
                    </th>
                    <th scope="col" class="number">
                      Releases
                    </th>
                    <th scope="col">Offered</th>
                  </tr>
                </thead>
                <tbody>
                  {list.map((product) => (
                    <tr key={product.name}>
                      <td data-label="Product">
                        <a href={link(["products", product.name])}>{product.name}</a>
                      </td>
                      <td data-label="Chip">{chipName(product.chip)}</td>
                      <td data-label="Devices" class="number">
                        <a href={link(["products", product.name, "devices"])}>
                          {count(product.devices)}
                        </a>
                      </td>
                      <td data-label="Releases" class="number">
                        <a href={link(["products", product.name, "releases"])}>
                          {count(product.releases)}
                        </a>
                      </td>
                      <td data-label="Offered">
                        {product.staged ? "by rollouts alone" : "to all at once"}
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            )}
          </Card>
        )}
      </Ready>
      {mayAdd && <NewProduct reload={products.reload} />}
    </Page>
  );
}
