#include "cli/rollout_preflight.h"

#include <iostream>

#include "cli/answer.h"
#include "cli/api_client.h"
#include "cli/table.h"

namespace otter::cli {
namespace {

namespace json = boost::json;

std::string cause_of(const json::object& object) {
  const std::string detail = shown(object, "detail");
  return detail == "-" ? shown(object, "reason") : detail;
}

// "412 of 5000 can't take it: 398 slot_too_small, 14 wrong_revision"
void print_counts(const json::object& answer) {
  std::cout << shown(answer, "cannot_take") << " of " << shown(answer, "devices")
            << " can't take it";
  const char* before = ": ";
  for (const json::value& item : list_of(answer, "causes")) {
    const json::object& cause = item.as_object();
    std::cout << before << shown(cause, "devices") << " " << cause_of(cause);
    before = ", ";
  }
  std::cout << "; " << shown(answer, "installed") << " run it, " << shown(answer, "can_take")
            << " can take it\n";
}

}  // namespace

void print_preflight(const std::string& config, const PreflightOptions& options) {
  ApiClient client(load_profile(config));
  const std::string path = "/api/v1/releases/" + url_encode(options.product) + "/" +
                           url_encode(options.version) + "/preflight" +
                           (options.group.empty() ? "" : "?group=" + url_encode(options.group));
  json::value answer = client.get(path);
  json::object& counts = answer.as_object();
  if (!counts.at("next").is_null()) {
    counts["refusals"] = list_of(client.get_all(path, "refusals"), "refusals");
    counts["next"] = nullptr;
  }
  if (options.json) return print_json(answer);
  print_counts(counts);
  Table table({"DEVICE", "WHY NOT"});
  for (const json::value& item : list_of(answer, "refusals")) {
    const json::object& refusal = item.as_object();
    table.add({shown(refusal, "id"), cause_of(refusal)});
  }
  if (!list_of(answer, "refusals").empty()) table.print(std::cout, wants_colour());
}

}  // namespace otter::cli
