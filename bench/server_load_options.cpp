#include "bench/server_load_options.h"

#include <charconv>
#include <stdexcept>

namespace otter::bench {
namespace {

struct Option {
  const char* name;
  void (*set)(LoadOptions& options, const std::string& value);
};

size_t number(const std::string& text) {
  size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) {
    throw std::runtime_error("\"" + text + "\" is no whole number");
  }
  return value;
}

constexpr Option kOptions[] = {
    {"--mode", [](LoadOptions& to, const std::string& value) { to.mode = value; }},
    {"--port", [](LoadOptions& to,
                  const std::string& value) { to.port = static_cast<uint16_t>(number(value)); }},
    {"--connections",
     [](LoadOptions& to, const std::string& value) { to.connections = number(value); }},
    {"--duration-ms",
     [](LoadOptions& to, const std::string& value) {
       to.duration = std::chrono::milliseconds(number(value));
     }},
    {"--spread-ms",
     [](LoadOptions& to, const std::string& value) {
       to.spread = std::chrono::milliseconds(number(value));
     }},
    {"--devices", [](LoadOptions& to, const std::string& value) { to.devices = number(value); }},
    {"--addresses",
     [](LoadOptions& to, const std::string& value) { to.addresses = number(value); }},
    {"--device-step",
     [](LoadOptions& to, const std::string& value) { to.device_step = number(value); }},
    {"--poll", [](LoadOptions& to, const std::string& value) { to.poll = value == "yes"; }},
    {"--acknowledged", [](LoadOptions& to, const std::string& value) { to.acknowledged = value; }},
    {"--path", [](LoadOptions& to, const std::string& value) { to.target.path = value; }},
    {"--api-key", [](LoadOptions& to, const std::string& value) { to.target.api_key = value; }},
    {"--master", [](LoadOptions& to, const std::string& value) { to.target.master_file = value; }},
    {"--product", [](LoadOptions& to, const std::string& value) { to.target.product = value; }},
    {"--version", [](LoadOptions& to, const std::string& value) { to.target.version = value; }},
    {"--request",
     [](LoadOptions& to, const std::string& value) { to.target.reports = value == "report"; }},
};

}  // namespace

const char* const kLoadUsage =
    "server_load --port N [--mode keep|new|resume|idle|return] [--connections N]\n"
    "  [--duration-ms N] [--spread-ms N] [--devices N] [--device-step N]\n"
    "  [--addresses N] [--poll yes]\n"
    "  [--api-key KEY | --master FILE] [--product NAME] [--version V]\n"
    "  [--path PATH | --request report [--acknowledged FILE]]\n"
    "Sends requests to a server on this machine and prints one JSON object.\n";

LoadOptions parse_options(int count, char** words) {
  LoadOptions options;
  for (int i = 1; i < count; i += 2) {
    const std::string word = words[i];
    const Option* found = nullptr;
    for (const Option& option : kOptions) {
      if (word == option.name) found = &option;
    }
    if (found == nullptr) throw std::runtime_error("there is no option " + word);
    if (i + 1 == count) throw std::runtime_error(word + " needs a value");
    found->set(options, words[i + 1]);
  }
  if (options.devices == 0 || options.connections == 0 || options.addresses == 0) {
    throw std::runtime_error("--devices, --connections and --addresses begin at 1");
  }
  return options;
}

}  // namespace otter::bench
