// What the server remembers of how operators sort their devices: a part of the Store, of the same
// rules. Any thread.
//
// Errors of every method: StoreError (the database can't be read or written)
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "fleet/labels.h"

namespace otter::server {

// A filter under a name: docs/spec/filter.md.
struct Group {
  std::string product;
  std::string name;
  std::string filter;     // in its canonical spelling
  int64_t created_s = 0;  // [s since 1970-01-01 UTC]
};

// Which groups of a product: those for which all that is stated holds.
struct GroupQuery {
  std::string product = {};
  std::string name = {};  // empty: any
  std::string after = {};
  size_t count_max = SIZE_MAX;
};

class LabelStore {
 public:
  virtual ~LabelStore() = default;

  // Of a device that is not known: none.
  virtual fleet::Labels labels(const std::string& device) = 0;
  // In place of those that it had. False if there is no such device.
  virtual bool set_labels(const std::string& device, const fleet::Labels& labels) = 0;

  // In place of the one of that name, which keeps its time. False if there is no such product.
  virtual bool put_group(const Group& group) = 0;
  // By name.
  virtual std::vector<Group> groups(const GroupQuery& query) = 0;
  // False if there is none of that name.
  virtual bool remove_group(const std::string& product, const std::string& name) = 0;
};

}  // namespace otter::server
