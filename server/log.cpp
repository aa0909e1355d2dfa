#include "server/log.h"

#include <algorithm>
#include <boost/json.hpp>
#include <cctype>
#include <ctime>

#include "server/secrets.h"

namespace otter::server {
namespace {

constexpr size_t kValueSizeMax = 256;  // [characters] of one value in a line

using SystemClock = std::chrono::system_clock;

// "2025-10-07 14:30:15" here, or "2025-10-07T14:30:15" in UTC. Made once a second for each thread.
const char* second_of(SystemClock::time_point now, LogFormat format) {
  thread_local std::time_t second = -1;
  thread_local LogFormat second_format = format;
  thread_local char text[32];
  const std::time_t time = SystemClock::to_time_t(now);
  if (time == second && format == second_format) return text;
  std::tm parts{};
  if (format == LogFormat::human) {
    ::localtime_r(&time, &parts);
  } else {
    ::gmtime_r(&time, &parts);
  }
  std::strftime(text, sizeof text, format == LogFormat::human ? "%F %T" : "%FT%T", &parts);
  second = time;
  second_format = format;
  return text;
}

std::string milliseconds_of(SystemClock::time_point now) {
  using std::chrono::milliseconds;
  const auto since = std::chrono::duration_cast<milliseconds>(now.time_since_epoch());
  const std::string digits = std::to_string(since.count() % 1000);
  return std::string(3 - digits.size(), '0') + digits;
}

// Quoted where a reader could not tell where it ends.
std::string quoted(const std::string& value) {
  if (value.find_first_of(" =\"") == std::string::npos) return value;
  std::string out = "\"";
  for (const char c : value) {
    if (c == '"') out += '\\';
    out += c;
  }
  return out + "\"";
}

bool ends_with_prefix(std::string_view text) {
  return text.ends_with(kApiKeyPrefix) || text.ends_with(kAdminTokenPrefix) ||
         text.ends_with(kHmacSecretPrefix);
}

// Of the secret at the front of `text`, what follows its prefix; 0: that is none.
size_t secret_size(std::string_view text) {
  const auto end = std::find_if_not(text.begin(), text.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '-' || c == '_';
  });
  const auto size = static_cast<size_t>(end - text.begin());
  return size < kSecretTextSize ? 0 : size;
}

std::string shortened(const std::string& text) {
  return text.size() <= kValueSizeMax ? text : text.substr(0, kValueSizeMax) + "...";
}

std::string human_line(const char* prefix, const std::string& event, LogFields fields) {
  std::string line = prefix + escape_for_log(event);
  for (const LogField& field : fields) {
    if (field.value.empty()) continue;
    line += " ";
    line += field.name;
    line += "=" + quoted(shortened(escape_for_log(field.value)));
  }
  return line;
}

// Everything but the time, which comes in front.
std::string json_members(const char* level, const std::string& event, LogFields fields) {
  boost::json::object members = {{"level", level}, {"event", escape_for_log(event)}};
  for (const LogField& field : fields) {
    if (field.value.empty()) continue;
    members[boost::json::string_view(field.name.data(), field.name.size())] =
        shortened(escape_for_log(field.value));
  }
  return boost::json::serialize(members).substr(1);
}

}  // namespace

Log::Log(LogFormat format, std::ostream& out, std::chrono::milliseconds delay)
    : format_(format), writer_(out, delay, [this](uint64_t dropped) {
        return line(Level::error, "Log lines dropped", {{"count", std::to_string(dropped)}});
      }) {}

void Log::info(const std::string& event, LogFields fields) { write(Level::info, event, fields); }

void Log::warning(const std::string& event, LogFields fields) {
  write(Level::warning, event, fields);
}

void Log::error(const std::string& event, LogFields fields) { write(Level::error, event, fields); }

std::string Log::line(Level level, const std::string& event, LogFields fields) const {
  constexpr const char* kNames[] = {"info", "warning", "error"};
  constexpr const char* kPrefixes[] = {"", "warning: ", "error: "};
  const size_t index = static_cast<size_t>(level);
  const SystemClock::time_point now = SystemClock::now();
  const std::string time = second_of(now, format_);
  if (format_ == LogFormat::human) {
    return "[" + time + "] " + human_line(kPrefixes[index], event, fields) + "\n";
  }
  return "{\"time\":\"" + time + "." + milliseconds_of(now) + "Z\"," +
         json_members(kNames[index], event, fields) + "\n";
}

void Log::write(Level level, const std::string& event, LogFields fields) {
  writer_.add(line(level, event, fields));
}

std::string escape_for_log(std::string_view text) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c >= ' ' && c <= '~' && c != '\\') {
      out += c;
      if (c != '_' || !ends_with_prefix(text.substr(0, i + 1))) continue;
      const size_t size = secret_size(text.substr(i + 1));
      if (size > 0) out += "...";
      i += size;
      continue;
    }
    out += "\\x";
    out += kDigits[static_cast<uint8_t>(c) >> 4];
    out += kDigits[static_cast<uint8_t>(c) & 15];
  }
  return out;
}

}  // namespace otter::server
