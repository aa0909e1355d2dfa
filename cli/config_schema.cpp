#include "cli/config_schema.h"

#include <boost/json.hpp>
#include <stdexcept>
#include <valijson/adapters/boost_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

#include "cli/files.h"
#include "cli/table.h"

namespace otter::cli {
namespace {

using valijson::adapters::BoostJsonAdapter;

constexpr size_t kSchemaSizeMax = 256 * 1024;

boost::json::value parse(const std::string& text, const std::string& name) {
  boost::json::error_code error;
  boost::json::value parsed = boost::json::parse(text, error);
  if (error) throw std::runtime_error(name + ": not JSON: " + error.message());
  return parsed;
}

void read_schema(const std::string& file, valijson::Schema* schema) {
  const boost::json::value document = parse(read_text_file(file, kSchemaSizeMax), file);
  try {
    valijson::SchemaParser(valijson::SchemaParser::kDraft7)
        .populateSchema(BoostJsonAdapter(document), *schema);
  } catch (const std::exception& wrong) {
    throw std::runtime_error(file + ": not a JSON Schema: " + wrong.what());
  }
}

// "<root>", "[interval_s]" as the library has it.
std::string place_of(const valijson::ValidationResults::Error& fault) {
  std::string place;
  for (const std::string& step : fault.context) place += step == "<root>" ? "values" : step;
  return place;
}

}  // namespace

void require_schema(const std::string& schema_file, const std::string& values,
                    const std::string& name) {
  valijson::Schema schema;
  read_schema(schema_file, &schema);
  const boost::json::value document = parse(values, name);
  valijson::Validator validator(valijson::Validator::kStrongTypes);
  valijson::ValidationResults results;
  if (validator.validate(schema, BoostJsonAdapter(document), &results)) return;
  std::string faults;
  for (const auto& fault : results) {
    faults += (faults.empty() ? "" : "; ") + place_of(fault) + ": " + fault.description;
  }
  throw std::runtime_error(name + ": not as " + schema_file + " says: " + printable(faults));
}

}  // namespace otter::cli
