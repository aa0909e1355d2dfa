// Filters of devices (docs/spec/filter.md) as the server asks them. Pure, any thread.
#pragma once

#include <string>

#include "fleet/filter.h"
#include "server/problem.h"
#include "server/store.h"

namespace otter::server {

// Errors: HttpError `problem` (what is wrong with it, and at which column)
fleet::Filter read_filter(const std::string& text, Problem problem);

// `summary` must outlive what is made of it.
fleet::FilterSubject subject_of(const DeviceSummary& summary, int64_t now_s);

}  // namespace otter::server
