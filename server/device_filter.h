// Filters of devices (docs/spec/filter.md) as the server asks them. Pure, any thread.
#pragma once

#include <string>

#include "fleet/filter.h"
#include "server/problem.h"
#include "server/store.h"

namespace otter::server {

// Errors: HttpError `problem` (what is wrong with it, and at which column)
fleet::Filter read_filter(const std::string& text, Problem problem);

struct FilterMoment {
  int64_t now_s = 0;             // [s since 1970-01-01 UTC]
  int64_t check_interval_s = 0;  // [s] that the server asks for
};

// How many of its own check intervals a device is overdue; 0: it is in time. Nothing if it was
// never seen.
std::optional<double> lateness(const Device& device, const FilterMoment& moment);

// `summary` must outlive what is made of it.
fleet::FilterSubject subject_of(const DeviceSummary& summary, const FilterMoment& moment);

}  // namespace otter::server
