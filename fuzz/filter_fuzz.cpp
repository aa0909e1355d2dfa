// Filters: one canonical spelling, which chooses the same devices.
#include <string_view>

#include "fleet/filter.h"
#include "fuzz/require.h"

namespace otter::fleet {
namespace {

const std::vector<std::string> kTags = {"beta", "kitchen"};
const std::vector<Attribute> kAttributes = {{"a", 3.0}, {"b", "aab"}};

void check_spelling(const Filter& filter) {
  const auto parsed = Filter::parse(filter.text());
  const Filter* again = std::get_if<Filter>(&parsed);
  require(again != nullptr, "the canonical spelling is a filter");
  require(again->text() == filter.text(), "there is one canonical spelling");
  const FilterSubject known = {.id = "lab-7",
                               .product = "lamp",
                               .chip = "esp32",
                               .version = "1.4.0-rc1",
                               .boot = "confirmed",
                               .standing = "enrolled",
                               .tags = kTags,
                               .attributes = kAttributes,
                               .slot_bytes = 1,
                               .seen_days = 2.5};
  require(again->matches(known) == filter.matches(known), "it chooses the same device");
  require(again->matches({}) == filter.matches({}), "it chooses the same unknown device");
}

void check_error(const FilterError& error, std::string_view text) {
  require(error.column >= 1 && error.column <= text.size() + 1, "the column lies within the text");
  for (const char character : error.message) {
    require(character >= ' ' && character <= '~', "the message can be printed");
  }
}

}  // namespace
}  // namespace otter::fleet

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace otter;
  using namespace otter::fleet;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto parsed = Filter::parse(text);
  if (const Filter* filter = std::get_if<Filter>(&parsed)) {
    check_spelling(*filter);
  } else {
    check_error(std::get<FilterError>(parsed), text);
  }
  return 0;
}
