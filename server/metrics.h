// Figures that the server counts of itself, and their text for Prometheus: docs/operating.md. To
// count is one relaxed addition. To find a series takes a lock and a search, so who counts with
// each request keeps the reference. Any thread.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace otter::server {

// Only grows.
class Counter {
 public:
  void add(uint64_t count = 1) { value_.fetch_add(count, std::memory_order_relaxed); }
  uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> value_ = 0;
};

// Goes up and down.
class Gauge {
 public:
  void add(int64_t difference) { value_.fetch_add(difference, std::memory_order_relaxed); }
  void set(int64_t value) { value_.store(value, std::memory_order_relaxed); }
  int64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<int64_t> value_ = 0;
};

// How many durations were at most 0.1 ms, 0.25 ms, ... 100 s.
class Histogram {
 public:
  // [us]
  static constexpr uint64_t kBounds[] = {
      100,     250,     500,     1'000,     2'500,     5'000,      10'000,     25'000,     50'000,
      100'000, 250'000, 500'000, 1'000'000, 2'500'000, 10'000'000, 30'000'000, 100'000'000};

  void observe(std::chrono::nanoseconds duration);
  // How many there were in all, and how many of them up to kBounds[index].
  uint64_t count() const;
  uint64_t count_up_to(size_t index) const;
  std::chrono::nanoseconds sum() const { return std::chrono::nanoseconds(sum_ns_.load()); }

 private:
  std::atomic<uint64_t> buckets_[std::size(kBounds) + 1] = {};  // the last: all that are longer
  std::atomic<int64_t> sum_ns_ = 0;
};

// Observes how long it lived. nullptr: nobody wants to know.
class Stopwatch {
 public:
  explicit Stopwatch(Histogram* histogram) : histogram_(histogram) {
    if (histogram_ != nullptr) begin_ = std::chrono::steady_clock::now();
  }
  ~Stopwatch() {
    if (histogram_ != nullptr) histogram_->observe(std::chrono::steady_clock::now() - begin_);
  }
  Stopwatch(const Stopwatch&) = delete;
  Stopwatch& operator=(const Stopwatch&) = delete;

 private:
  Histogram* histogram_;
  std::chrono::steady_clock::time_point begin_;
};

// "otter_checkins_total", "Check-ins answered": constant texts that follow Prometheus' naming
// rules.
struct MetricName {
  const char* name;
  const char* help;
};

// What tells one series of a metric from another: {{"product", "lamp"}}.
using MetricLabels = std::vector<std::pair<const char*, std::string>>;

class Metrics {
 public:
  // Of one metric; one more becomes the series whose labels all say "other", so that nobody who can
  // choose a label's value can fill the memory.
  static constexpr size_t kSeriesMax = 1000;

  // The series with these labels, made if it is new. References hold as long as the object does.
  //
  // REQUIRES: a name is of one kind always, and its series have the same labels
  // Errors:   std::logic_error (it is of another kind)
  Counter& counter(const MetricName& metric, const MetricLabels& labels = {});
  Gauge& gauge(const MetricName& metric, const MetricLabels& labels = {});
  Histogram& histogram(const MetricName& metric, const MetricLabels& labels = {});

  // A gauge whose value is asked for whenever text() is; asked by any thread, one at a time. It
  // must not call this object. A later one with the same labels takes its place.
  void ask(const MetricName& metric, const MetricLabels& labels, std::function<double()> value);

  // All of it, sorted by name.
  //
  // Source: https://prometheus.io/docs/instrumenting/exposition_formats/, text format 0.0.4
  std::string text() const;

 private:
  struct Question {
    std::function<double()> value;
  };
  using Series = std::variant<Counter, Gauge, Histogram, Question>;
  struct Family {
    const char* help = "";
    std::map<std::string, Series> series;  // by their labels, as they are written
  };

  template <typename Kind>
  Kind& find(const MetricName& metric, const MetricLabels& labels);

  mutable std::mutex mutex_;
  std::map<std::string, Family> families_;
};

constexpr char kMetricsType[] = "text/plain; version=0.0.4; charset=utf-8";

}  // namespace otter::server
