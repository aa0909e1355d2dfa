#include "server/device_filter.h"

#include <algorithm>

namespace otter::server {

fleet::Filter read_filter(const std::string& text, Problem problem) {
  const auto parsed = fleet::Filter::parse(text);
  if (const fleet::Filter* filter = std::get_if<fleet::Filter>(&parsed)) return *filter;
  const fleet::FilterError& error = std::get<fleet::FilterError>(parsed);
  throw HttpError(problem,
                  "\"filter\", column " + std::to_string(error.column) + ": " + error.message);
}

fleet::FilterSubject subject_of(const DeviceSummary& summary, int64_t now_s) {
  constexpr double kSecondsPerDay = 24 * 3600;
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
    const int64_t seconds = std::max<int64_t>(0, now_s - device.last_seen_s);
    subject.seen_days = static_cast<double>(seconds) / kSecondsPerDay;
  }
  return subject;
}

}  // namespace otter::server
