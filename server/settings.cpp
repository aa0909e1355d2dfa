#include "server/settings.h"

#include <arpa/inet.h>
#include <toml++/toml.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <optional>
#include <string_view>

#include "ota/wire/checkin.h"
#include "ota/wire/url.h"
#include "publish/https_client.h"

namespace otter::server {
namespace {

constexpr uint32_t kSessionMax = 30 * 24 * 3600;  // [s]
constexpr uint32_t kSessionMin = 120;             // [s] its use is noted to the minute
constexpr uint32_t kThreadsMax = 256;
// Two of them are a ticket's life, which ends after 7 days: RFC 8446 section 4.6.1.
constexpr uint32_t kHstsMax = 2 * 365 * 24 * 3600;          // [s]
constexpr uint32_t kTicketRotationMax = 7 * 24 * 3600 / 2;  // [s]
constexpr uint32_t kKeepDaysMax = 36'525;                   // [days] a century
constexpr uint32_t kPatchWaitMax = 3600;                    // [s]
constexpr uint32_t kPatchMemoryMax = 1024 * 1024;           // [MiB]

enum class Kind : uint8_t { text, path, number, list, names };

// One setting; the items of a list with spaces between, names in lines. `set` throws
// std::invalid_argument with the reason why a value won't do.
struct Entry {
  const char* name;
  Kind kind;
  void (*set)(Settings& settings, const std::string& value);
  std::string (*get)(const Settings& settings);
};

[[noreturn]] void refuse(const std::string& reason) { throw std::invalid_argument(reason); }

uint32_t to_number(const std::string& text, uint32_t minimum, uint32_t maximum) {
  uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < minimum ||
      value > maximum) {
    refuse("must be a whole number from " + std::to_string(minimum) + " to " +
           std::to_string(maximum));
  }
  return value;
}

bool is_ip_address(const std::string& text) {
  uint8_t bytes[16];
  return inet_pton(AF_INET, text.c_str(), bytes) == 1 ||
         inet_pton(AF_INET6, text.c_str(), bytes) == 1;
}

void set_listen(Settings& settings, const std::string& value) {
  const size_t colon = value.rfind(':');
  if (colon == std::string::npos) refuse("must be address:port, as 127.0.0.1:8443 or [::1]:8443");
  std::string address = value.substr(0, colon);
  if (address.size() > 2 && address.front() == '[' && address.back() == ']') {
    address = address.substr(1, address.size() - 2);
  } else if (address.find(':') != std::string::npos) {
    refuse("an IPv6 address needs brackets: [::1]:8443");
  }
  if (address == "localhost") address = "127.0.0.1";
  if (!is_ip_address(address)) refuse("\"" + address + "\" is not an IP address");
  settings.server.port = static_cast<uint16_t>(to_number(value.substr(colon + 1), 0, 65535));
  settings.server.address = address;
}

std::string get_listen(const Settings& settings) {
  const std::string& address = settings.server.address;
  const bool is_v6 = address.find(':') != std::string::npos;
  return (is_v6 ? "[" + address + "]" : address) + ":" + std::to_string(settings.server.port);
}

std::string to_url(const std::string& value) {
  constexpr std::string_view kScheme = "https://";
  const std::string url = value.ends_with('/') ? value.substr(0, value.size() - 1) : value;
  const bool has_host = url.size() > kScheme.size() && url[kScheme.size()] != '/';
  if (!url.starts_with(kScheme) || !has_host || url.ends_with('/')) {
    refuse("must be https://host[:port]");
  }
  for (const char c : url) {
    if (c <= ' ' || c > '~') refuse("must be https://host[:port]");
  }
  return url;
}

constexpr std::string_view kSections[] = {"server", "limits", "openid", "publish"};
constexpr const char* kMetricsReaders[] = {"operators", "loopback", "off"};

void set_metrics(Settings& settings, const std::string& value) {
  const auto* found =
      std::find(std::begin(kMetricsReaders), std::end(kMetricsReaders), std::string_view(value));
  if (found == std::end(kMetricsReaders)) {
    refuse("must be \"operators\", \"loopback\" or \"off\"");
  }
  settings.server.metrics = static_cast<MetricsReader>(found - kMetricsReaders);
}

bool to_switch(const std::string& value) {
  if (value != "on" && value != "off") refuse("must be \"on\" or \"off\"");
  return value == "on";
}

std::string on_or_off(bool value) { return value ? "on" : "off"; }

void set_log(Settings& settings, const std::string& value) {
  if (value != "human" && value != "json") refuse("must be \"human\" or \"json\"");
  settings.server.log = value == "human" ? LogFormat::human : LogFormat::json;
}

std::vector<std::string> items_of(const std::string& list) {
  std::vector<std::string> items(1);
  for (const char c : list) {
    if (c != ' ' && c != ',') {
      items.back() += c;
    } else if (!items.back().empty()) {
      items.emplace_back();
    }
  }
  if (items.back().empty()) items.pop_back();
  return items;
}

void set_mirrors(Settings& settings, const std::string& value) {
  std::vector<std::string> mirrors = items_of(value);
  for (const std::string& mirror : mirrors) {
    if (is_origin(mirror)) continue;
    refuse("\"" + mirror + "\" must be https://host[:port] or http://host[:port], nothing behind");
  }
  if (mirrors.size() > kMirrorsMax) refuse("a device takes at most 4");
  settings.server.mirrors = std::move(mirrors);
}

std::string get_mirrors(const Settings& settings) {
  std::string text;
  for (const std::string& mirror : settings.server.mirrors) {
    text += (text.empty() ? "" : " ") + mirror;
  }
  return text;
}

// In lines, or in one line with commas between, as people write them into a variable: names may
// have spaces, and those of directories commas.
std::vector<std::string> names_of(const std::string& text) {
  const char between = text.find('\n') == std::string::npos ? ',' : '\n';
  std::vector<std::string> names;
  for (size_t at = 0; at <= text.size();) {
    const size_t end = std::min(text.find(between, at), text.size());
    const size_t first = std::min(text.find_first_not_of(' ', at), end);
    const size_t last = text.find_last_not_of(' ', end == 0 ? 0 : end - 1);
    if (first < end) names.push_back(text.substr(first, last + 1 - first));
    at = end + 1;
  }
  return names;
}

std::string lines_of(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += name + "\n";
  return text;
}

// Kept to the letter: the provider's tokens name it so.
void set_issuer(Settings& settings, const std::string& value) {
  const Result<UrlParts> parts = split_url({value.data(), value.size()});
  const bool is_url = parts.ok() && parse_https_url(parts.value.origin).ok() &&
                      value.find('?') == std::string::npos;
  if (!value.empty() && !is_url) refuse("must be https://host[:port][/path]");
  settings.server.openid.issuer = value;
}

void set_scopes(Settings& settings, const std::string& value) {
  std::vector<std::string> scopes = items_of(value);
  if (std::find(scopes.begin(), scopes.end(), "openid") == scopes.end()) {
    refuse("must have \"openid\" among them");
  }
  settings.server.openid.scopes = std::move(scopes);
}

std::string get_scopes(const Settings& settings) {
  std::string text;
  for (const std::string& scope : settings.server.openid.scopes) {
    text += (text.empty() ? "" : " ") + scope;
  }
  return text;
}

constexpr Entry kEntries[] = {
    {"server.listen", Kind::text, set_listen, get_listen},
    {"server.data", Kind::path,
     [](Settings& settings, const std::string& value) { settings.server.data = value; },
     [](const Settings& settings) { return settings.server.data; }},
    {"server.public_url", Kind::text,
     [](Settings& settings, const std::string& value) {
       settings.server.public_url = to_url(value);
     },
     [](const Settings& settings) { return settings.server.public_url; }},
    {"server.certificate", Kind::path,
     [](Settings& settings, const std::string& value) { settings.server.certificate = value; },
     [](const Settings& settings) { return settings.server.certificate_file(); }},
    {"server.key", Kind::path,
     [](Settings& settings, const std::string& value) { settings.server.key = value; },
     [](const Settings& settings) { return settings.server.key_file(); }},
    {"server.client_ca", Kind::path,
     [](Settings& settings, const std::string& value) { settings.server.client_ca = value; },
     [](const Settings& settings) { return settings.server.client_ca; }},
    {"server.tls_record_bytes", Kind::number,
     [](Settings& settings, const std::string& value) {
       settings.server.tls_record_bytes = to_number(value, 512, 16 * 1024);
     },
     [](const Settings& settings) { return std::to_string(settings.server.tls_record_bytes); }},
    {"server.ticket_rotation_s", Kind::number,
     [](Settings& settings, const std::string& value) {
       settings.server.ticket_rotation_s = to_number(value, 60, kTicketRotationMax);
     },
     [](const Settings& settings) { return std::to_string(settings.server.ticket_rotation_s); }},
    {"server.hsts_s", Kind::number,
     [](Settings& settings, const std::string& value) {
       settings.server.hsts_s = to_number(value, 0, kHstsMax);
     },
     [](const Settings& settings) { return std::to_string(settings.server.hsts_s); }},
    {"server.check_interval_s", Kind::number,
     [](Settings& settings, const std::string& value) {
       settings.server.check_interval_s = to_number(value, 1, kCheckIntervalMax);
     },
     [](const Settings& settings) { return std::to_string(settings.server.check_interval_s); }},
    {"server.keep_reports_days", Kind::number,
     [](Settings& settings, const std::string& value) {
       settings.server.keep_reports_days = to_number(value, 0, kKeepDaysMax);
     },
     [](const Settings& settings) { return std::to_string(settings.server.keep_reports_days); }},
    {"server.keep_counts_days", Kind::number,
     [](Settings& settings, const std::string& value) {
       settings.server.keep_counts_days = to_number(value, 0, kKeepDaysMax);
     },
     [](const Settings& settings) { return std::to_string(settings.server.keep_counts_days); }},
    {"server.keep_samples_days", Kind::number,
     [](Settings& settings, const std::string& value) {
       settings.server.keep_samples_days = to_number(value, 0, kKeepDaysMax);
     },
     [](const Settings& settings) { return std::to_string(settings.server.keep_samples_days); }},
    {"server.keep_history_days", Kind::number,
     [](Settings& settings, const std::string& value) {
       settings.server.keep_history_days = to_number(value, 0, kKeepDaysMax);
     },
     [](const Settings& settings) { return std::to_string(settings.server.keep_history_days); }},
    {"server.keep_dumps_days", Kind::number,
     [](Settings& settings, const std::string& value) {
       settings.server.keep_dumps_days = to_number(value, 0, kKeepDaysMax);
     },
     [](const Settings& settings) { return std::to_string(settings.server.keep_dumps_days); }},
    {"server.mirrors", Kind::list, set_mirrors, get_mirrors},
    {"server.patches", Kind::text,
     [](Settings& settings, const std::string& value) {
       settings.server.patches = to_switch(value);
     },
     [](const Settings& settings) { return on_or_off(settings.server.patches); }},
    {"server.patch_wait_s", Kind::number,
     [](Settings& settings, const std::string& value) {
       settings.server.patch_wait_s = to_number(value, 0, kPatchWaitMax);
     },
     [](const Settings& settings) { return std::to_string(settings.server.patch_wait_s); }},
    {"server.patch_build_mb", Kind::number,
     [](Settings& settings, const std::string& value) {
       settings.server.patch_build_mb = to_number(value, 1, kPatchMemoryMax);
     },
     [](const Settings& settings) { return std::to_string(settings.server.patch_build_mb); }},
    {"server.patch_store_mb", Kind::number,
     [](Settings& settings, const std::string& value) {
       settings.server.patch_store_mb = to_number(value, 1, kPatchMemoryMax);
     },
     [](const Settings& settings) { return std::to_string(settings.server.patch_store_mb); }},
    {"server.log", Kind::text, set_log,
     [](const Settings& settings) {
       return std::string(settings.server.log == LogFormat::human ? "human" : "json");
     }},
    {"server.log_delay_ms", Kind::number,
     [](Settings& settings, const std::string& value) {
       settings.server.log_delay_ms = to_number(value, 0, 1000);
     },
     [](const Settings& settings) { return std::to_string(settings.server.log_delay_ms); }},
    {"server.access_log", Kind::text,
     [](Settings& settings, const std::string& value) {
       settings.server.access_log = to_switch(value);
     },
     [](const Settings& settings) { return on_or_off(settings.server.access_log); }},
    {"server.metrics", Kind::text, set_metrics,
     [](const Settings& settings) {
       return std::string(kMetricsReaders[static_cast<size_t>(settings.server.metrics)]);
     }},
    {"server.metrics_token_file", Kind::path,
     [](Settings& settings, const std::string& value) {
       settings.server.metrics_token_file = value;
     },
     [](const Settings& settings) { return settings.server.metrics_token_file; }},
    {"server.threads", Kind::number,
     [](Settings& settings, const std::string& value) {
       settings.server.threads = to_number(value, 0, kThreadsMax);
     },
     [](const Settings& settings) { return std::to_string(settings.server.threads); }},
    {"server.session_idle_s", Kind::number,
     [](Settings& settings, const std::string& value) {
       settings.server.session_idle_s = to_number(value, kSessionMin, kSessionMax);
     },
     [](const Settings& settings) { return std::to_string(settings.server.session_idle_s); }},
    {"server.session_max_s", Kind::number,
     [](Settings& settings, const std::string& value) {
       settings.server.session_max_s = to_number(value, kSessionMin, kSessionMax);
     },
     [](const Settings& settings) { return std::to_string(settings.server.session_max_s); }},
#define OTTER_LIMIT_ENTRY(name, value, minimum, maximum, meaning)     \
  {"limits." #name, Kind::number,                                     \
   [](Settings& settings, const std::string& text) {                  \
     settings.server.limits.name = to_number(text, minimum, maximum); \
   },                                                                 \
   [](const Settings& settings) { return std::to_string(settings.server.limits.name); }},
    OTTER_LIMITS(OTTER_LIMIT_ENTRY)
#undef OTTER_LIMIT_ENTRY
        {"openid.issuer", Kind::text, set_issuer,
         [](const Settings& settings) { return settings.server.openid.issuer; }},
    {"openid.scopes", Kind::list, set_scopes, get_scopes},
#define OTTER_OPENID_ENTRY(name, kind, member)                                                  \
  {"openid." name, Kind::kind,                                                                  \
   [](Settings& settings, const std::string& value) { settings.server.openid.member = value; }, \
   [](const Settings& settings) { return settings.server.openid.member; }},
    OTTER_OPENID_ENTRY("name", text, name) OTTER_OPENID_ENTRY("client_id", text, client_id)
        OTTER_OPENID_ENTRY("client_secret_file", path, client_secret_file) OTTER_OPENID_ENTRY(
            "ca", path, ca) OTTER_OPENID_ENTRY("account_claim", text, account_claim)
            OTTER_OPENID_ENTRY("role_claim", text, role_claim)
#undef OTTER_OPENID_ENTRY
#define OTTER_OPENID_ROLE(name, member)               \
  {"openid." name, Kind::names,                       \
   [](Settings& settings, const std::string& value) { \
     settings.server.openid.member = names_of(value); \
   },                                                 \
   [](const Settings& settings) { return lines_of(settings.server.openid.member); }},
                OTTER_OPENID_ROLE("admin", admin) OTTER_OPENID_ROLE("publisher", publisher)
                    OTTER_OPENID_ROLE("operator", operator_) OTTER_OPENID_ROLE("viewer", viewer)
#undef OTTER_OPENID_ROLE
                        {"publish.server", Kind::text,
                         [](Settings& settings, const std::string& value) {
                           settings.publish.server = to_url(value);
                         },
                         [](const Settings& settings) { return settings.publish.server; }},
    {"publish.ca", Kind::path,
     [](Settings& settings, const std::string& value) { settings.publish.ca = value; },
     [](const Settings& settings) { return settings.publish.ca; }},
    {"publish.token_file", Kind::path,
     [](Settings& settings, const std::string& value) { settings.publish.token_file = value; },
     [](const Settings& settings) { return settings.publish.token_file; }},
    {"publish.key", Kind::path,
     [](Settings& settings, const std::string& value) { settings.publish.key = value; },
     [](const Settings& settings) { return settings.publish.key; }},
};

const Entry* find_entry(std::string_view name) {
  for (const Entry& entry : kEntries) {
    if (entry.name == name) return &entry;
  }
  return nullptr;
}

// "server.listen" -> "OTTER_SERVER_LISTEN"
std::string variable_of(std::string_view name) {
  std::string variable = "OTTER_";
  for (const char c : name) variable += c == '.' ? '_' : static_cast<char>(std::toupper(c));
  return variable;
}

// A value and where it was found; `folder` is what a relative path starts from.
struct Found {
  std::string value;
  std::string source;
  std::string folder;
};

void apply(const Entry& entry, const Found& found, Settings& settings) {
  try {
    std::string value = found.value;
    if (entry.kind == Kind::path && !value.empty() && !found.folder.empty()) {
      value = (std::filesystem::path(found.folder) / value).lexically_normal().string();
    }
    entry.set(settings, value);
  } catch (const std::invalid_argument& reason) {
    throw SettingsError(found.source + ": " + entry.name + " = \"" + found.value +
                        "\": " + reason.what());
  }
  settings.sources[entry.name] = found.source;
}

const char* type_of(Kind kind) {
  if (kind == Kind::number) return "a whole number";
  return kind == Kind::list || kind == Kind::names ? "a list of strings" : "a string";
}

std::optional<std::string> list_of(const toml::node& node, char between) {
  const toml::array* array = node.as_array();
  if (array == nullptr) return std::nullopt;
  std::string list;
  for (const toml::node& item : *array) {
    const toml::value<std::string>* text = item.as_string();
    if (text == nullptr) return std::nullopt;
    list += text->get() + between;
  }
  return list;
}

// A TOML value as text, if its type is the setting's.
std::optional<std::string> value_of(const toml::node& node, Kind kind) {
  if (kind == Kind::list) return list_of(node, ' ');
  if (kind == Kind::names) return list_of(node, '\n');
  if (kind == Kind::number) {
    const toml::value<int64_t>* number = node.as_integer();
    return number == nullptr ? std::nullopt : std::optional(std::to_string(number->get()));
  }
  const toml::value<std::string>* text = node.as_string();
  return text == nullptr ? std::nullopt : std::optional(text->get());
}

std::string place(const std::string& file, const toml::node& node) {
  return file + " line " + std::to_string(node.source().begin.line);
}

// `otter init` used to write it into each otter.toml. What it said by default is so still; what was
// closed must not become open in silence.
bool is_former_default(const std::string& name, const toml::node& node, const std::string& file) {
  if (name != "server.enrolment") return false;
  if (value_of(node, Kind::text) == "open") return true;
  throw SettingsError(place(file, node) + ": " + name +
                      " is said for each product now: remove the line, start, and at once `otter "
                      "product set NAME --enrolment listed`");
}

void apply_section(const std::string& file, std::string_view section, const toml::table& table,
                   Settings& settings) {
  const std::string folder = std::filesystem::path(file).parent_path().string();
  for (const auto& [key, node] : table) {
    const std::string name = std::string(section) + "." + std::string(key.str());
    if (is_former_default(name, node, file)) continue;
    const Entry* entry = find_entry(name);
    if (entry == nullptr) throw SettingsError(place(file, node) + ": unknown setting " + name);
    const std::optional<std::string> value = value_of(node, entry->kind);
    if (!value.has_value()) {
      throw SettingsError(place(file, node) + ": " + name + " must be " + type_of(entry->kind));
    }
    apply(*entry, {*value, place(file, node), folder}, settings);
  }
}

void apply_file(const std::string& file, Settings& settings) {
  toml::table root;
  try {
    root = toml::parse_file(file);
  } catch (const toml::parse_error& error) {
    const uint32_t line = error.source().begin.line;
    const std::string where = line == 0 ? file : file + " line " + std::to_string(line);
    throw SettingsError(where + ": " + std::string(error.description()));
  }
  for (const auto& [key, node] : root) {
    const bool is_known =
        std::find(std::begin(kSections), std::end(kSections), key.str()) != std::end(kSections);
    if (!is_known || !node.is_table()) {
      throw SettingsError(place(file, node) + ": unknown section " + std::string(key.str()) +
                          "; there are [server], [limits], [openid] and [publish]");
    }
    apply_section(file, key.str(), *node.as_table(), settings);
  }
  settings.config_file = file;
}

bool is_of_a_section(const std::string& variable) {
  return std::any_of(std::begin(kSections), std::end(kSections), [&](std::string_view section) {
    return variable.starts_with(variable_of(section) + "_");
  });
}

void apply_environment(const std::map<std::string, std::string>& environment, Settings& settings) {
  std::map<std::string, const Entry*> known;
  for (const Entry& entry : kEntries) known[variable_of(entry.name)] = &entry;
  for (const auto& [variable, value] : environment) {
    const auto entry = known.find(variable);
    if (entry != known.end()) {
      apply(*entry->second, {value, "environment " + variable, ""}, settings);
    } else if (is_of_a_section(variable)) {
      throw SettingsError("environment " + variable + ": there is no such setting");
    }
  }
}

// The file to read; empty: none.
std::string config_file_of(const SettingsSources& sources) {
  if (!sources.config_file.empty()) return sources.config_file;
  const auto variable = sources.environment.find("OTTER_CONFIG");
  if (variable != sources.environment.end() && !variable->second.empty()) return variable->second;
  return std::filesystem::exists("otter.toml") ? "otter.toml" : "";
}

// A TOML basic string.
std::string toml_quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (static_cast<unsigned char>(c) >= ' ' && c != 0x7F) {
      out += c;
      continue;
    }
    char escape[8];
    std::snprintf(escape, sizeof escape, "\\u%04X", static_cast<unsigned>(c));
    out += escape;
  }
  return out + "\"";
}

