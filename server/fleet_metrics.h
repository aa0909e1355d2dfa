// What devices do, as metrics: check-ins, downloads, outcomes. Any thread.
#pragma once

#include "server/device_filter.h"
#include "server/metrics.h"
#include "server/store.h"

namespace otter::server {

// `offered`: the answer offers a release.
void count_checkin(Metrics& metrics, const std::string& product, bool offered);

// A check-in whose X-Otter-Metrics was passed over.
void count_unreadable_metrics(Metrics& metrics, const std::string& product);

// A request for `size` bytes of a release's image that begin at `offset` [bytes]. One that begins
// at the front counts as a download begun.
void count_download(Metrics& metrics, const Release& release, uint64_t offset, uint64_t size);

// When the newest release of each product and channel expires. Of releases in the order of
// Lookups::releases().
void note_expiry(Metrics& metrics, const std::vector<ReleasePtr>& releases);

// How many devices of each product have a key and are more than two of their check intervals
// overdue.
//
// Errors: StoreError
void note_overdue(Metrics& metrics, Store& store, const FilterMoment& moment);

// REQUIRES: it has an outcome, and was not counted before
void count_report(Metrics& metrics, const Report& report);

}  // namespace otter::server
