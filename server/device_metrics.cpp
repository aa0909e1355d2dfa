#include "server/device_metrics.h"

#include <algorithm>
#include <charconv>

#include "ota/wire/device_metrics.h"
#include "server/header_text.h"

namespace otter::server {
namespace {

// RFC 8941 sections 3.3.1 and 3.3.2
constexpr size_t kIntegerDigitsMax = 15;
constexpr size_t kWholeDigitsMax = 12;  // of a decimal, before its point
constexpr size_t kFractionDigitsMax = 3;

constexpr std::string_view kDigits = "0123456789";

size_t count_digits(std::string_view text) {
  return std::min(text.find_first_not_of(kDigits), text.size());
}

// An integer or a decimal, all of the text.
std::optional<double> number_of(std::string_view text) {
  const size_t sign = text.starts_with('-') ? 1 : 0;
  const size_t whole = count_digits(text.substr(sign));
  const std::string_view rest = text.substr(sign + whole);
  if (whole == 0 || whole > (rest.empty() ? kIntegerDigitsMax : kWholeDigitsMax)) {
    return std::nullopt;
  }
  if (!rest.empty()) {
    const size_t fraction = rest.size() - 1;
    const bool is_decimal = rest[0] == '.' && fraction > 0 && fraction <= kFractionDigitsMax &&
                            count_digits(rest.substr(1)) == fraction;
    if (!is_decimal) return std::nullopt;
  }
  double value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::optional<fleet::MetricValue> metric_of(std::string_view member) {
  const size_t equals = member.find('=');
  if (equals == std::string_view::npos) return std::nullopt;
  const std::string_view name = member.substr(0, equals);
  const std::optional<double> value = number_of(member.substr(equals + 1));
  if (!is_metric_key(Text(name)) || !value.has_value()) return std::nullopt;
  return fleet::MetricValue{std::string(name), *value};
}

}  // namespace

std::optional<std::vector<fleet::MetricValue>> parse_device_metrics(std::string_view header) {
  if (header.size() > kDeviceMetricsSizeMax) return std::nullopt;
  std::vector<fleet::MetricValue> metrics;
  for (bool is_last = false; !is_last;) {
    const size_t comma = header.find(',');
    is_last = comma == std::string_view::npos;
    std::optional<fleet::MetricValue> metric = metric_of(trim(header.substr(0, comma)));
    if (!metric.has_value() || metrics.size() == kMetricsMax) return std::nullopt;
    const auto is_same = [&](const fleet::MetricValue& one) { return one.name == metric->name; };
    if (std::ranges::any_of(metrics, is_same)) return std::nullopt;
    metrics.push_back(std::move(*metric));
    if (!is_last) header.remove_prefix(comma + 1);
  }
  return metrics;
}

}  // namespace otter::server
