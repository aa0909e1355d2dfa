#include "server/plan_members.h"

#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdio>

#include "server/problem.h"

namespace otter::server {
namespace {

namespace json = boost::json;

constexpr int64_t kMinute = 60, kHour = 3600, kDay = 86400;  // [s]
constexpr size_t kTextMax = 1024;

// "90s", "15m", "24h", "7d".
std::optional<int64_t> duration_of(std::string_view text) {
  int64_t count = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  const std::string_view unit(stop, static_cast<size_t>(text.data() + text.size() - stop));
  if (error != std::errc() || count < 0 || count > INT64_MAX / kDay) return std::nullopt;
  if (unit == "s") return count;
  if (unit == "m") return count * kMinute;
  if (unit == "h") return count * kHour;
  if (unit == "d") return count * kDay;
  return std::nullopt;
}

// The digits at `text`, all of them; -1 if there is anything else.
int digits(std::string_view text) {
  int value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return -1;
    value = value * 10 + (c - '0');
  }
  return text.empty() ? -1 : value;
}

// "02:00", in minutes.
std::optional<uint16_t> minutes_of(std::string_view text) {
  if (text.size() != 5 || text[2] != ':') return std::nullopt;
  const int hours = digits(text.substr(0, 2)), minutes = digits(text.substr(3));
  if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) return std::nullopt;
  return static_cast<uint16_t>(hours * 60 + minutes);
}

// "Z", "+02:00" or "-05:30" [s].
std::optional<int64_t> offset_of(std::string_view text) {
  if (text == "Z" || text == "z") return 0;
  if (text.empty() || (text[0] != '+' && text[0] != '-')) return std::nullopt;
  const std::optional<uint16_t> minutes = minutes_of(text.substr(1));
  if (!minutes.has_value()) return std::nullopt;
  return (text[0] == '-' ? -1 : 1) * *minutes * kMinute;
}

std::string clock_text(uint16_t minutes) {
  char out[16];
  std::snprintf(out, sizeof(out), "%02d:%02d", minutes / 60, minutes % 60);
  return out;
}

}  // namespace

void refuse_member(const std::string& name, const std::string& expected) {
  throw HttpError(Problem::invalid_field, "\"" + name + "\" must be " + expected);
}

std::optional<int64_t> whole_number(const json::value& value) {
  if (value.is_int64()) return value.as_int64();
  if (value.is_uint64() && value.as_uint64() <= INT64_MAX) {
    return static_cast<int64_t>(value.as_uint64());
  }
  return std::nullopt;
}

const json::value* PlanMembers::find(const char* name) {
  known_.insert(name);
  const json::value* value = object_.if_contains(name);
  return value == nullptr || value->is_null() ? nullptr : value;
}

const json::object* PlanMembers::object(const char* name) {
  const json::value* value = find(name);
  if (value != nullptr && !value->is_object()) refuse_member(name_of(name), "an object");
  return value == nullptr ? nullptr : &value->as_object();
}

std::optional<std::vector<PlanMembers>> PlanMembers::objects(const char* name) {
  const json::value* value = find(name);
  if (value == nullptr) return std::nullopt;
  if (!value->is_array()) refuse_member(name_of(name), "an array of objects");
  std::vector<PlanMembers> found;
  for (const json::value& one : value->as_array()) {
    const std::string path = name_of(name) + "[" + std::to_string(found.size()) + "]";
    if (!one.is_object()) refuse_member(path, "an object");
    found.emplace_back(one.as_object(), path + ".");
  }
  return found;
}

void PlanMembers::read(const char* name, std::string& text) {
  const json::value* value = find(name);
  if (value == nullptr) return;
  const bool is_text = value->is_string() && value->as_string().size() <= kTextMax;
  if (!is_text) refuse_member(name_of(name), "a text of at most 1024 characters");
  text = value->as_string();
}

void PlanMembers::read(const char* name, bool& flag) {
  const json::value* value = find(name);
  if (value == nullptr) return;
  if (!value->is_bool()) refuse_member(name_of(name), "true or false");
  flag = value->as_bool();
}

std::optional<int64_t> PlanMembers::whole_within(const char* name, int64_t minimum,
                                                 int64_t maximum) {
  const json::value* value = find(name);
  if (value == nullptr) return std::nullopt;
  const std::optional<int64_t> whole = whole_number(*value);
  const bool fits = whole.has_value() && *whole >= minimum && *whole <= maximum;
  if (!fits) {
    refuse_member(name_of(name), "a whole number from " + std::to_string(minimum) + " to " +
                                     std::to_string(maximum));
  }
  return whole;
}

