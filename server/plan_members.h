// The members of a plan that people send as JSON, read one by one; and how durations, times and
// windows are written in it. docs/spec/rollout.md. Pure, one thread.
//
// Errors of all that reads: HttpError invalid_field, with the member's name and what is expected
#pragma once

#include <boost/json.hpp>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "fleet/rollout.h"

namespace otter::server {

[[noreturn]] void refuse_member(const std::string& name, const std::string& expected);

std::optional<int64_t> whole_number(const boost::json::value& value);

// One object of the plan, member by member; those that nobody asks for are refused at the end.
class PlanMembers {
 public:
  // `object` must outlive it.
  PlanMembers(const boost::json::object& object, std::string path)
      : object_(object), path_(std::move(path)) {}

  std::string name_of(const char* name) const { return path_ + name; }

  // nullptr if it is missing, or null.
  const boost::json::value* find(const char* name);
  const boost::json::object* object(const char* name);
  // Those of an array; nothing if it is missing.
  std::optional<std::vector<PlanMembers>> objects(const char* name);

  // What is missing leaves the value as it is.
  void read(const char* name, std::string& text);
  void read(const char* name, bool& flag);
  template <typename Number>
  void read_whole(const char* name, Number& number, int64_t minimum, int64_t maximum) {
    const std::optional<int64_t> whole = whole_within(name, minimum, maximum);
    if (whole.has_value()) number = static_cast<Number>(*whole);
  }
  // A percentage, kept in 1/10,000.
  void read_share(const char* name, uint32_t& share);
  // "90s", "15m", "24h", "7d", or whole seconds.
  void read_duration(const char* name, int64_t& seconds);
  // {"from": "02:00", "to": "05:00"}
  void read_window(const char* name, fleet::Window& window);
  std::optional<double> number(const char* name, const char* expected);

  void refuse_others() const;

 private:
  std::optional<int64_t> whole_within(const char* name, int64_t minimum, int64_t maximum);

  const boost::json::object& object_;
  std::string path_;
  std::set<std::string, std::less<>> known_;
};

std::string duration_text(int64_t seconds);

// "2026-12-01T02:00:00Z", a fraction of a second is dropped [s since 1970-01-01 UTC].
std::optional<int64_t> time_of(std::string_view text);
std::string time_text(int64_t time_s);

// Whole numbers without a fraction, as people write them.
boost::json::value number_json(double number);
boost::json::value share_json(uint32_t share);
boost::json::object window_json(const fleet::Window& window);

}  // namespace otter::server
