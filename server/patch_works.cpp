#include "server/patch_works.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>

#include "publish/host_crypto.h"
#include "publish/patch_maker.h"

namespace otter::server {
namespace {

constexpr size_t kJobsMax = 1000;    // done ones included
constexpr size_t kDemandMax = 256;   // of a product
constexpr size_t kReadyMax = 8;      // patches that a new release gets at once
constexpr int kTries = 2;            // of the encoder
constexpr int kLowestPriority = 19;  // nice(2)
constexpr double kCompressionWorth = 0.9;
// [bytes] of the encoder's memory for each byte of base and result. docs/performance.md
constexpr uint64_t kBuildFactor = 110;

// The largest that the device has room for; 0: none.
uint32_t memory_class_of(uint32_t memory_bytes) {
  uint32_t found = 0;
  for (const uint32_t size : kPatchMemorySizes) {
    if (size <= memory_bytes) found = size;
  }
  return found;
}

std::string bytes_of(const Digest& digest) {
  return {reinterpret_cast<const char*>(digest.bytes), kDigestSize};
}

Digest digest_of(const std::string& bytes) {
  Digest digest;
  std::copy_n(bytes.begin(), kDigestSize, digest.bytes);
  return digest;
}

struct GivenUp : std::runtime_error {
  using std::runtime_error::runtime_error;
};

}  // namespace

PatchWorks::PatchWorks(const Blobs& images, PatchShelf& shelf, Log& log, Metrics& metrics,
                       const PatchLimits& limits)
    : images_(images), shelf_(shelf), log_(log), metrics_(metrics), limits_(limits) {
  metrics_.ask({"otter_patch_bytes", "All patches on disk"}, {},
               [this] { return static_cast<double>(shelf_.size_bytes()); });
  shelf_.keep_to(limits_.shelf_bytes_max);
}

PatchWorks::~PatchWorks() {
  is_stopping_ = true;
  {
    const std::lock_guard guard(lock_);
    changed_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

void PatchWorks::start() {
  thread_ = std::thread([this] { work_until_stopped(); });
}

void PatchWorks::work_until_stopped() {
  // Linux gives each thread a priority of its own: setpriority(2), "C library/kernel differences".
  setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), kLowestPriority);
  while (!is_stopping_) {
    if (work_once()) continue;
    std::unique_lock guard(lock_);
    changed_.wait(guard, [this] {
      return is_stopping_ ||
             std::ranges::any_of(jobs_, [](const auto& entry) { return !entry.second.is_done; });
    });
  }
}

void PatchWorks::note(const std::string& product, const Digest& base_sha256,
                      uint32_t memory_bytes) {
  const uint32_t memory = memory_class_of(memory_bytes);
  if (memory == 0) return;
  const std::lock_guard guard(lock_);
  Demand& demand = demand_[product];
  const auto key = std::make_pair(bytes_of(base_sha256), memory);
  if (demand.size() < kDemandMax || demand.count(key) > 0) ++demand[key];
}

void PatchWorks::get_ready(Store& store, int64_t now_s) {
  std::vector<std::string> products;
  {
    const std::lock_guard guard(lock_);
    for (const auto& [product, demand] : demand_) products.push_back(product);
  }
  try {
    for (const std::string& product : products) {
      const std::vector<ReleasePtr> newest =
          store.releases({.product = product, .with_pending = true, .count_max = 1});
      if (!newest.empty()) get_ready_for(product, newest[0]->image_sha256, now_s);
    }
  } catch (const StoreError& error) {
    log_.error("Can't get patches ready", {{"detail", error.what()}});
  }
}

void PatchWorks::get_ready_for(const std::string& product, const Digest& image, int64_t now_s) {
  const std::lock_guard guard(lock_);
  const auto [readied, is_new] = readied_.emplace(product, Digest());
  if (!is_new && readied->second == image) return;
  readied->second = image;
  std::vector<std::pair<uint64_t, PatchWish>> wishes;
  for (auto& [key, times] : demand_[product]) {
    const PatchWish wish = {digest_of(key.first), image, key.second};
    if (wish.base_sha256 != image) wishes.emplace_back(times, wish);
    times /= 2;  // what ran long ago counts for less
  }
  std::erase_if(demand_[product], [](const auto& entry) { return entry.second == 0; });
  std::ranges::sort(wishes, std::greater(), [](const auto& wish) { return wish.first; });
  for (size_t i = 0; i < wishes.size() && i < kReadyMax; ++i) {
    job_of(wishes[i].second, now_s).asked += wishes[i].first;
  }
}

size_t PatchWorks::pending(const Digest& result_sha256) {
  const std::lock_guard guard(lock_);
  return static_cast<size_t>(std::ranges::count_if(jobs_, [&](const auto& entry) {
    return !entry.second.is_done && entry.second.wish.result_sha256 == result_sha256;
  }));
}

// Within the lock.
PatchWorks::Job& PatchWorks::job_of(const PatchWish& wish, int64_t now_s) {
  const Key key =
      bytes_of(wish.base_sha256) + bytes_of(wish.result_sha256) + std::to_string(wish.memory_bytes);
  const auto found = jobs_.find(key);
  if (found != jobs_.end()) return found->second;
  if (jobs_.size() >= kJobsMax) {
    std::erase_if(jobs_, [](const auto& entry) { return entry.second.is_done; });
  }
  Job& job = jobs_[key];
  job.wish = wish;
  job.since_s = now_s;
  const std::optional<StoredPatch> there =
      shelf_.find(wish.base_sha256, wish.result_sha256, wish.memory_bytes);
  job.is_done = (there && there->memory_bytes == wish.memory_bytes) || jobs_.size() > kJobsMax;
  changed_.notify_all();
  return job;
}

bool PatchWorks::is_waiting(const PatchWish& wish, int64_t now_s) {
  const std::lock_guard guard(lock_);
  Job& job = job_of(wish, now_s);
  ++job.asked;
  return !job.is_done && now_s - job.since_s < limits_.wait_s;
}

PatchChoice PatchWorks::choose(const PatchWish& given, int64_t now_s) {
  PatchWish wish = given;
  wish.memory_bytes = memory_class_of(given.memory_bytes);
  if (wish.memory_bytes == 0 || wish.base_sha256 == wish.result_sha256) return {};
  if (is_waiting(wish, now_s)) return {.patch = {}, .is_coming = true};
  const std::optional<StoredPatch> whole =
      shelf_.find(Digest(), wish.result_sha256, wish.memory_bytes);
  std::optional<StoredPatch> patch;
  if (!wish.base_sha256.is_zero()) {
    patch = shelf_.find(wish.base_sha256, wish.result_sha256, wish.memory_bytes);
  }
  if (!patch || (whole && whole->size_bytes < patch->size_bytes)) patch = whole;
  return {.patch = patch};
}

// The most wanted one; it stays in the list until it is done.
std::optional<PatchWorks::Job> PatchWorks::take_job() {
  const std::lock_guard guard(lock_);
  const Job* best = nullptr;
  for (const auto& [key, job] : jobs_) {
    if (!job.is_done && (best == nullptr || job.asked > best->asked)) best = &job;
  }
  return best == nullptr ? std::nullopt : std::optional(*best);
}

bool PatchWorks::work_once() {
  const std::optional<Job> job = take_job();
  if (!job) return false;
  try {
    make(job->wish);
  } catch (const std::exception& error) {  // no memory, no disk: devices take the whole image
    if (!is_stopping_) log_.warning("A patch could not be made", {{"detail", error.what()}});
  }
  const std::lock_guard guard(lock_);
  job_of(job->wish, job->since_s).is_done = true;
  return true;
}

void PatchWorks::make(const PatchWish& wish) {
  const std::optional<std::vector<uint8_t>> image = images_.read(wish.result_sha256);
  if (!image) return;
  std::optional<std::vector<uint8_t>> base;
  if (!wish.base_sha256.is_zero()) base = images_.read(wish.base_sha256);
  const uint64_t size = image->size() + (base ? base->size() : 0);
  if (size * kBuildFactor > limits_.build_bytes_max) {
    throw GivenUp("images of " + std::to_string(size) +
                  " bytes need more memory than server.patch_build_mb allows");
  }
  const uint64_t compressed_size = make_compressed(wish, *image);
  if (base) make_patch_from(wish, *base, *image, compressed_size);
  shelf_.keep_to(limits_.shelf_bytes_max);
}

namespace {

// As long as nobody wants it to stop and the time is not over: asked between two tries.
PatchOptions options_of(uint32_t memory_bytes, const std::atomic<bool>& is_stopping,
                        uint32_t seconds_max) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(seconds_max);
  PatchOptions options;
  options.memory_size = memory_bytes;
  options.tries = kTries;
  options.progress = [&is_stopping, end](int, int) {
    if (is_stopping) throw GivenUp("the server is about to stop");
    if (std::chrono::steady_clock::now() >= end) throw GivenUp("it takes too long");
  };
  return options;
}

}  // namespace

