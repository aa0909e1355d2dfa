// Makes patches in the background, for the versions that devices really run: what a check-in asks
// for is queued, and a new release is got ready for before its devices come. One thread of its own,
// at the lowest priority, one patch at a time. docs/operating.md. Any thread.
//
//   asked for -> queued, the most wanted first -> making -> on the shelf, or not worth it: done
#pragma once

#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>

#include "server/log.h"
#include "server/metrics.h"
#include "server/patch_shelf.h"
#include "server/store.h"

namespace otter::server {

struct PatchLimits {
  uint32_t wait_s = 60;                             // [s] that a device is asked to wait for one
  uint64_t build_bytes_max = uint64_t{512} << 20;   // [bytes] of memory to make one
  uint64_t shelf_bytes_max = uint64_t{1024} << 20;  // [bytes] of files
  uint32_t build_s_max = 120;                       // [s] to make one
};

// A patch is kept if it is smaller than this part of the compressed image.
constexpr double kPatchWorth = 0.7;

// What a device could use.
struct PatchWish {
  Digest base_sha256;  // of the image that it runs; zeros: not one of the server's
  Digest result_sha256;
  uint32_t memory_bytes = 0;
};

struct PatchChoice {
  std::optional<StoredPatch> patch;  // none: the whole image
  bool is_coming = false;            // offer nothing yet: it is worth a wait
};

class PatchWorks {
 public:
  // Makes nothing by itself until start(). All must outlive it.
  PatchWorks(const Blobs& images, PatchShelf& shelf, Log& log, Metrics& metrics,
             const PatchLimits& limits);
  // Gives up what it is making.
  ~PatchWorks();
  PatchWorks(const PatchWorks&) = delete;
  PatchWorks& operator=(const PatchWorks&) = delete;
  void start();

  const PatchShelf& shelf() const { return shelf_; }

  // What runs in the field: with each check-in of a device that takes patches.
  void note(const std::string& product, const Digest& base_sha256, uint32_t memory_bytes);
  // Queues patches to each product's newest release from what most of its devices run. What can't
  // be read now is logged, and read with the next call.
  void get_ready(Store& store, int64_t now_s);
  // How many patches to that image are still to be made.
  size_t pending(const Digest& result_sha256);
  // What to offer; queues what is missing.
  PatchChoice choose(const PatchWish& wish, int64_t now_s);

  // Makes the most wanted; false: there is nothing to make. For the own thread, and for tests.
  bool work_once();
  // A device has fetched all of one.
  void count_download(const StoredPatch& patch);

 private:
  using Key = std::string;  // base, result, memory
  struct Job {
    PatchWish wish;
    uint64_t asked = 0;  // times
    int64_t since_s = 0;
    bool is_done = false;
  };
  using Demand = std::map<std::pair<std::string, uint32_t>, uint64_t>;  // base and memory: times

  void get_ready_for(const std::string& product, const Digest& image, int64_t now_s);
  bool is_waiting(const PatchWish& wish, int64_t now_s);
  Job& job_of(const PatchWish& wish, int64_t now_s);
  std::optional<Job> take_job();
  void make(const PatchWish& wish);
  uint64_t make_compressed(const PatchWish& wish, Bytes image);
  void make_patch_from(const PatchWish& wish, Bytes base, Bytes image, uint64_t compressed_size);
  void keep(Bytes patch, const char* kind);
  void work_until_stopped();

  const Blobs& images_;
  PatchShelf& shelf_;
  Log& log_;
  Metrics& metrics_;
  const PatchLimits limits_;

  std::mutex lock_;
  std::condition_variable changed_;
  std::map<Key, Job> jobs_;
  std::map<std::string, Demand> demand_;   // by product
  std::map<std::string, Digest> readied_;  // by product: the newest image, whose jobs are queued
  std::atomic<bool> is_stopping_ = false;
  std::thread thread_;
};

}  // namespace otter::server
