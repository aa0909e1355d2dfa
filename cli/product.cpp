// `otter product`: what is updated, and the keys that its devices begin with.
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "cli/answer.h"
#include "cli/api_client.h"
#include "cli/product_verbs.h"
#include "cli/secret_id.h"
#include "cli/table.h"
#include "cli/verbs.h"

namespace otter::cli {
namespace {

struct ProductOptions {
  std::string config;
  std::string name;
  std::string chip;
  uint32_t slot_bytes = 0;
  std::string approval;
  std::string enrolment;
  std::string plain;
  std::string staged;
  std::string key_id;
  bool json = false;
};

std::string path_of(const std::string& name) { return "/api/v1/products/" + url_encode(name); }

void print_secrets(const boost::json::object& answer) {
  std::cout << "API key:     " << shown(answer, "api_key") << " (shown this once)\n";
  if (answer.contains("hmac_secret")) {
    std::cout << "HMAC secret: " << shown(answer, "hmac_secret") << " (shown this once)\n";
  }
}

void add(const ProductOptions& options) {
  ApiClient client(load_profile(options.config));
  boost::json::object body = {{"name", options.name}, {"slot_bytes", options.slot_bytes}};
  body["chip"] =
      options.chip.empty() ? boost::json::value(nullptr) : boost::json::value(options.chip);
  const boost::json::value answer = client.post("/api/v1/products", body);
  if (options.json) return print_json(answer);
  std::cout << "Product:     " << printable(options.name) << "\n";
  print_secrets(answer.as_object());
}

std::string on_or_off(const boost::json::object& product, const char* name) {
  const boost::json::value* flag = product.if_contains(name);
  return flag != nullptr && flag->is_bool() ? (flag->as_bool() ? "on" : "off") : "-";
}

void list(const ProductOptions& options) {
  const boost::json::value answer =
      ApiClient(load_profile(options.config)).get_all("/api/v1/products", "products");
  if (options.json) return print_json(answer);
  Table table({"PRODUCT", "CHIP", "SLOT", "RELEASES", "DEVICES", "ENROLMENT", "PLAIN", "STAGED",
               "APPROVAL"});
  for (const boost::json::value& item : list_of(answer, "products")) {
    const boost::json::object& product = item.as_object();
    table.add({shown(product, "name"), shown(product, "chip"), shown(product, "slot_bytes"),
               shown(product, "releases"), shown(product, "devices"), shown(product, "enrolment"),
               on_or_off(product, "plain"), on_or_off(product, "staged"),
               on_or_off(product, "needs_approval")});
  }
  table.print(std::cout, wants_colour());
}

void show(const ProductOptions& options) {
  const boost::json::value answer =
      ApiClient(load_profile(options.config)).get(path_of(options.name));
  if (options.json) return print_json(answer);
  Table table({"PRODUCT", "CHIP", "SLOT", "SMALLEST SLOT SEEN", "NEXT SEQUENCE", "ENROLMENT",
               "PLAIN", "STAGED", "APPROVAL"});
  const boost::json::object& product = answer.as_object();
  table.add({shown(product, "name"), shown(product, "chip"), shown(product, "slot_bytes"),
             shown(product, "smallest_slot_bytes"), shown(product, "next_sequence"),
             shown(product, "enrolment"), on_or_off(product, "plain"), on_or_off(product, "staged"),
             on_or_off(product, "needs_approval")});
  table.print(std::cout, wants_colour());
}

void add_key(const ProductOptions& options) {
  ApiClient client(load_profile(options.config));
  const boost::json::value answer =
      client.post(path_of(options.name) + "/keys", boost::json::object());
  if (options.json) return print_json(answer);
  std::cout << "Id:          " << shown(answer.as_object(), "id") << "\n";
  print_secrets(answer.as_object());
}

void list_keys(const ProductOptions& options) {
  const boost::json::value answer =
      ApiClient(load_profile(options.config)).get(path_of(options.name) + "/keys");
  if (options.json) return print_json(answer);
  Table table({"ID", "CREATED", "USED"});
  for (const boost::json::value& item : list_of(answer, "keys")) {
    const boost::json::object& key = item.as_object();
    table.add({shown(key, "id"), shown_time(key, "created"), shown_time(key, "used")});
  }
  table.print(std::cout, wants_colour());
}

void revoke_key(const ProductOptions& options) {
  ApiClient client(load_profile(options.config));
  const std::string id = id_of_secret(options.key_id);
  const boost::json::value answer =
      client.remove(path_of(options.name) + "/keys/" + url_encode(id));
  if (options.json) return print_json(answer);
  const std::string left = shown(answer.as_object(), "left");
  std::cout << "revoked the key " << printable(id) << "; "
            << (left == "0" ? "the product has none left: nothing enrols and no sketch is served "
                              "until `otter product key` makes one"
                            : "the product has " + left + " left")
            << "\n";
}

void count_reports(const ProductOptions& options) {
  const boost::json::value answer =
      ApiClient(load_profile(options.config)).get(path_of(options.name) + "/reports");
  if (options.json) return print_json(answer);
  Table table({"DAY", "VERSION", "OUTCOME", "COUNT"});
  for (const boost::json::value& item : list_of(answer, "counts")) {
    const boost::json::object& count = item.as_object();
    table.add({format_day(count.at("day").as_int64()), shown(count, "version"),
               shown(count, "outcome"), shown(count, "count")});
  }
  table.print(std::cout, wants_colour());
}

void set_approval(const ProductOptions& options) {
  ApiClient client(load_profile(options.config));
  const boost::json::value answer = client.put_json(path_of(options.name) + "/approval",
                                                    {{"required", options.approval == "on"}});
  if (options.json) return print_json(answer);
  std::cout << "releases of " << printable(options.name)
            << (options.approval == "on" ? " need the approval of a second account"
                                         : " need no approval any more; what is pending still does")
            << "\n";
}

void set(const ProductOptions& options) {
  boost::json::object body;
  if (!options.enrolment.empty()) body["enrolment"] = options.enrolment;
  if (!options.plain.empty()) body["plain"] = options.plain == "on";
  if (!options.staged.empty()) body["staged"] = options.staged == "on";
  if (body.empty()) {
    throw std::runtime_error("say what is to change: --enrolment, --plain, --staged");
  }
  const boost::json::value answer =
      ApiClient(load_profile(options.config)).patch(path_of(options.name), body);
  if (options.json) return print_json(answer);
  const boost::json::object& product = answer.as_object();
  std::cout << printable(options.name) << ": enrolment " << shown(product, "enrolment")
            << ", plain mode " << on_or_off(product, "plain") << ", releases "
            << (on_or_off(product, "staged") == "on" ? "by rollouts alone" : "for all at once")
            << "\n";
}

}  // namespace

void add_product(CLI::App& app) {
  CLI::App* verb = app.add_subcommand("product", "Add, list and show products, and their keys");
  verb->require_subcommand(1);
  auto options = std::make_shared<ProductOptions>();
  const auto sub_verb = [&](const char* name, const char* text, void (*run)(const ProductOptions&),
                            bool takes_name) {
    CLI::App* sub = verb->add_subcommand(name, text);
    if (takes_name) sub->add_option("name", options->name, "The product's name")->required();
    sub->add_option("--config", options->config, "otter.toml");
    sub->add_flag("--json", options->json, "Print JSON");
    sub->callback([options, run] { run(*options); });
    return sub;
  };
  CLI::App* adding = sub_verb("add", "Add a product; shows its secrets once", add, true);
  adding->add_option("--chip", options->chip, "Its chip, as esp32c3; else the first release's");
  adding->add_option("--slot-bytes", options->slot_bytes, "The smallest slot in the field [bytes]");
  sub_verb("list", "All products", list, false);
  sub_verb("show", "One product", show, true);
  sub_verb("reports", "How its updates ended, by day and version", count_reports, true);
  sub_verb("key", "Make one more API key for a product", add_key, true);
  sub_verb("keys", "Its API keys, and when each was used last", list_keys, true);
  CLI::App* revoking = sub_verb("revoke-key", "Revoke one of its API keys", revoke_key, true);
  revoking->add_option("id", options->key_id, "The key's id in the list, or the key")->required();
  CLI::App* setting =
      sub_verb("set", "Whom it takes as devices; plain mode; staged releases", set, true);
  setting
      ->add_option(
          "--enrolment", options->enrolment,
          "open: who has its key; approve: whom an operator lets in; listed: who was named "
          "before")
      ->check(CLI::IsMember({"open", "approve", "listed"}));
  setting->add_option("--plain", options->plain, "May its shared key fetch firmware?")
      ->check(CLI::IsMember({"on", "off"}));
  setting->add_option("--staged", options->staged, "Do its releases wait for a rollout?")
      ->check(CLI::IsMember({"on", "off"}));
  CLI::App* approving =
      sub_verb("approval", "Must a second account approve its releases?", set_approval, true);
  approving->add_option("required", options->approval, "on or off")
      ->required()
      ->check(CLI::IsMember({"on", "off"}));
  add_product_history(*verb);
}

}  // namespace otter::cli
