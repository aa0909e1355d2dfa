#include "sim/cut_plan.h"

#include <cstdio>
#include <sstream>

#include "sim/trace_hash.h"

namespace otter::sim {
namespace {

constexpr WireFaultKind kWireFaultKinds[] = {
    WireFaultKind::drop,     WireFaultKind::stall,      WireFaultKind::duplicate,
    WireFaultKind::truncate, WireFaultKind::whole_file, WireFaultKind::changed_etag};

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, ':');) parts.push_back(part);
  return parts;
}

bool parse_number(const std::string& text, uint64_t limit, uint64_t* out) {
  if (text.empty() || text.size() > 20) return false;
  uint64_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return false;
    if (value > (UINT64_MAX - 9) / 10) return false;
    value = value * 10 + static_cast<uint64_t>(c - '0');
  }
  *out = value;
  return value <= limit;
}

// "0.97" as 970.
bool parse_per_mille(const std::string& text, uint32_t* out) {
  uint64_t digits = 0;
  if (text.size() < 3 || text.size() > 5 || text.substr(0, 2) != "0.") return false;
  std::string fraction = text.substr(2);
  fraction.resize(3, '0');
  if (!parse_number(fraction, 999, &digits)) return false;
  *out = static_cast<uint32_t>(digits);
  return true;
}

std::string per_mille_text(uint32_t per_mille) {
  char out[24];
  std::snprintf(out, sizeof(out), "0.%03u", static_cast<unsigned>(per_mille % 1000));
  std::string text = out;
  while (text.back() == '0' && text.size() > 3) text.pop_back();
  return text;
}

bool parse_tear(const std::vector<std::string>& parts, Cut* cut) {
  uint64_t bytes = 0;
  if (parts.size() == 4 && parts[2] == "prefix") {
    cut->kind = TearKind::prefix;
    if (!parse_number(parts[3], UINT32_MAX, &bytes)) return false;
    cut->bytes = static_cast<uint32_t>(bytes);
    return true;
  }
  if (parts.size() == 4 && parts[2] == "random") {
    cut->kind = TearKind::random;
    return parse_number(parts[3], UINT64_MAX, &cut->seed);
  }
  cut->kind = TearKind::biased;
  return parts.size() == 5 && parts[2] == "bias" && parse_per_mille(parts[3], &cut->per_mille) &&
         parse_number(parts[4], UINT64_MAX, &cut->seed);
}

uint8_t biased_bits(SeededRandom& random, uint32_t per_mille) {
  uint8_t mask = 0;
  for (int bit = 0; bit < 8; ++bit) {
    mask = static_cast<uint8_t>(mask << 1 | (random.below(1000) < per_mille ? 1 : 0));
  }
  return mask;
}

// Of the bits that the operation changes in one byte, those that it has changed.
uint8_t torn_mask(const Cut& cut, size_t index, SeededRandom& random) {
  switch (cut.kind) {
    case TearKind::before:
      return 0;
    case TearKind::prefix:
      return index < cut.bytes ? 0xFF : 0;
    case TearKind::random: {
      const uint64_t choice = random.next();
      if (choice % 3 == 0) return 0;
      return choice % 3 == 1 ? 0xFF : static_cast<uint8_t>(choice >> 32);
    }
    case TearKind::biased:
      return biased_bits(random, cut.per_mille);
    case TearKind::after:
      break;
  }
  return 0xFF;
}

}  // namespace

std::string text_of(const Cut& cut) {
  std::string text = std::to_string(cut.operation);
  switch (cut.kind) {
    case TearKind::before:
      return text + ":before";
    case TearKind::prefix:
      return text + ":torn:prefix:" + std::to_string(cut.bytes);
    case TearKind::random:
      return text + ":torn:random:" + std::to_string(cut.seed);
    case TearKind::biased:
      return text + ":torn:bias:" + per_mille_text(cut.per_mille) + ":" + std::to_string(cut.seed);
    case TearKind::after:
      break;
  }
  return text + ":after";
}

std::optional<Cut> parse_cut(const std::string& text) {
  const std::vector<std::string> parts = split(text);
  Cut cut;
  if (parts.size() < 2 || !parse_number(parts[0], UINT64_MAX, &cut.operation)) return std::nullopt;
  if (parts[1] == "torn") return parse_tear(parts, &cut) ? std::optional<Cut>(cut) : std::nullopt;
  if (parts.size() != 2) return std::nullopt;
  if (parts[1] == "after") cut.kind = TearKind::after;
  return parts[1] == "after" || parts[1] == "before" ? std::optional<Cut>(cut) : std::nullopt;
}

std::vector<uint8_t> tear(const Cut& cut, Bytes before, Bytes after) {
  SeededRandom random(cut.seed);
  std::vector<uint8_t> torn(before.size);
  for (size_t i = 0; i < torn.size(); ++i) {
    const uint8_t changed = before.data[i] ^ after.data[i];
    torn[i] = static_cast<uint8_t>(before.data[i] ^ (changed & torn_mask(cut, i, random)));
  }
  return torn;
}

const char* name(WireFaultKind kind) {
  constexpr const char* kNames[] = {"drop",     "stall",      "duplicate",
                                    "truncate", "whole-file", "changed-etag"};
  return kNames[static_cast<size_t>(kind)];
}

std::string text_of(const WireFault& fault) {
  return std::to_string(fault.request) + ":" + std::to_string(fault.byte) + ":" + name(fault.kind);
}

std::optional<WireFault> parse_wire_fault(const std::string& text) {
  const std::vector<std::string> parts = split(text);
  uint64_t request = 0;
  uint64_t byte = 0;
  if (parts.size() != 3 || !parse_number(parts[0], UINT32_MAX, &request) ||
      !parse_number(parts[1], UINT32_MAX, &byte)) {
    return std::nullopt;
  }
  for (const WireFaultKind kind : kWireFaultKinds) {
    if (parts[2] != name(kind)) continue;
    return WireFault{static_cast<uint32_t>(request), static_cast<uint32_t>(byte), kind};
  }
  return std::nullopt;
}

std::string text_of(const Trouble& trouble) {
  std::string text;
  if (trouble.otadata_state) text += " --otadata " + std::to_string(*trouble.otadata_state);
  if (trouble.failing_operation) text += " --fail " + std::to_string(*trouble.failing_operation);
  if (trouble.wire) text += " --net " + text_of(*trouble.wire);
  text += text_of(trouble.flash);
  for (const Cut& cut : trouble.cuts) text += " --cut " + text_of(cut);
  return text;
}

}  // namespace otter::sim
