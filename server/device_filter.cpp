#include "server/device_filter.h"

#include <algorithm>

#include "server/offer.h"

namespace otter::server {

fleet::Filter read_filter(const std::string& text, Problem problem) {
  const auto parsed = fleet::Filter::parse(text);
  if (const fleet::Filter* filter = std::get_if<fleet::Filter>(&parsed)) return *filter;
  const fleet::FilterError& error = std::get<fleet::FilterError>(parsed);
  throw HttpError(problem,
                  "\"filter\", column " + std::to_string(error.column) + ": " + error.message);
}

std::optional<double> lateness(const Device& device, const FilterMoment& moment) {
  const auto interval_s = static_cast<uint32_t>(moment.check_interval_s);
  if (device.last_seen_s == 0 || interval_s == 0) return std::nullopt;
  const auto own_s = static_cast<double>(next_checkin_of(device.id, interval_s));
  const auto silent_s = static_cast<double>(moment.now_s - device.last_seen_s);
  return std::max(0.0, silent_s / own_s - 1);
}

fleet::FilterSubject subject_of(const DeviceSummary& summary, const FilterMoment& moment) {
  const Device& device = summary.device;
  fleet::FilterSubject subject;
  subject.id = device.id;
  subject.product = device.product;
  subject.chip = device.chip;
  subject.version = device.version;
  subject.boot = device.boot_state;
  subject.standing = name(device.standing);
  subject.tags = summary.labels.tags;
  subject.attributes = summary.labels.attributes;
  if (device.slot_bytes != 0) subject.slot_bytes = device.slot_bytes;
  if (device.last_seen_s != 0) {
    const int64_t seconds = std::max<int64_t>(0, moment.now_s - device.last_seen_s);
    subject.seen_days = static_cast<double>(seconds) / double{kSecondsPerDay};
  }
  subject.late = lateness(device, moment);
  return subject;
}

}  // namespace otter::server
