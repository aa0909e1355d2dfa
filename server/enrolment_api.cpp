#include "server/enrolment_api.h"

#include "publish/base64.h"
#include "server/access.h"
#include "server/envelope_json.h"
#include "server/json_body.h"
#include "server/known_product.h"
#include "server/problem.h"
#include "server/standing_api.h"

namespace otter::server {
namespace {

constexpr size_t kChipNameSizeMax = 16;
constexpr int kPendingRetryAfter = 300;  // [s] a person is asked

void check_chip(const std::string& chip, const Product& product) {
  if (find_chip(Text(chip)) == nullptr) {
    throw HttpError(Error::wrong_chip, "\"chip\" is no chip that otter knows");
  }
  if (!product.chip.empty() && product.chip != chip) {
    throw HttpError(Error::wrong_chip, "the product is for the " + product.chip);
  }
}

// A device of `product`, with a key of the epoch of `master`, that is added now.
Device new_device(const Call& call, const std::string& id, const Product& product,
                  const MasterKey& master) {
  Device device;
  device.id = id;
  device.product = product.name;
  device.created_s = call.now_s;
  device.key_epoch = master.epoch;
  return device;
}

void tell_listeners(const Call& call, const Device& device) {
  call.events.push_back(
      {"enrolment", device.product, {{"device", device.id}, {"product", device.product}}});
}

// Asks again, and nothing has changed since: no work for the store.
bool is_waiting(const Call& call, const std::string& id) {
  if (call.caller.product.enrolment != Enrolment::approve) return false;
  const std::optional<Device> known = call.backend.lookups.device(id);
  return known.has_value() && known->standing == Standing::pending &&
         known->product == call.caller.product.name;
}

Response pending_response() {
  Response response = json_response(202, {{"status", "pending"}});
  response.headers.emplace_back("Retry-After", std::to_string(kPendingRetryAfter));
  return response;
}

Standing standing_on_request(Enrolment enrolment, Standing before) {
  if (before == Standing::revoked) throw HttpError(Problem::forbidden, "the device is revoked");
  const bool is_let_in = before == Standing::allowed || before == Standing::enrolled;
  if (is_let_in || enrolment == Enrolment::open) return Standing::enrolled;
  if (enrolment == Enrolment::approve) return Standing::pending;
  throw HttpError(Problem::forbidden, "the product takes listed devices, and this one is not");
}

[[noreturn]] void refuse_product() {
  throw HttpError(Problem::forbidden, "the device belongs to another product");
}

// Gives the device the standing that it comes to by asking. Within Store::atomically().
//
// Errors: HttpError forbidden
void take_in(const Call& call, Device& device) {
  Store& store = call.backend.store;
  const std::optional<Device> known = store.device(device.id);
  // First: how it stands there is no business of another product's.
  if (known.has_value() && known->product != device.product) refuse_product();
  const Product product = known_product(call, device.product);
  device.standing =
      standing_on_request(product.enrolment, known.has_value() ? known->standing : Standing::plain);
  if (!store.set_standing(device)) refuse_product();
}

std::string key_text(const Call& call, const Device& device, const MasterKey& master) {
  return base64_text(device_key_of(call, device.id, master).bytes);
}

std::string chip_of(const boost::json::object& body, const Product& product) {
  const std::string chip = string_field_or_empty(body, "chip", kChipNameSizeMax);
  if (!chip.empty()) return chip;
  if (!product.chip.empty()) return product.chip;
  throw HttpError(Problem::invalid_field,
                  "\"chip\" is missing, and the product has none before its first release");
}

}  // namespace

Response enroll_device(const Call& call) {
  const Caller& caller = call.caller;
  const boost::json::object body = parse_json_body(call.request);
  const std::string id = identifier_field(body, "device_id");
  const std::string product = identifier_field(body, "product");
  const std::string chip = string_field(body, "chip", kChipNameSizeMax);
  if (product != caller.product.name) {
    throw HttpError(Problem::forbidden, "the key is another product's");
  }
  if (caller.device.has_value() && caller.device->id != id) {
    throw HttpError(Problem::forbidden, "the key is another device's");
  }
  check_certificate(call.request, id);
  check_chip(chip, caller.product);
  const MasterKey master = call.backend.masters.epochs().current;
  Device device = new_device(call, id, caller.product, master);
  device.chip = chip;
  device.last_seen_s = call.now_s;
  if (is_waiting(call, id)) return pending_response();
  // An operator may revoke or allow it at the same moment.
  call.backend.store.atomically([&] { take_in(call, device); });
  if (device.standing == Standing::pending) {
    tell_standing(call, device);
    call.backend.log.info(
        "Device waits for approval",
        {{"device", id}, {"product", product}, {"chip", chip}, {"remote", call.request.remote}});
    return pending_response();
  }
  tell_listeners(call, device);
  call.backend.log.info(
      "Device enrolled",
      {{"device", id}, {"product", product}, {"chip", chip}, {"remote", call.request.remote}});
  return json_response(200, {{"device_key", key_text(call, device, master)},
                             {"status", "enrolled"},
                             {"epoch", master.epoch}});
}

Response provision_device(const Call& call) {
  const boost::json::object body = parse_json_body(call.request);
  const std::string id = identifier_field(body, "id");
  const std::string name = identifier_field(body, "product");
  const Product product = known_product(call, name);
  const MasterKey master = call.backend.masters.epochs().current;
  Device device = new_device(call, id, product, master);
  device.chip = chip_of(body, product);
  check_chip(device.chip, product);
  const std::optional<Device> known = call.backend.store.device(id);
  if (known.has_value() && known->standing == Standing::revoked) {
    throw HttpError(Problem::exists,
                    "the device is revoked; let it in first: otter device approve");
  }
  if (!enroll(call.backend.store, device)) {
    throw HttpError(Problem::exists, "the device belongs to another product");
  }
  call.change = {"Device provisioned",
                 id,
                 nullptr,
                 {{"product", name}, {"chip", device.chip}, {"epoch", master.epoch}}};
  tell_listeners(call, device);
  call.backend.log.info(
      "Device provisioned",
      {{"device", id}, {"product", name}, {"chip", device.chip}, {"remote", call.request.remote}});
  return json_response(201, {{"id", id},
                             {"product", name},
                             {"chip", device.chip},
                             {"epoch", master.epoch},
                             {"device_key", key_text(call, device, master)}});
}

}  // namespace otter::server
