// How the table `labels` holds the labels of a device: JSON in one column, so that a list of
// devices reads them with each row. Pure, any thread.
#pragma once

#include <string>

#include "fleet/labels.h"

namespace otter::server {

// An empty document: none.
fleet::Labels labels_in(const std::string& document);

}  // namespace otter::server
