#include "server/rollout_json.h"

#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <set>

#include "server/problem.h"

namespace otter::server {
namespace {

namespace json = boost::json;

constexpr int64_t kMinute = 60, kHour = 3600, kDay = 86400;  // [s]
constexpr int64_t kTextMax = 1024;
constexpr int64_t kBytesMax = int64_t{1} << 40;

[[noreturn]] void refuse(const std::string& name, const std::string& expected) {
  throw HttpError(Problem::invalid_field, "\"" + name + "\" must be " + expected);
}

std::optional<int64_t> whole_of(const json::value& value) {
  if (value.is_int64()) return value.as_int64();
  if (value.is_uint64() && value.as_uint64() <= INT64_MAX) {
    return static_cast<int64_t>(value.as_uint64());
  }
  return std::nullopt;
}

// One object of the plan, member by member; those that nobody asks for are refused at the end.
class Members {
 public:
  Members(const json::object& object, std::string path) : object_(object), path_(std::move(path)) {}

  std::string name_of(const char* name) const { return path_ + name; }

  const json::value* find(const char* name) {
    known_.insert(name);
    const json::value* value = object_.if_contains(name);
    return value == nullptr || value->is_null() ? nullptr : value;
  }

  const json::object* object(const char* name) {
    const json::value* value = find(name);
    if (value != nullptr && !value->is_object()) refuse(name_of(name), "an object");
    return value == nullptr ? nullptr : &value->as_object();
  }

  void read(const char* name, std::string& text) {
    const json::value* value = find(name);
    if (value == nullptr) return;
    const bool is_text = value->is_string() && value->as_string().size() <= kTextMax;
    if (!is_text) refuse(name_of(name), "a text of at most 1024 characters");
    text = value->as_string();
  }

  void read(const char* name, bool& flag) {
    const json::value* value = find(name);
    if (value == nullptr) return;
    if (!value->is_bool()) refuse(name_of(name), "true or false");
    flag = value->as_bool();
  }

  template <typename Number>
  void read_whole(const char* name, Number& number, int64_t minimum, int64_t maximum) {
    const json::value* value = find(name);
    if (value == nullptr) return;
    const std::optional<int64_t> whole = whole_of(*value);
    const bool fits = whole.has_value() && *whole >= minimum && *whole <= maximum;
    if (!fits) {
      refuse(name_of(name),
             "a whole number from " + std::to_string(minimum) + " to " + std::to_string(maximum));
    }
    number = static_cast<Number>(*whole);
  }

  // A percentage, kept in 1/10,000.
  void read_share(const char* name, uint32_t& share) {
    const std::optional<double> percent = number(name, "a percentage from 0 to 100");
    if (!percent.has_value()) return;
    const double parts = *percent * 100;
    const bool fits =
        parts >= 0 && parts <= fleet::kWhole && std::abs(parts - std::round(parts)) < 1e-6;
    if (!fits) refuse(name_of(name), "a percentage from 0 to 100 with at most two decimals");
    share = static_cast<uint32_t>(std::lround(parts));
  }

  std::optional<double> number(const char* name, const char* expected) {
    const json::value* value = find(name);
    if (value == nullptr) return std::nullopt;
    if (!value->is_number()) refuse(name_of(name), expected);
    return value->to_number<double>();
  }

  void read_duration(const char* name, int64_t& seconds);

  void refuse_others() const {
    for (const auto& member : object_) {
      if (!known_.contains(member.key())) {
        throw HttpError(Problem::invalid_field,
                        "\"" + path_ + std::string(member.key()) + "\" is no member of a plan");
      }
    }
  }