// Gives the size [bytes] that a patch has to beat.
uint64_t PatchWorks::make_compressed(const PatchWish& wish, Bytes image) {
  const std::optional<StoredPatch> there =
      shelf_.find(Digest(), wish.result_sha256, wish.memory_bytes);
  if (there) return there->size_bytes;
  const PatchOptions options = options_of(wish.memory_bytes, is_stopping_, limits_.build_s_max);
  const std::vector<uint8_t> compressed = make_patch(Bytes(), image, options);
  const bool is_worth_it =
      static_cast<double>(compressed.size()) < kCompressionWorth * static_cast<double>(image.size);
  if (!is_worth_it) return image.size;
  keep(compressed, "compressed");
  return compressed.size();
}

void PatchWorks::make_patch_from(const PatchWish& wish, Bytes base, Bytes image,
                                 uint64_t compressed_size) {
  const PatchOptions options = options_of(wish.memory_bytes, is_stopping_, limits_.build_s_max);
  const std::vector<uint8_t> patch = make_patch(base, image, options);
  if (static_cast<double>(patch.size()) < kPatchWorth * static_cast<double>(compressed_size)) {
    return keep(patch, "patch");
  }
  metrics_
      .counter({"otter_patches_dropped_total", "Patches that were made and are not worth keeping"})
      .add();
}

void PatchWorks::keep(Bytes bytes, const char* kind) {
  HostCrypto crypto;
  const StoredPatch patch = shelf_.add(bytes, crypto);
  metrics_
      .counter({"otter_patches_built_total", "Patches that were made and kept"}, {{"kind", kind}})
      .add();
  log_.info("Patch made", {{"kind", kind},
                           {"sha256", to_hex(patch.sha256).characters},
                           {"bytes", std::to_string(patch.size_bytes)},
                           {"image_bytes", std::to_string(patch.result_size_bytes)},
                           {"memory", std::to_string(patch.memory_bytes)}});
}

void PatchWorks::count_download(const StoredPatch& patch) {
  metrics_.counter({"otter_patch_downloads_total", "Patches that were fetched to their end"}).add();
  metrics_
      .counter({"otter_patch_saved_bytes_total",
                "What whole images would have taken more than the patches that were fetched"})
      .add(patch.result_size_bytes - std::min(patch.size_bytes, patch.result_size_bytes));
}

}  // namespace otter::server
