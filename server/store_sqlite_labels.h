// How the table `labels` holds the labels of a device: JSON in one column, so that a list of
// devices reads them with each row. Pure, any thread.
#pragma once

#include <optional>
#include <string>

#include "fleet/labels.h"

namespace otter::server {

// An empty document: none. So a damaged one, rather than that nobody can list devices any more.
fleet::Labels labels_in(const std::string& document);

// Nothing if it is damaged.
std::optional<fleet::Labels> read_labels(const std::string& document);

}  // namespace otter::server
