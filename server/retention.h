// How long what devices reported is kept: single reports for `keep_reports_days`, then their counts
// by day for `keep_counts_days`; an hour's sample for `keep_samples_days`, a day's for
// `keep_history_days`; logs and core dumps for `keep_dumps_days`. docs/operating.md. For one thread
// at a time.
#pragma once

#include "server/settings.h"
#include "server/store.h"

namespace otter::server {

// Whole days in UTC go at once, so that a day's counts are complete.
RetentionLimits retention_limits(const ServerSettings& settings, int64_t now_s);

// Rolls up what is too old, in small batches, so that reports which arrive meanwhile wait for one
// batch at most; so many of them that a call ends soon. Gives how many rows were removed.
//
// Errors: StoreError
// Power:  a cut leaves some for the next call
size_t keep_to_limits(Store& store, const RetentionLimits& limits);

}  // namespace otter::server
