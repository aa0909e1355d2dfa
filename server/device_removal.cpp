#include "server/device_removal.h"

#include "server/json_body.h"
#include "server/problem.h"
#include "server/rollouts.h"

namespace otter::server {

Response remove_device(const Call& call) {
  Store& store = call.backend.store;
  const std::string& id = call.target.segments.at(3);
  call.backend.sightings.flush(store);
  const std::optional<Device> device = store.device(id);
  if (!device.has_value()) throw HttpError(Problem::not_found, "there is no such device");
  fleet::Book& book = call.backend.rollouts.book();
  const std::vector<fleet::PartRecord> parts = book.parts_without(id);
  store.remove_device(id);
  store.put_parts(parts);
  call.afterwards.emplace_back([&book, parts] { book.drop(parts); });
  const boost::json::object before = {{"product", device->product},
                                      {"standing", name(device->standing)},
                                      {"version", text_or_null(device->version)},
                                      {"last_seen", device->last_seen_s}};
  call.change = {"Device removed", id, before, nullptr};
  call.events.push_back(
      {"removal", device->product, {{"device", id}, {"product", device->product}}});
  call.backend.log.info("Device removed", {{"device", id}, {"remote", call.request.remote}});
  return json_response(200, {{"id", id}, {"product", device->product}});
}

}  // namespace otter::server
