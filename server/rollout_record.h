// A rollout's plan and state as the text that is kept of them. Pure, any thread.
#pragma once

#include <string>

#include "fleet/book.h"

namespace otter::server {

// All of it but id, product, version and revision, which have columns of their own.
std::string text_of(const fleet::RolloutRecord& record);

// Into a record whose other members are there.
//
// Errors: StoreError (the text is of another form)
void read_text(const std::string& text, fleet::RolloutRecord& record);

}  // namespace otter::server