std::string toml_of(Kind kind, const std::string& value) {
  if (kind == Kind::number) return value;
  if (kind != Kind::list && kind != Kind::names) return toml_quoted(value);
  std::string list;
  for (const std::string& item : kind == Kind::list ? items_of(value) : names_of(value)) {
    list += (list.empty() ? "" : ", ") + toml_quoted(item);
  }
  return "[" + list + "]";
}

}  // namespace

std::string ServerSettings::certificate_file() const {
  return certificate.empty() ? data + "/certs/server.crt" : certificate;
}

std::string ServerSettings::key_file() const {
  return key.empty() ? data + "/certs/server.key" : key;
}

Settings load_settings(const SettingsSources& sources) {
  Settings settings;
  const std::string file = config_file_of(sources);
  if (!file.empty()) apply_file(file, settings);
  apply_environment(sources.environment, settings);
  for (const auto& [name, value] : sources.flags) {
    const Entry* entry = find_entry(name);
    if (entry == nullptr) throw SettingsError("there is no setting " + name);
    apply(*entry, {value, "flag --" + name.substr(name.find('.') + 1), ""}, settings);
  }
  if (settings.server.openid.is_on() && settings.server.openid.client_id.empty()) {
    throw SettingsError("openid.client_id is missing: " + settings.sources["openid.issuer"] +
                        " names an issuer, which knows this server by it");
  }
  return settings;
}

std::map<std::string, std::string> process_environment() {
  std::map<std::string, std::string> variables;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const size_t equals = text.find('=');
    if (!text.starts_with("OTTER_") || equals == std::string_view::npos) continue;
    variables[std::string(text.substr(0, equals))] = text.substr(equals + 1);
  }
  return variables;
}

std::string print_settings(const Settings& settings) {
  std::string out;
  std::string section;
  for (const Entry& entry : kEntries) {
    const std::string name = entry.name;
    const size_t dot = name.find('.');
    if (name.substr(0, dot) != section) {
      section = name.substr(0, dot);
      out += (out.empty() ? "[" : "\n[") + section + "]\n";
    }
    const std::string value = entry.get(settings);
    const auto source = settings.sources.find(name);
    out += name.substr(dot + 1) + " = " + toml_of(entry.kind, value) + "  # " +
           (source == settings.sources.end() ? "default" : source->second) + "\n";
  }
  return out;
}

}  // namespace otter::server
