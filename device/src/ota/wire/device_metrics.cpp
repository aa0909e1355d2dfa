#include "ota/wire/device_metrics.h"

#include "ota/wire/version.h"

namespace otter {
namespace {

constexpr size_t kBesideNameMax = sizeof(", =-999999999999999") - 1;

bool is_capital(char c) { return c >= 'A' && c <= 'Z'; }

}  // namespace

bool is_metric_key(Text name) {
  if (!is_identifier(name) || name.data[0] < 'a' || name.data[0] > 'z') return false;
  for (size_t i = 1; i < name.size; ++i) {
    if (name.data[i] == ':' || is_capital(name.data[i])) return false;
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
