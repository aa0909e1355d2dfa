#include "server/rollout_json.h"

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <limits>
#include <stdexcept>
#include <string_view>

namespace otter::server {
namespace {

using fleet::Plan;
using fleet::Stage;

constexpr double kPercent = 100;  // of 1/10,000
constexpr int64_t kHour = 3600;   // [s]
constexpr int64_t kDay = 24 * kHour;
constexpr int64_t kSecondsMax = 10 * 366 * kDay;
constexpr int64_t kTimeMax = int64_t{1} << 40;  // [s since 1970-01-01 UTC]
constexpr size_t kGroupSizeMax = 1024;

[[noreturn]] void refuse(const std::string& name, const std::string& expected) {
  throw std::runtime_error("\"" + name + "\" must be " + expected);
}

void allow_members(const boost::json::object& object, const std::string& where,
                   std::initializer_list<std::string_view> names) {
  for (const auto& [key, value] : object) {
    const std::string_view name(key.data(), key.size());
    if (std::ranges::find(names, name) == names.end()) {
      throw std::runtime_error(where + " has no member \"" + std::string(name) + "\"");
    }
  }
}

// The member, unless it is missing or null.
const boost::json::value* member(const boost::json::object& object, const char* name) {
  const boost::json::value* value = object.if_contains(name);
  return value == nullptr || value->is_null() ? nullptr : value;
}

struct Range {
  int64_t minimum = 0;
  int64_t maximum = 0;
};

template <typename Number>
void read_number(const boost::json::object& object, const char* name, Range range, Number& out) {
  const boost::json::value* value = member(object, name);
  if (value == nullptr) return;
  boost::json::error_code error;
  const int64_t number = value->is_number() ? value->to_number<int64_t>(error) : 0;
  if (!value->is_number() || error || number < range.minimum || number > range.maximum) {
    refuse(name, "a whole number from " + std::to_string(range.minimum) + " to " +
                     std::to_string(range.maximum));
  }
  out = static_cast<Number>(number);
}

// A percentage, kept in 1/10,000.
void read_share(const boost::json::object& object, const char* name, uint32_t& out) {
  const boost::json::value* value = member(object, name);
  if (value == nullptr) return;
  const double percent = value->is_number() ? value->to_number<double>() : -1;
  if (!(percent >= 0 && percent <= kPercent)) refuse(name, "a percentage from 0 to 100");
  out = static_cast<uint32_t>(std::lround(percent * kPercent));
}

void read_flag(const boost::json::object& object, const char* name, bool& out) {
  const boost::json::value* value = member(object, name);
  if (value == nullptr) return;
  if (!value->is_bool()) refuse(name, "true or false");
  out = value->as_bool();
}

std::optional<std::string> text_of(const boost::json::object& object, const char* name) {
  const boost::json::value* value = member(object, name);
  if (value == nullptr) return std::nullopt;
  if (!value->is_string()) refuse(name, "a text");
  return std::string(value->as_string());
}

std::optional<int64_t> seconds_in(std::string_view text) {
  int64_t number = 0;
  size_t digits = 0;
  while (digits < text.size() && digits < 9 && text[digits] >= '0' && text[digits] <= '9') {
    number = 10 * number + (text[digits++] - '0');
  }
  if (digits == 0 || digits + 1 != text.size()) return std::nullopt;
  switch (text.back()) {
    case 's':
      return number;
    case 'm':
      return 60 * number;
    case 'h':
      return kHour * number;
    case 'd':
      return kDay * number;
    default:
      return std::nullopt;
  }
}

// "90s", "15m", "24h", "7d", or a number of seconds.
void read_duration(const boost::json::object& object, const char* name, int64_t& out) {
  const boost::json::value* value = member(object, name);
  if (value == nullptr) return;
  std::optional<int64_t> seconds;
  if (value->is_string()) {
    seconds = seconds_in({value->as_string().data(), value->as_string().size()});
  } else if (value->is_int64()) {
    seconds = value->as_int64();
  }
  if (!seconds.has_value() || *seconds < 0 || *seconds > kSecondsMax) {
    refuse(name, "a time such as \"90s\", \"15m\", \"24h\" or \"7d\"");
  }
  out = *seconds;
}

Stage read_stage(const boost::json::value& value) {
  if (!value.is_object()) refuse("stages", "a list of objects");
  const boost::json::object& object = value.as_object();
  allow_members(object, "a stage", {"share", "devices", "bake"});
  Stage stage;
  read_share(object, "share", stage.share);
  read_number(object, "devices", {0, UINT32_MAX}, stage.devices);
  read_duration(object, "bake", stage.bake_s);
  return stage;
}

void read_stages(const boost::json::object& document, Plan& plan) {
  const boost::json::value* value = member(document, "stages");
  if (value == nullptr) return;
  if (!value->is_array()) refuse("stages", "a list");
  plan.stages.clear();
  for (const boost::json::value& stage : value->as_array()) {
    if (plan.stages.size() > fleet::kStagesMax) break;  // objection_to() says so
    plan.stages.push_back(read_stage(stage));
  }
}

void read_gates(const boost::json::object& document, fleet::Gates& gates) {
  const boost::json::value* value = member(document, "gates");
  if (value == nullptr) return;
  if (!value->is_object()) refuse("gates", "an object");
  const boost::json::object& object = value->as_object();
  allow_members(object, "\"gates\"",
                {"sample", "failing_max", "confirmed_min", "health_error_rate", "health_window"});
  read_number(object, "sample", {1, UINT32_MAX}, gates.sample);
  read_share(object, "failing_max", gates.failing_max);
  read_share(object, "confirmed_min", gates.confirmed_min);
  read_duration(object, "health_window", gates.health_window_s);
  const boost::json::value* rate = member(object, "health_error_rate");
  if (rate == nullptr) return;
  gates.health_alpha = rate->is_number() ? rate->to_number<double>() : -1;
  if (!(gates.health_alpha >= 0 && gates.health_alpha <= 0.5)) {
    refuse("health_error_rate", "from 0 (switched off) to 0.5");
  }
}

// "02:00" as minutes after midnight.
uint16_t read_minute(const boost::json::object& window, const char* name) {
  const std::string text = text_of(window, name).value_or("");
  const auto digit = [&text](size_t at) { return text[at] >= '0' && text[at] <= '9'; };
  const bool has_form =
      text.size() == 5 && text[2] == ':' && digit(0) && digit(1) && digit(3) && digit(4);
  const int hour = has_form ? (text[0] - '0') * 10 + text[1] - '0' : 24;
  const int minute = has_form ? (text[3] - '0') * 10 + text[4] - '0' : 60;
  if (hour > 23 || minute > 59) refuse(name, "a time of the day such as \"02:00\"");
  return static_cast<uint16_t>(hour * 60 + minute);
}

void read_window(const boost::json::object& document, fleet::Window& window) {
  const boost::json::value* value = member(document, "window");
  if (value == nullptr) return;
  if (!value->is_object()) refuse("window", R"(an object such as {"from":"02:00","to":"05:00"})");
  allow_members(value->as_object(), "\"window\"", {"from", "to"});
  window.from_min = read_minute(value->as_object(), "from");
  window.to_min = read_minute(value->as_object(), "to");
}

void read_breach(const boost::json::object& document, Plan& plan) {
  const std::optional<std::string> word = text_of(document, "on_breach");
  if (!word.has_value()) return;
  if (word != "halt" && word != "take_back") refuse("on_breach", "halt or take_back");
  plan.on_breach = word == "halt" ? fleet::OnBreach::halt : fleet::OnBreach::take_back;
}

void read_template(const boost::json::object& document, Plan& plan) {
  const std::string word = text_of(document, "template").value_or("normal");
  if (word == "careful") {
    plan.stages = {{100, 0, 2 * kDay},
                   {500, 0, 2 * kDay},
                   {2000, 0, 2 * kDay},
                   {5000, 0, kDay},
                   {10'000, 0, kDay}};
    plan.gates.failing_max = 200;
  } else if (word == "normal") {
    plan.stages = {{500, 0, kDay}, {2500, 0, kDay}, {10'000, 0, kDay}};
  } else if (word == "all_at_once") {
    plan.stages = {{10'000, 0, 0}};
  } else {
    refuse("template", "careful, normal or all_at_once");
  }
}

std::string minute_text(uint16_t minutes) {
  const auto two = [](int number) {
    return std::string(1, static_cast<char>('0' + number / 10)) +
           static_cast<char>('0' + number % 10);
  };
  return two(minutes / 60) + ":" + two(minutes % 60);
}

boost::json::array stages_json(const std::vector<Stage>& stages) {
  boost::json::array all;
  for (const Stage& stage : stages) {
    boost::json::object document;
    if (stage.share != 0) document["share"] = stage.share / kPercent;
    if (stage.share == 0) document["devices"] = stage.devices;
    document["bake"] = stage.bake_s;
    all.push_back(std::move(document));
  }
  return all;
}

boost::json::object gates_json(const fleet::Gates& gates) {
  return {{"sample", gates.sample},
          {"failing_max", gates.failing_max / kPercent},
          {"confirmed_min", gates.confirmed_min / kPercent},
          {"health_error_rate", gates.health_alpha},
          {"health_window", gates.health_window_s}};
}

}  // namespace

fleet::Plan plan_from_json(const boost::json::object& document) {
  allow_members(document, "a plan",
                {"version", "name", "template", "group", "stages", "gates", "on_breach", "start",
                 "window", "at_once", "at_once_site", "bytes_per_second", "attempts", "retry_after",
                 "time_limit", "priority", "takes_late", "needs_approval"});
  Plan plan;
  read_template(document, plan);
  plan.group = text_of(document, "group").value_or("");
  if (plan.group.size() > kGroupSizeMax) refuse("group", "a filter of at most 1024 characters");
  read_stages(document, plan);
  read_gates(document, plan.gates);
  read_breach(document, plan);
  read_window(document, plan.window);
  read_number(document, "start", {0, kTimeMax}, plan.start_s);
  read_number(document, "at_once", {0, UINT32_MAX}, plan.at_once_max);
  read_number(document, "at_once_site", {0, UINT32_MAX}, plan.at_once_site_max);
  read_number(document, "bytes_per_second", {0, kTimeMax}, plan.bytes_per_s_max);
  read_number(document, "attempts", {1, 100}, plan.attempts_max);
  read_duration(document, "retry_after", plan.retry_after_s);
  read_duration(document, "time_limit", plan.time_limit_s);
  read_number(document, "priority", {INT32_MIN, INT32_MAX}, plan.priority);
  read_flag(document, "takes_late", plan.takes_late);
  read_flag(document, "needs_approval", plan.needs_approval);
  return plan;
}

boost::json::object plan_json(const fleet::Plan& plan) {
  return {{"group", plan.group},
          {"stages", stages_json(plan.stages)},
          {"gates", gates_json(plan.gates)},
          {"on_breach", plan.on_breach == fleet::OnBreach::halt ? "halt" : "take_back"},
          {"start", plan.start_s},
          {"window",
           {{"from", minute_text(plan.window.from_min)}, {"to", minute_text(plan.window.to_min)}}},
          {"at_once", plan.at_once_max},
          {"at_once_site", plan.at_once_site_max},
          {"bytes_per_second", plan.bytes_per_s_max},
          {"attempts", plan.attempts_max},
          {"retry_after", plan.retry_after_s},
          {"time_limit", plan.time_limit_s},
          {"priority", plan.priority},
          {"takes_late", plan.takes_late},
          {"needs_approval", plan.needs_approval}};
}

}  // namespace otter::server
