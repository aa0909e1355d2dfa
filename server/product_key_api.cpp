#include "server/product_key_api.h"

#include <algorithm>

#include "server/json_body.h"
#include "server/known_product.h"
#include "server/problem.h"

namespace otter::server {
namespace {

std::vector<ProductKey> keys_of(const Call& call, const std::string& product) {
  known_product(call, product);
  return call.backend.store.product_keys(product);
}

boost::json::object document_of(const ProductKey& key) {
  boost::json::value used = nullptr;
  if (key.used_s != 0) used = key.used_s;
  return {{"id", token_id_of(key.hash)}, {"created", key.created_s}, {"used", used}};
}

}  // namespace

Response list_product_keys(const Call& call) {
  call.backend.key_uses.flush(call.backend.store);
  boost::json::array list;
  for (const ProductKey& key : keys_of(call, call.target.segments.at(3))) {
    list.push_back(document_of(key));
  }
  return json_response(200, {{"keys", std::move(list)}});
}

Response revoke_product_key(const Call& call) {
  const std::string& product = call.target.segments.at(3);
  const std::string& id = call.target.segments.at(5);
  const std::vector<ProductKey> keys = keys_of(call, product);
  const auto found = std::ranges::find_if(
      keys, [&](const ProductKey& key) { return token_id_of(key.hash) == id; });
  if (found == keys.end()) throw HttpError(Problem::not_found, "the product has no such key");
  call.backend.store.remove_product_key(product, found->hash);
  const size_t left = keys.size() - 1;
  call.change = {"API key revoked", product, {{"key", id}}, nullptr};
  call.backend.log.info("API key revoked",
                        {{"product", product}, {"key", id}, {"remote", call.request.remote}});
  return json_response(200, {{"id", id}, {"left", left}});
}

}  // namespace otter::server
