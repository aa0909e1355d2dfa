// Reports on their way to the disk. Any thread.
#pragma once

#include "server/store.h"
#include "server/write_queue.h"

namespace otter::server {

class ReportQueue : public WriteQueue<Report> {
 public:
  // `store` must outlive it.
  explicit ReportQueue(Store& store)
      : WriteQueue(
            [&store](std::span<const Report> reports) { return store.add_reports(reports); }) {}
};

}  // namespace otter::server
