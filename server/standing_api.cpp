#include "server/standing_api.h"

#include "ota/wire/version.h"
#include "server/json_body.h"
#include "server/known_product.h"
#include "server/problem.h"

namespace otter::server {
namespace {

constexpr size_t kIdsMax = 1000;  // in one request
constexpr size_t kStandingSizeMax = 16;

std::vector<std::string> ids_of(const boost::json::object& body) {
  const boost::json::value* const list = body.if_contains("ids");
  const bool is_list = list != nullptr && list->is_array() && !list->as_array().empty() &&
                       list->as_array().size() <= kIdsMax;
  if (!is_list) {
    throw HttpError(Problem::invalid_field, "\"ids\" must be a list of 1 to 1000 device ids");
  }
  std::vector<std::string> ids;
  for (const boost::json::value& id : list->as_array()) {
    if (!id.is_string() || !is_identifier(std::string(id.as_string()))) {
      throw HttpError(Problem::invalid_field, "\"ids\" has one that is no device id, at place " +
                                                  std::to_string(ids.size() + 1));
    }
    ids.emplace_back(id.as_string());
  }
  return ids;
}

// How it stood before. Within make_change().
Standing allow(const Call& call, const std::string& id, const Product& product) {
  Store& store = call.backend.store;
  Device device;
  device.id = id;
  device.product = product.name;
  device.created_s = call.now_s;
  device.standing = Standing::allowed;
  const std::optional<Device> known = store.device(id);
  if (known.has_value() && known->product != product.name) {
    throw HttpError(Problem::exists, "the device " + id + " belongs to another product");
  }
  const Standing before = known.has_value() ? known->standing : Standing::plain;
  if (before != Standing::plain && before != Standing::pending) return before;
  store.set_standing(device);
  tell_standing(call, device);
  return before;
}

Standing standing_field(const boost::json::object& body) {
  const std::string text = string_field(body, "standing", kStandingSizeMax);
  const std::optional<Standing> standing = standing_named(text);
  if (standing == Standing::allowed || standing == Standing::revoked) return *standing;
  throw HttpError(Problem::invalid_field, "\"standing\" must be allowed or revoked");
}

// Who is shut out is told nothing, and nothing old when it is let in again.
void drop_command(const Call& call, const Device& device) {
  if (device.standing != Standing::revoked || device.command.command == Command::none) return;
  call.backend.store.set_command(device.id, successor(device.command, Command::none, 0));
}

// One that was shut out may have its key still: it goes on with it.
Standing standing_after(Standing before, Standing wanted) {
  if (wanted == Standing::revoked) return wanted;
  const bool had_a_key = before == Standing::enrolled || before == Standing::revoked;
  return had_a_key ? Standing::enrolled : Standing::allowed;
}

}  // namespace

void tell_standing(const Call& call, const Device& device) {
  call.events.push_back(
      {"standing",
       device.product,
       {{"device", device.id}, {"product", device.product}, {"standing", name(device.standing)}}});
}

Response allow_devices(const Call& call) {
  const std::string& name = call.target.segments.at(3);
  const Product product = known_product(call, name);
  const std::vector<std::string> ids = ids_of(parse_json_body(call.request));
  int64_t changed = 0;
  boost::json::array revoked;
  for (const std::string& id : ids) {
    const Standing before = allow(call, id, product);
    if (before == Standing::plain || before == Standing::pending) ++changed;
    if (before == Standing::revoked) revoked.emplace_back(id);
  }
  boost::json::array listed(ids.begin(), ids.end());
  call.change = {"Devices allowed", name, nullptr, {{"ids", std::move(listed)}}};
  call.backend.log.info(
      "Devices allowed",
      {{"product", name}, {"count", std::to_string(changed)}, {"remote", call.request.remote}});
  return json_response(200, {{"product", name},
                             {"ids", ids.size()},
                             {"changed", changed},
                             {"revoked", std::move(revoked)}});
}

Standing change_standing(const Call& call, Device device, const boost::json::object& body) {
  const Standing before = device.standing;
  device.standing = standing_after(before, standing_field(body));
  if (device.standing != before) {
    call.backend.store.set_standing(device);
    drop_command(call, device);
    tell_standing(call, device);
  }
  return device.standing;
}

}  // namespace otter::server
