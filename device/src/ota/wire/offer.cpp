#include "ota/wire/offer.h"

#include "ota/wire/version.h"

namespace otter {
namespace {

bool lists(Json list, Text text) {
  bool is_empty = true;
  for (JsonItems items(list); items.next();) {
    is_empty = false;
    if (items.value().plain_string().value == text) return true;
  }
  return is_empty;
}

bool lists_layout(Json list, Bytes layout) {
  char hex[2 * 32];
  if (layout.size > 32) return false;
  hex_encode(layout, hex);
  return lists(list, Text(hex, 2 * layout.size));
}

Error check_target(const Manifest& manifest, const OfferFacts& facts) {
  if (manifest.product != facts.product) return Error::wrong_product;
  if (!manifest.device.empty() && manifest.device != facts.device_id) return Error::wrong_device;
  if (manifest.chip != facts.chip) return Error::wrong_chip;
  if (facts.chip_revision < manifest.revision_min || facts.chip_revision > manifest.revision_max) {
    return Error::wrong_revision;
  }
  if (!lists(manifest.hardware, facts.hardware)) return Error::wrong_hardware;
  if (!lists_layout(manifest.layouts, facts.layout)) return Error::wrong_layout;
  const uint32_t needed = manifest.min_slot_bytes > manifest.image_size_bytes
                              ? manifest.min_slot_bytes
                              : manifest.image_size_bytes;
  return facts.slot_size_bytes < needed ? Error::slot_too_small : Error::ok;
}

}  // namespace

Error check_offer(const Manifest& manifest, const OfferFacts& facts) {
  OTTER_TRY(check_target(manifest, facts));
  if (manifest.sequence <= facts.sequence_floor) return Error::old_sequence;
  if (manifest.security_version < facts.security_floor) return Error::below_floor;
  if (!manifest.allow_downgrade && compare_versions(manifest.version, facts.version) < 0) {
    return Error::downgrade;
  }
  if (!manifest.min_from_version.empty() &&
      compare_versions(facts.version, manifest.min_from_version) < 0) {
    return Error::version_too_old;
  }
  if (!manifest.min_client.empty() && compare_versions(facts.client, manifest.min_client) < 0) {
    return Error::client_too_old;
  }
  if (manifest.expires_s != 0 && facts.now_s >= manifest.expires_s) return Error::expired;
  return Error::ok;
}

}  // namespace otter
