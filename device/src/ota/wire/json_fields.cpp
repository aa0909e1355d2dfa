#include "ota/wire/json_fields.h"

namespace otter {

Json JsonFields::value(Text key) { return taken(object_.member(key)); }

int64_t JsonFields::integer(Text key, int64_t minimum, int64_t maximum) {
  const Json member = value(key);
  if (error_ != Error::ok) return 0;
  const int64_t number = taken(member.integer());
  expect(number >= minimum && number <= maximum, Error::out_of_range);
  return number;
}

uint32_t JsonFields::number(Text key, uint32_t minimum, uint32_t maximum) {
  return static_cast<uint32_t>(integer(key, minimum, maximum));
}

bool JsonFields::boolean(Text key) {
  const Json member = value(key);
  return error_ == Error::ok && taken(member.boolean());
}

Text JsonFields::plain_string(Text key) {
  const Json member = value(key);
  return error_ == Error::ok ? taken(member.plain_string()) : Text();
}

Digest JsonFields::digest(Text key) {
  const Text text = plain_string(key);
  return error_ == Error::ok ? taken(digest_from_hex(text)) : Digest();
}

}  // namespace otter
