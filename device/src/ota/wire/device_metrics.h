// What the application measures, as a device says it with a check-in: the X-Otter-Metrics header,
// an RFC 8941 dictionary. docs/spec/device-metrics.md. Pure, any thread.
#pragma once

#include "ota/wire/bytes.h"

namespace otter {

constexpr size_t kMetricsMax = 16;
constexpr int64_t kMetricMax = 1000000000000000;  // docs/spec/report.md
constexpr size_t kDeviceMetricsSizeMax = 736;     // [characters]
constexpr char kDeviceMetricsHeader[] = "X-Otter-Metrics";

// A number that the application wants to see in reports and, if its name is a metric's key, with
// each check-in. In a unit of the application's choice, which its name had better say.
struct Metric {
  Text name;          // an identifier (docs/spec/version.md); others are left out
  int64_t value = 0;  // in [-kMetricMax, kMetricMax]; others are left out
};

// May a check-in name a metric so? 1 to 64 characters of a-z 0-9 _ - ., the first a letter: what is
// a key of RFC 8941 and an identifier.
bool is_metric_key(Text name);

// The header's value, in `buffer`: of the first kMetricsMax metrics those that it can carry. Left
// out is one whose name is_metric_key() refuses, whose value has more than 15 digits, or for which
// `buffer` has no room left. Empty: there is none.
Text write_device_metrics(const Metric* metrics, size_t count, MutableBytes buffer);

}  // namespace otter