 private:
  const json::object& object_;
  std::string path_;
  std::set<std::string, std::less<>> known_;
};

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

void Members::read_duration(const char* name, int64_t& seconds) {
  const json::value* value = find(name);
  if (value == nullptr) return;
  const std::optional<int64_t> read =
      value->is_string() ? duration_of(value->as_string()) : whole_of(*value);
  if (!read.has_value() || *read < 0) {
    refuse(name_of(name), "a duration: 90, \"90s\", \"15m\", \"24h\" or \"7d\"");
  }
  seconds = *read;
}

std::string duration_text(int64_t seconds) {
  if (seconds % kDay == 0 && seconds != 0) return std::to_string(seconds / kDay) + "d";
  if (seconds % kHour == 0 && seconds != 0) return std::to_string(seconds / kHour) + "h";
  if (seconds % kMinute == 0 && seconds != 0) return std::to_string(seconds / kMinute) + "m";
  return std::to_string(seconds) + "s";
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

// "2026-12-01T02:00:00Z", a fraction of a second is dropped.
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

std::string clock_text(uint16_t minutes) {
  char out[16];
  std::snprintf(out, sizeof(out), "%02d:%02d", minutes / 60, minutes % 60);
  return out;
}

// What a plan is that says nothing else.
fleet::Plan template_of(Members& members) {
  std::string name = "careful";
  members.read("template", name);
  fleet::Plan plan;
  if (name == "careful") {
    for (const uint32_t share : {100u, 500u, 2000u, 5000u, fleet::kWhole}) {
      plan.stages.push_back({share, 0, kDay});
    }
  } else if (name == "normal") {
    for (const uint32_t share : {1000u, 5000u, fleet::kWhole}) {
      plan.stages.push_back({share, 0, kDay});
    }
  } else if (name == "all_at_once") {
    plan.stages.push_back({fleet::kWhole, 0, kHour});
    plan.gates.health_alpha = 0;
  } else {
    refuse("template", "\"careful\", \"normal\" or \"all_at_once\"");
  }
  return plan;
}

void read_stages(Members& members, std::vector<fleet::Stage>& stages) {
  const json::value* value = members.find("stages");
  if (value == nullptr) return;
  if (!value->is_array()) refuse("stages", "an array of objects");
  stages.clear();
  for (const json::value& one : value->as_array()) {
    const std::string path = "stages[" + std::to_string(stages.size()) + "]";
    if (!one.is_object()) refuse(path, "an object");
    Members stage(one.as_object(), path + ".");
    fleet::Stage read;
    read.bake_s = kDay;
    stage.read_share("share", read.share);
    stage.read_whole("devices", read.devices, 1, UINT32_MAX);
    stage.read_duration("bake", read.bake_s);
    stage.refuse_others();
    stages.push_back(read);
  }
}

void read_gates(Members& members, fleet::Gates& gates) {
  const json::object* object = members.object("gates");
  if (object == nullptr) return;
  Members read(*object, "gates.");
  read.read_whole("sample", gates.sample, 1, 1'000'000);
  read.read_share("failing_max", gates.failing_max);
  read.read_share("confirmed_min", gates.confirmed_min);
  const char* const expected = "a chance from 0 to 0.5; 0 switches the gate off";
  const std::optional<double> rate = read.number("health_error_rate", expected);
  if (rate.has_value() && !(*rate >= 0 && *rate <= 0.5)) {
    refuse(read.name_of("health_error_rate"), expected);
  }
  gates.health_alpha = rate.value_or(gates.health_alpha);
  read.read_duration("health_window", gates.health_window_s);
  read.refuse_others();
}

void read_window(Members& members, fleet::Window& window) {
  const json::object* object = members.object("window");
  if (object == nullptr) return;
  Members read(*object, "window.");
  const auto read_clock = [&read](const char* name) {
    std::string text;
    read.read(name, text);
    const std::optional<uint16_t> minutes = minutes_of(text);
    if (!minutes.has_value()) refuse(read.name_of(name), "a time of day like \"02:00\"");
    return *minutes;
  };
  window.from_min = read_clock("from");
  window.to_min = read_clock("to");
  read.refuse_others();
}

void read_start(Members& members, int64_t& start_s) {
  const json::value* value = members.find("start");
  if (value == nullptr) return;
  const std::optional<int64_t> read =
      value->is_string() ? time_of(value->as_string()) : whole_of(*value);
  if (!read.has_value() || *read < 0) {
    refuse("start", "a time like \"2026-12-01T02:00:00Z\", or in seconds since 1970");
  }
  start_s = *read;
}

void read_on_breach(Members& members, fleet::OnBreach& on_breach) {
  std::string text = on_breach == fleet::OnBreach::halt ? "halt" : "take_back";
  members.read("on_breach", text);
  if (text != "halt" && text != "take_back") refuse("on_breach", "\"halt\" or \"take_back\"");
  on_breach = text == "halt" ? fleet::OnBreach::halt : fleet::OnBreach::take_back;
}

// Whole numbers without a fraction, as people write them.
json::value number_json(double number) {
  if (number == std::floor(number)) return static_cast<int64_t>(number);
  return number;
}

json::value share_json(uint32_t share) { return number_json(share / 100.0); }

json::array stages_json(const std::vector<fleet::Stage>& stages) {
  json::array out;
  for (const fleet::Stage& stage : stages) {
    json::object one;
    if (stage.share != 0) one["share"] = share_json(stage.share);
    if (stage.devices != 0) one["devices"] = stage.devices;
    one["bake"] = duration_text(stage.bake_s);
    out.push_back(std::move(one));
  }
  return out;
}

}  // namespace

fleet::Plan plan_from_json(const boost::json::object& object) {
  Members members(object, "");
  fleet::Plan plan = template_of(members);
  members.read("id", plan.id);
  members.read("product", plan.product);
  members.read("version", plan.version);
  members.read("group", plan.group);
  read_stages(members, plan.stages);
  read_gates(members, plan.gates);
  read_on_breach(members, plan.on_breach);
  read_start(members, plan.start_s);
  read_window(members, plan.window);
  members.read_whole("at_once", plan.at_once_max, 0, UINT32_MAX);
  members.read_whole("at_once_site", plan.at_once_site_max, 0, UINT32_MAX);
  members.read_whole("bytes_per_second", plan.bytes_per_s_max, 0, kBytesMax);
  members.read_whole("image_bytes", plan.image_bytes, 0, kBytesMax);
  members.read_whole("attempts", plan.attempts_max, 1, 1000);
  members.read_duration("retry_after", plan.retry_after_s);
  members.read_duration("time_limit", plan.time_limit_s);
  members.read_whole("priority", plan.priority, -1000, 1000);
  members.read("takes_late", plan.takes_late);
  members.read("needs_approval", plan.needs_approval);
  members.refuse_others();
  if (const auto found = objection_to(plan)) throw HttpError(Problem::invalid_field, *found);
  return plan;
}

boost::json::object plan_json(const fleet::Plan& plan) {
  json::object out;
  if (!plan.id.empty()) out["id"] = plan.id;
  if (!plan.product.empty()) out["product"] = plan.product;
  if (!plan.version.empty()) out["version"] = plan.version;
  out["group"] = plan.group;
  out["stages"] = stages_json(plan.stages);
  out["gates"] = {{"sample", plan.gates.sample},
                  {"failing_max", share_json(plan.gates.failing_max)},
                  {"confirmed_min", share_json(plan.gates.confirmed_min)},
                  {"health_error_rate", number_json(plan.gates.health_alpha)},
                  {"health_window", duration_text(plan.gates.health_window_s)}};
  out["on_breach"] = plan.on_breach == fleet::OnBreach::halt ? "halt" : "take_back";
  if (plan.start_s != 0) out["start"] = time_text(plan.start_s);
  if (plan.window.from_min != plan.window.to_min) {
    out["window"] = {{"from", clock_text(plan.window.from_min)},
                     {"to", clock_text(plan.window.to_min)}};
  }
  out["at_once"] = plan.at_once_max;
  out["at_once_site"] = plan.at_once_site_max;
  out["bytes_per_second"] = plan.bytes_per_s_max;
  if (plan.image_bytes != 0) out["image_bytes"] = plan.image_bytes;
  out["attempts"] = plan.attempts_max;
  out["retry_after"] = duration_text(plan.retry_after_s);
  out["time_limit"] = duration_text(plan.time_limit_s);
  out["priority"] = plan.priority;
  out["takes_late"] = plan.takes_late;
  out["needs_approval"] = plan.needs_approval;
  return out;
}

}  // namespace otter::server
