#include "server/known_product.h"

#include "server/problem.h"

namespace otter::server {

Product known_product(const Call& call, const std::string& name) {
  std::optional<Product> product = call.backend.store.product(name);
  if (!product.has_value()) throw HttpError(Problem::not_found, "there is no such product");
  return *std::move(product);
}

}  // namespace otter::server
