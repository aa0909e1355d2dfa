#include "server/metrics.h"

#include <algorithm>
#include <charconv>
#include <stdexcept>

namespace otter::server {
namespace {

// A label's value between its quotes. What is not printable ASCII could be no UTF-8 at all, which
// makes Prometheus drop the whole page.
std::string escaped(const std::string& value) {
  std::string out;
  for (const char c : value) {
    if (c == '\n') {
      out += "\\n";
    } else if (c == '"' || c == '\\') {
      out += {'\\', c};
    } else {
      out += c >= ' ' && c <= '~' ? c : '?';
    }
  }
  return out;
}

std::string label_text(const MetricLabels& labels) {
  std::string out;
  for (const auto& [name, value] : labels) {
    out += (out.empty() ? "" : ",") + std::string(name) + "=\"" + escaped(value) + "\"";
  }
  return out;
}

std::string overflow_text(MetricLabels labels) {
  for (auto& label : labels) label.second = "other";
  return label_text(labels);
}

std::string text_of(double value) {
  char digits[32];
  return {digits, std::to_chars(digits, digits + sizeof digits, value).ptr};
}

std::string seconds(std::chrono::nanoseconds duration) {
  return text_of(static_cast<double>(duration.count()) / 1e9);
}

// Writes the lines of one metric.
struct Writer {
  const std::string& name;
  const std::string& labels;
  std::string& out;

  void line(const char* suffix, const std::string& all_labels, const std::string& value) {
    out += name + suffix;
    if (!all_labels.empty()) out += "{" + all_labels + "}";
    out += " " + value + "\n";
  }
  void operator()(const Counter& counter) { line("", labels, std::to_string(counter.value())); }
  void operator()(const Gauge& gauge) { line("", labels, std::to_string(gauge.value())); }
  void operator()(const Histogram& histogram) {
    const std::string front = labels.empty() ? "le=\"" : labels + ",le=\"";
    for (size_t i = 0; i < std::size(Histogram::kBounds); ++i) {
      line("_bucket", front + seconds(std::chrono::microseconds(Histogram::kBounds[i])) + "\"",
           std::to_string(histogram.count_up_to(i)));
    }
    const std::string count = std::to_string(histogram.count());
    line("_bucket", front + "+Inf\"", count);
    line("_sum", labels, seconds(histogram.sum()));
    line("_count", labels, count);
  }
  template <typename Question>
  void operator()(const Question& question) {
    line("", labels, text_of(question.value()));
  }
};

constexpr const char* kTypes[] = {"counter", "gauge", "histogram", "gauge"};

}  // namespace

void Histogram::observe(std::chrono::nanoseconds duration) {
  const auto us = static_cast<uint64_t>(std::max<int64_t>(duration.count() + 999, 0) / 1000);
  const auto* bound = std::lower_bound(std::begin(kBounds), std::end(kBounds), us);
  buckets_[bound - std::begin(kBounds)].fetch_add(1, std::memory_order_relaxed);
  sum_ns_.fetch_add(duration.count(), std::memory_order_relaxed);
}

uint64_t Histogram::count_up_to(size_t index) const {
  uint64_t count = 0;
  for (size_t i = 0; i <= index; ++i) count += buckets_[i].load(std::memory_order_relaxed);
  return count;
}

uint64_t Histogram::count() const { return count_up_to(std::size(kBounds)); }

template <typename Kind>
Kind& Metrics::find(const MetricName& metric, const MetricLabels& labels) {
  const std::lock_guard lock(mutex_);
  Family& family = families_[metric.name];
  family.help = metric.help;
  std::string key = label_text(labels);
  auto found = family.series.find(key);
  if (found == family.series.end()) {
    if (family.series.size() >= kSeriesMax) key = overflow_text(labels);
    found = family.series.try_emplace(std::move(key), std::in_place_type<Kind>).first;
  }
  if (Kind* const kind = std::get_if<Kind>(&found->second)) return *kind;
  throw std::logic_error(std::string(metric.name) + " is a metric of another kind");
}

Counter& Metrics::counter(const MetricName& metric, const MetricLabels& labels) {
  return find<Counter>(metric, labels);
}

Gauge& Metrics::gauge(const MetricName& metric, const MetricLabels& labels) {
  return find<Gauge>(metric, labels);
}

Histogram& Metrics::histogram(const MetricName& metric, const MetricLabels& labels) {
  return find<Histogram>(metric, labels);
}

void Metrics::ask(const MetricName& metric, const MetricLabels& labels,
                  std::function<double()> value) {
  Question& question = find<Question>(metric, labels);
  const std::lock_guard lock(mutex_);
  question.value = std::move(value);
}

std::string Metrics::text() const {
  const std::lock_guard lock(mutex_);
  std::string out;
  for (const auto& [name, family] : families_) {
    if (family.series.empty()) continue;
    out += "# HELP " + name + " " + family.help + "\n# TYPE " + name + " " +
           kTypes[family.series.begin()->second.index()] + "\n";
    for (const auto& [labels, series] : family.series) {
      std::visit(Writer{name, labels, out}, series);
    }
  }
  return out;
}

}  // namespace otter::server