void PlanMembers::read_share(const char* name, uint32_t& share) {
  const std::optional<double> percent = number(name, "a percentage from 0 to 100");
  if (!percent.has_value()) return;
  const double parts = *percent * 100;
  const bool fits =
      parts >= 0 && parts <= fleet::kWhole && std::abs(parts - std::round(parts)) < 1e-6;
  if (!fits) refuse_member(name_of(name), "a percentage from 0 to 100 with at most two decimals");
  share = static_cast<uint32_t>(std::lround(parts));
}

std::optional<double> PlanMembers::number(const char* name, const char* expected) {
  const json::value* value = find(name);
  if (value == nullptr) return std::nullopt;
  if (!value->is_number()) refuse_member(name_of(name), expected);
  return value->to_number<double>();
}

void PlanMembers::refuse_others() const {
  for (const auto& member : object_) {
    if (!known_.contains(member.key())) {
      throw HttpError(Problem::invalid_field,
                      "\"" + path_ + std::string(member.key()) + "\" is no member of a plan");
    }
  }
}

void PlanMembers::read_duration(const char* name, int64_t& seconds) {
  const json::value* value = find(name);
  if (value == nullptr) return;
  const std::optional<int64_t> read =
      value->is_string() ? duration_of(value->as_string()) : whole_number(*value);
  if (!read.has_value() || *read < 0) {
    refuse_member(name_of(name), "a duration: 90, \"90s\", \"15m\", \"24h\" or \"7d\"");
  }
  seconds = *read;
}

void PlanMembers::read_window(const char* name, fleet::Window& window) {
  const json::object* value = object(name);
  if (value == nullptr) return;
  PlanMembers read(*value, name_of(name) + ".");
  const auto read_clock = [&read](const char* end) {
    std::string text;
    read.read(end, text);
    const std::optional<uint16_t> minutes = minutes_of(text);
    if (!minutes.has_value()) refuse_member(read.name_of(end), "a time of day like \"02:00\"");
    return *minutes;
  };
  window.from_min = read_clock("from");
  window.to_min = read_clock("to");
  read.refuse_others();
}

std::string duration_text(int64_t seconds) {
  if (seconds % kDay == 0 && seconds != 0) return std::to_string(seconds / kDay) + "d";
  if (seconds % kHour == 0 && seconds != 0) return std::to_string(seconds / kHour) + "h";
  if (seconds % kMinute == 0 && seconds != 0) return std::to_string(seconds / kMinute) + "m";
  return std::to_string(seconds) + "s";
}

std::optional<int64_t> time_of(std::string_view text) {
  constexpr std::string_view kForm = "0000-00-00T00:00:00";
  if (text.size() <= kForm.size()) return std::nullopt;
  for (const size_t at : {4, 7, 10, 13, 16}) {
    if (text[at] != kForm[at]) return std::nullopt;
  }
  const auto field = [text](size_t at, size_t size) { return digits(text.substr(at, size)); };
  const int year = field(0, 4), month = field(5, 2), day = field(8, 2), second = field(17, 2);
  const std::optional<uint16_t> minutes = minutes_of(text.substr(11, 5));
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  const bool is_date = year >= 1970 && month > 0 && day > 0 && date.ok();
  if (!is_date || !minutes.has_value() || second < 0 || second > 60) return std::nullopt;
  std::string_view rest = text.substr(kForm.size());
  if (rest.front() == '.') {
    const size_t end = rest.find_first_not_of("0123456789", 1);
    if (end == std::string_view::npos || end == 1) return std::nullopt;
    rest.remove_prefix(end);
  }
  const std::optional<int64_t> offset_s = offset_of(rest);
  if (!offset_s.has_value()) return std::nullopt;
  const int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  return days * kDay + *minutes * kMinute + second - *offset_s;
}

std::string time_text(int64_t time_s) {
  const std::chrono::sys_seconds time{std::chrono::seconds(time_s)};
  const std::chrono::sys_days days = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(days);
  const int64_t second = (time - days).count();
  char out[64];
  std::snprintf(out, sizeof(out), "%04d-%02u-%02uT%02d:%02d:%02dZ", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(second / kHour), static_cast<int>(second / kMinute % 60),
                static_cast<int>(second % 60));
  return out;
}

json::value number_json(double number) {
  if (number == std::floor(number)) return static_cast<int64_t>(number);
  return number;
}

json::value share_json(uint32_t share) { return number_json(share / 100.0); }

json::object window_json(const fleet::Window& window) {
  return {{"from", clock_text(window.from_min)}, {"to", clock_text(window.to_min)}};
}

}  // namespace otter::server
