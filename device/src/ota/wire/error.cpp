#include "ota/wire/error.h"

namespace otter {
namespace {

struct Entry {
  Error error;
  const char* name;
};

constexpr Entry kEntries[] = {
#define OTTER_ERROR_ENTRY(word, number, text) {Error::word, #word},
    OTTER_ERRORS(OTTER_ERROR_ENTRY)
#undef OTTER_ERROR_ENTRY
};

const Entry* find(Error error) {
  for (const Entry& entry : kEntries) {
    if (entry.error == error) return &entry;
  }
  return nullptr;
}

}  // namespace

Text name(Error error) {
  const Entry* entry = find(error);
  return entry != nullptr ? Text(entry->name) : Text("unknown");
}

// Apart from the names, so that firmware that does not ask for it does without its 3 KiB of text.
Text meaning(Error error) {
  switch (error) {
#define OTTER_ERROR_CASE(word, number, text) \
  case Error::word:                          \
    return text;
    OTTER_ERRORS(OTTER_ERROR_CASE)
#undef OTTER_ERROR_CASE
  }
  return "not an error of this version";
}

Error error_named(Text text) {
  for (const Entry& entry : kEntries) {
    if (Text(entry.name) == text) return entry.error;
  }
  return Error::ok;
}

ErrorGroup group(Error error) {
  const uint16_t number = static_cast<uint16_t>(error);
  if (number == 0) return ErrorGroup::none;
  if (number < 100) return ErrorGroup::world;
  return number < 200 ? ErrorGroup::data : ErrorGroup::state;
}

}  // namespace otter
