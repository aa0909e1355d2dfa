#include "server/layer_api.h"

#include "server/configuration_values.h"
#include "server/desired_configuration.h"
#include "server/json_body.h"
#include "server/known_product.h"
#include "server/problem.h"
#include "server/query.h"

namespace otter::server {
namespace {

// /api/v1/products/<name>/config/groups/<group>
LayerOwner owner_in(const Call& call) {
  const std::vector<std::string>& path = call.target.segments;
  return {path.at(3), path.at(5) == "groups" ? LayerKind::group : LayerKind::device, path.at(6)};
}

std::optional<ConfigurationLayer> find_layer(const Call& call, const LayerOwner& owner) {
  const std::vector<ConfigurationLayer> found = call.backend.store.layers(
      {.product = owner.product, .kind = owner.kind, .name = owner.name, .count_max = 1});
  return found.empty() ? std::nullopt : std::optional(found.front());
}

[[noreturn]] void refuse_values(Error error, const std::string& what) {
  throw HttpError(error, what + " can be no configuration: " + meaning(error).data);
}

// The object as it stands in the body.
std::string read_patch(const Call& call) {
  const Result<Json> parsed = Json::parse(call.request.body, {kConfigurationSizeMax, 3});
  if (!parsed.ok()) refuse_values(parsed.error, "the values");
  if (parsed.value.type() != JsonType::object) refuse_values(Error::wrong_type, "the values");
  const Text text = parsed.value.text();
  return {text.data, text.size};
}

// What it gives with other layers shows itself with the devices that have them.
void require_mergeable(const Call& call, const Product& product, const std::string& patch) {
  const std::optional<Configuration> base =
      configuration(call.backend.store, product.name, product.config_version);
  const std::vector<std::string> patches = {patch};
  const std::string values =
      merged_values(base.has_value() ? values_of(base->document) : "{}", patches);
  const std::string salt(kSaltSize, '0');
  const Error error = configuration_document(UINT32_MAX, values, salt).error;
  if (error != Error::ok) {
    refuse_values(error,
                  "what they give with configuration " + std::to_string(product.config_version));
  }
}

boost::json::object owner_document(const LayerOwner& owner) {
  return {{"product", owner.product}, {"kind", name(owner.kind)}, {"name", owner.name}};
}

boost::json::object layer_document(const ConfigurationLayer& layer) {
  boost::json::object document = owner_document(layer.owner);
  document["values"] = boost::json::parse(layer.values);
  document["created"] = layer.created_s;
  document["created_by"] = text_or_null(layer.created_by);
  return document;
}

// For the audit log.
boost::json::value audited(const std::optional<ConfigurationLayer>& layer) {
  return layer.has_value() ? boost::json::value(layer_document(*layer)) : nullptr;
}

void note(const Call& call, const char* action, const LayerOwner& owner) {
  call.backend.log.info(action, {{"product", owner.product},
                                 {name(owner.kind), owner.name},
                                 {"remote", call.request.remote}});
}

std::optional<LayerKind> asked_kind(const Call& call) {
  const std::string asked = parameter(call, "kind");
  if (asked.empty()) return std::nullopt;
  for (const LayerKind kind : {LayerKind::group, LayerKind::device}) {
    if (asked == name(kind)) return kind;
  }
  throw HttpError(Problem::bad_query, "\"kind\" has to be group or device");
}

// What of a device's product has that version; null: none has.
boost::json::value version_document(const Call& call, const std::string& product,
                                    uint32_t version) {
  const std::optional<MergedConfiguration> found =
      configuration_of_any_kind(call.backend.store, product, version);
  if (version == 0 || !found.has_value()) return nullptr;
  return {{"version", version},
          {"base", found->base},
          {"sha256", to_hex(found->configuration.sha256).characters},
          {"document", found->configuration.document}};
}

}  // namespace

Response put_layer(const Call& call) {
  const Product product = known_product(call, call.target.segments.at(3));
  const LayerOwner owner = owner_in(call);
  const ConfigurationLayer layer{owner, read_patch(call), call.now_s, call.who.account};
  require_mergeable(call, product, layer.values);
  const std::optional<ConfigurationLayer> before = find_layer(call, owner);
  if (!call.backend.store.put_layer(layer)) {
    throw HttpError(Problem::not_found, std::string("the product has no such ") + name(owner.kind));
  }
  call.change = {"Configuration set", owner.name, audited(before), audited(layer)};
  note(call, "Configuration set", owner);
  return json_response(before.has_value() ? 200 : 201, layer_document(layer));
}

Response remove_layer(const Call& call) {
  const LayerOwner owner = owner_in(call);
  const std::optional<ConfigurationLayer> before = find_layer(call, owner);
  if (!call.backend.store.remove_layer(owner)) {
    throw HttpError(Problem::not_found,
                    std::string("the ") + name(owner.kind) + " has no values of its own");
  }
  call.change = {"Configuration unset", owner.name, audited(before), nullptr};
  note(call, "Configuration unset", owner);
  return json_response(200, owner_document(owner));
}

Response list_layers(const Call& call) {
  allow_parameters(call, {"kind", "name", "limit", "cursor"});
  const Page page = read_page(call, "layers", 2);
  LayerQuery query{.product = known_product(call, call.target.segments.at(3)).name,
                   .kind = asked_kind(call),
                   .name = parameter(call, "name"),
                   .count_max = page.count_to_read()};
  if (!page.after.empty()) {
    const auto kind = static_cast<LayerKind>(number_in(page.after[0], 1));
    query.after = {query.product, kind, page.after[1]};
  }
  const auto place_of = [](const ConfigurationLayer& last) {
    return Place{std::to_string(static_cast<int>(last.owner.kind)), last.owner.name};
  };
  return page_response("layers", show_page(page, "layers", call.backend.store.layers(query),
                                           layer_document, place_of));
}

Response show_device_configuration(const Call& call) {
  allow_parameters(call, {});
  Store& store = call.backend.store;
  call.backend.sightings.flush(store);
  const std::optional<Device> device = store.device(call.target.segments.at(3));
  if (!device.has_value()) throw HttpError(Problem::not_found, "there is no such device");
  const std::optional<Product> product = store.product(device->product);
  const DesiredConfiguration desired =
      desired_configuration(call, *product, RolloutGuest(call, *device));
  boost::json::array layers;
  for (const ConfigurationLayer& layer : desired.layers) layers.push_back(layer_document(layer));
  const uint32_t wanted = desired.configuration.has_value() ? desired.configuration->version : 0;
  return json_response(
      200, {{"id", device->id},
            {"product", device->product},
            {"layers", std::move(layers)},
            {"desired", version_document(call, device->product, wanted)},
            {"fault", text_or_null(desired.fault == Error::ok ? "" : name(desired.fault).data)},
            {"reported", version_document(call, device->product, device->applied.config)},
            {"reported_version", device->applied.config},
            {"failed_version", device->applied.config_failed}});
}

}  // namespace otter::server
