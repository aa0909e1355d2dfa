#include "server/epoch_api.h"

#include "server/access.h"
#include "server/change.h"
#include "server/json_body.h"
#include "server/problem.h"

namespace otter::server {
namespace {

int64_t devices_behind(const Call& call, uint32_t epoch) {
  call.backend.sightings.flush(call.backend.store);
  return call.backend.store.devices_behind(epoch);
}

void check_devices(const Call& call, uint32_t epoch) {
  const int64_t behind = devices_behind(call, epoch);
  if (behind == 0) return;
  throw HttpError(Problem::devices_behind,
                  std::to_string(behind) + " devices have not yet used a key of epoch " +
                      std::to_string(epoch) + " and would be shut out: wait, or force it");
}

}  // namespace

Response show_epoch(const Call& call) {
  const MasterEpochs epochs = call.backend.masters.epochs();
  const uint32_t epoch = epochs.current.epoch;
  boost::json::array accepted = {epoch};
  if (epochs.previous.has_value()) accepted.push_back(epochs.previous->epoch);
  return json_response(200, {{"epoch", epoch},
                             {"accepted", std::move(accepted)},
                             {"devices_behind", devices_behind(call, epoch)}});
}

Response begin_epoch(const Call& call) {
  const boost::json::object body = parse_json_body(call.request);
  const std::optional<int64_t> next = integer_field(body, "epoch", kEpochMax);
  if (!next.has_value()) throw HttpError(Problem::invalid_field, "\"epoch\" is missing");
  const uint32_t current = call.backend.masters.epochs().current.epoch;
  if (!flag_field(body, "force") && *next == int64_t{current} + 1) check_devices(call, current);
  Response response;
  // The entry comes first: there is no epoch that the audit log doesn't know.
  const auto note = [&] {
    response = make_change(call, [&] {
      call.change = {"Epoch of device keys begun",
                     "device keys",
                     {{"epoch", current}},
                     {{"epoch", *next}, {"force", flag_field(body, "force")}}};
      return json_response(201, {{"epoch", *next}});
    });
  };
  if (!call.backend.masters.rotate(call.crypto, static_cast<uint32_t>(*next), note)) {
    throw HttpError(Problem::epoch_used,
                    "the epoch is " + std::to_string(current) + "; only the next one can begin");
  }
  call.backend.log.info("Epoch of device keys begun",
                        {{"epoch", std::to_string(*next)}, {"remote", call.request.remote}});
  return response;
}

}  // namespace otter::server
