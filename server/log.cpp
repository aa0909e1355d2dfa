#include "server/log.h"

#include <spdlog/logger.h>
#include <spdlog/sinks/ostream_sink.h>

#include <boost/json.hpp>

namespace otter::server {
namespace {

constexpr size_t kValueSizeMax = 256;  // [characters] of one value in a line

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

std::string shortened(const std::string& text) {
  return text.size() <= kValueSizeMax ? text : text.substr(0, kValueSizeMax) + "...";
}

std::string human_line(const char* prefix, const std::string& event, LogFields fields) {
  std::string line = prefix + escape_for_log(event);
  for (const LogField& field : fields) {
    if (field.value.empty()) continue;
    line += " ";
    line += field.name;
    line += "=" + quoted(escape_for_log(shortened(field.value)));
  }
  return line;
}

// Everything but the time, which the pattern adds in front.
std::string json_members(const char* level, const std::string& event, LogFields fields) {
  boost::json::object members = {{"level", level}, {"event", escape_for_log(event)}};
  for (const LogField& field : fields) {
    if (field.value.empty()) continue;
    members[boost::json::string_view(field.name.data(), field.name.size())] =
        escape_for_log(shortened(field.value));
  }
  return boost::json::serialize(members).substr(1);
}

}  // namespace

Log::Log(LogFormat format, std::ostream& out) : format_(format) {
  auto sink = std::make_shared<spdlog::sinks::ostream_sink_mt>(out, true);
  logger_ = std::make_shared<spdlog::logger>("otter", std::move(sink));
  if (format == LogFormat::human) {
    logger_->set_pattern("[%Y-%m-%d %H:%M:%S] %v");
  } else {
    logger_->set_pattern("{\"time\":\"%Y-%m-%dT%H:%M:%S.%eZ\",%v", spdlog::pattern_time_type::utc);
  }
}

Log::~Log() = default;

void Log::info(const std::string& event, LogFields fields) { write(Level::info, event, fields); }

void Log::warning(const std::string& event, LogFields fields) {
  write(Level::warning, event, fields);
}

void Log::error(const std::string& event, LogFields fields) { write(Level::error, event, fields); }

void Log::write(Level level, const std::string& event, LogFields fields) {
  constexpr const char* kNames[] = {"info", "warning", "error"};
  constexpr const char* kPrefixes[] = {"", "warning: ", "error: "};
  const size_t index = static_cast<size_t>(level);
  // A string and not a format: braces in it mean nothing.
  const std::string line = format_ == LogFormat::human ? human_line(kPrefixes[index], event, fields)
                                                       : json_members(kNames[index], event, fields);
  logger_->log(spdlog::level::info, spdlog::string_view_t(line.data(), line.size()));
}

std::string escape_for_log(std::string_view text) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (c >= ' ' && c <= '~' && c != '\\') {
      out += c;
      continue;
    }
    out += "\\x";
    out += kDigits[static_cast<uint8_t>(c) >> 4];
    out += kDigits[static_cast<uint8_t>(c) & 15];
  }
  return out;
}

}  // namespace otter::server
