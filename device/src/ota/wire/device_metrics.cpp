#include "ota/wire/device_metrics.h"

namespace otter {
namespace {

constexpr size_t kKeySizeMax = 64;
constexpr size_t kBesideNameMax = sizeof(", =-999999999999999") - 1;

bool is_letter(char c) { return c >= 'a' && c <= 'z'; }

}  // namespace

bool is_metric_key(Text name) {
  if (name.empty() || name.size > kKeySizeMax || !is_letter(name.data[0])) return false;
  for (size_t i = 1; i < name.size; ++i) {
    const char c = name.data[i];
    const bool is_other = (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
    if (!is_letter(c) && !is_other) return false;
  }
  return true;
}

Text write_device_metrics(const Metric* metrics, size_t count, MutableBytes buffer) {
  Appender out(buffer);
  for (size_t i = 0; i < count && i < kMetricsMax; ++i) {
    const Metric& metric = metrics[i];
    const size_t left = buffer.size - out.written().size;
    const bool fits = metric.value > -kMetricMax && metric.value < kMetricMax &&
                      metric.name.size + kBesideNameMax <= left;
    if (!fits || !is_metric_key(metric.name)) continue;
    if (out.written().size > 0) out.text(", ");
    out.text(metric.name);
    out.u8('=');
    out.decimal(metric.value);
  }
  return as_text(out.written());
}

}  // namespace otter
