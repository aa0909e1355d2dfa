// Tables of labels: the first line is the head, each other one a row.
#include <algorithm>
#include <string_view>

#include "fleet/label_table.h"
#include "fuzz/require.h"

namespace otter::fleet {
namespace {

std::string_view take_line(std::string_view* rest) {
  const std::string_view line = rest->substr(0, rest->find('\n'));
  rest->remove_prefix(std::min(rest->size(), line.size() + 1));
  return line;
}

// What a device has after a row is written as a row that leads there, too.
void check_row(const LabelTable& table, const LabelRow& row) {
  const Labels labels = changed({}, row.change);
  if (!fault_of(labels).empty()) return;
  const auto again = table.read(table.row(row.device, labels));
  const LabelRow* same = std::get_if<LabelRow>(&again);
  require(same != nullptr, "a row that is written is one");
  require(same->device == row.device, "it is of the same device");
  require(changed({}, same->change) == labels, "it asks for the same");
}

}  // namespace
}  // namespace otter::fleet

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace otter;
  using namespace otter::fleet;
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  const auto head = LabelTable::of_head(take_line(&rest));
  const LabelTable* table = std::get_if<LabelTable>(&head);
  if (table == nullptr) return 0;
  require(std::holds_alternative<LabelTable>(LabelTable::of_head(table->head())),
          "a head that is written is one");
  while (!rest.empty()) {
    const auto row = table->read(take_line(&rest));
    if (const LabelRow* one = std::get_if<LabelRow>(&row)) check_row(*table, *one);
  }
  return 0;
}
