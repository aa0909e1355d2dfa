#include "cli/image_text.h"

#include <cstdarg>
#include <cstdio>

#include "publish/text.h"

namespace otter::cli {
namespace {

namespace json = boost::json;

constexpr uint32_t kFlashMegabyteExponentMax = 7;  // of spi_size: 128 MB
constexpr uint32_t kSectorBytes = 4096;

// Source: esp_image_spi_mode_t, ESP-IDF v5.5 esp_app_format.h
constexpr const char* kSpiModes[] = {"QIO", "QOUT", "DIO", "DOUT", "fast read", "slow read"};
constexpr size_t kSpiModeCount = sizeof(kSpiModes) / sizeof(kSpiModes[0]);

[[gnu::format(printf, 1, 2)]] std::string format(const char* pattern, ...) {
  char text[256];
  va_list arguments;
  va_start(arguments, pattern);
  vsnprintf(text, sizeof(text), pattern, arguments);
  va_end(arguments);
  return text;
}

std::string hex(const Digest& digest) { return to_hex(digest).characters; }

std::string or_dash(const std::string& text) { return text.empty() ? "-" : text; }

std::string line(const char* label, const std::string& value) {
  return format("  %-15s", label) + value + "\n";
}

std::string revision(uint16_t value) { return format("v%u.%u", value / 100u, value % 100u); }

std::string revisions_text(const ImageHeader& header) {
  if (header.revision_highest() == kRevisionUnset) {
    return header.revision_lowest() == 0 ? "any" : revision(header.revision_lowest()) + " or later";
  }
  return revision(header.revision_lowest()) + " to " + revision(header.revision_highest());
}

std::string spi_mode(uint8_t mode) {
  return mode < kSpiModeCount ? kSpiModes[mode] : format("mode %u", mode);
}

uint32_t clock_divider(uint8_t speed) { return speed == 0x0F ? 1 : speed + 2u; }

std::string flash_text(const ImageHeader& header) {
  const std::string size = header.spi_size <= kFlashMegabyteExponentMax
                               ? format("%u MB", 1u << header.spi_size)
                               : format("size %u", header.spi_size);
  return size + ", " + spi_mode(header.spi_mode) +
         format(", clock / %u", clock_divider(header.spi_speed));
}

std::string signature_word(SignatureKind kind) {
  switch (kind) {
    case SignatureKind::none:
      return "none";
    case SignatureKind::rsa_3072:
      return "RSA-3072";
    case SignatureKind::ecdsa:
      return "ECDSA";
  }
  return "none";
}

std::string signature_text(const SignatureSector& signature) {
  if (signature.kind == SignatureKind::none) return "none";
  return signature_word(signature.kind) + format(" sector at 0x%X, %u block(s), not verified",
                                                 signature.offset, signature.block_count);
}

std::string built_text(const ImageReport& report) {
  const std::string when = report.build_date + " " + report.build_time;
  const bool stated = when.find_first_not_of(' ') != std::string::npos;
  return (stated ? when + ", " : "") + "ESP-IDF " + or_dash(report.idf_version);
}

std::string application_text(const ImageReport& report) {
  const std::string elf =
      report.app_elf_sha256.is_zero() ? "none (zeros)" : hex(report.app_elf_sha256);
  std::string text = line("project", or_dash(report.project_name)) +
                     line("version", or_dash(report.version)) + line("built", built_text(report)) +
                     line("security", format("version %u", report.secure_version)) +
                     line("ELF SHA-256", elf);
  if (!report.marker) return text;
  const FirmwareMarker& marker = *report.marker;
  return text + line("marker", marker.product + " " + marker.version +
                                   (marker.behaviour.empty() ? "" : ", " + marker.behaviour));
}

std::string file_text(const ImageReport& report) {
  const uint32_t slot = (report.size_bytes + kSectorBytes - 1) / kSectorBytes * kSectorBytes;
  const std::string hash = report.header.hash_appended ? hex(report.appended_sha256) + ", correct"
                                                       : "none: can't be published";
  return line("size", format("%u bytes (", report.size_bytes) + size_text(report.size_bytes) +
                          format("), needs a slot of 0x%X", slot)) +
         line("SHA-256", hex(report.sha256)) +
         line("checksum",
              format("0x%02X at 0x%X, correct", report.checksum, report.checksum_offset)) +
         line("image SHA-256", hash) + line("signature", signature_text(report.signature));
}

std::string segments_text(const ImageReport& report) {
  std::string text = "  segment  offset      size        load address  memory\n";
  for (size_t i = 0; i < report.segments.size(); ++i) {
    const SegmentReport& segment = report.segments[i];
    text +=
        format("  %7zu  0x%08X  %-10u  0x%08X    %s\n", i, segment.data_offset, segment.data_size,
               segment.load_address, string_of(name(segment.memory)).c_str());
  }
  return text;
}

json::value marker_json(const std::optional<FirmwareMarker>& marker) {
  if (!marker) return nullptr;
  return json::object{
      {"product", marker->product}, {"version", marker->version}, {"behaviour", marker->behaviour}};
}

json::value signature_json(const SignatureSector& signature) {
  if (signature.kind == SignatureKind::none) return nullptr;
  return json::object{{"kind", signature_word(signature.kind)},
                      {"offset", signature.offset},
                      {"blocks", signature.block_count}};
}

json::array segments_json(const ImageReport& report) {
  json::array segments;
  for (const SegmentReport& segment : report.segments) {
    segments.push_back({{"offset", segment.data_offset},
                        {"size", segment.data_size},
                        {"load_address", segment.load_address},
                        {"memory", string_of(name(segment.memory))}});
  }
  return segments;
}

void add_description_json(const ImageReport& report, json::object* out) {
  (*out)["project"] = report.project_name;
  (*out)["version"] = report.version;
  (*out)["build_time"] = report.build_time;
  (*out)["build_date"] = report.build_date;
  (*out)["idf_version"] = report.idf_version;
  (*out)["secure_version"] = report.secure_version;
  (*out)["app_elf_sha256"] = hex(report.app_elf_sha256);
  (*out)["efuse_block_revision_min"] = report.min_efuse_block_revision;
  (*out)["efuse_block_revision_max"] = report.max_efuse_block_revision;
  (*out)["mmu_page_size"] = report.mmu_page_size;
}

}  // namespace

std::string image_text(const ImageReport& report, const std::string& path) {
  const ImageHeader& header = report.header;
  const Chip* chip = find_chip(header.chip);
  const char* architecture = chip != nullptr && chip->is_riscv ? "RISC-V" : "Xtensa";
  return path + ": " + or_dash(report.stated_product()) + " " + or_dash(report.stated_version()) +
         " for " + string_of(chip_name(header.chip)) + ", " + size_text(report.size_bytes) +
         "\n\n" + application_text(report) + "\n" +
         line("chip", string_of(chip_name(header.chip)) +
                          format(" (id %u, %s)", header.chip, architecture)) +
         line("revisions", revisions_text(header)) + line("flash", flash_text(header)) +
         line("entry", format("0x%08X", header.entry_address)) +
         line("MMU page",
              report.mmu_page_size == 0 ? "not stated" : size_text(report.mmu_page_size)) +
         "\n" + file_text(report) + "\n" + segments_text(report);
}

json::object image_json(const ImageReport& report) {
  const ImageHeader& header = report.header;
  json::object out = {{"chip", string_of(chip_name(header.chip))},
                      {"chip_id", header.chip},
                      {"size", report.size_bytes},
                      {"image_size", report.image_size_bytes},
                      {"sha256", hex(report.sha256)},
                      {"publishable", header.hash_appended},
                      {"rev_min", header.revision_lowest()},
                      {"rev_max", header.revision_highest()},
                      {"entry_address", header.entry_address},
                      {"spi_mode", spi_mode(header.spi_mode)},
                      {"spi_clock_divider", clock_divider(header.spi_speed)},
                      {"flash_size_exponent", header.spi_size},
                      {"wp_pin", header.wp_pin},
                      {"checksum", report.checksum},
                      {"checksum_offset", report.checksum_offset}};
  out["appended_sha256"] =
      header.hash_appended ? json::value(hex(report.appended_sha256)) : json::value(nullptr);
  add_description_json(report, &out);
  out["marker"] = marker_json(report.marker);
  out["signature"] = signature_json(report.signature);
  out["segments"] = segments_json(report);
  return out;
}

std::string size_text(uint64_t bytes) {
  if (bytes < 1024) return format("%u bytes", static_cast<unsigned>(bytes));
  const double kibibytes = static_cast<double>(bytes) / 1024;
  if (kibibytes < 1024) return format("%.1f KiB", kibibytes);
  return format("%.2f MiB", kibibytes / 1024);
}

}  // namespace otter::cli
