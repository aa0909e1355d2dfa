// `otter sim flash info BOARD`: what lies in a board's flash, for people who look for a fault.
#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <cstdio>
#include <iostream>
#include <memory>
#include <string>

#include "cli/sim_verbs.h"
#include "publish/host_crypto.h"
#include "publish/text.h"
#include "sim/flash_report.h"

namespace otter::cli {
namespace {

namespace json = boost::json;

struct FlashOptions {
  std::string path;
  bool json = false;
};

std::string type_name(const Partition& partition) {
  if (partition.type == kTypeApp) return "app";
  return partition.type == kTypeData ? "data" : std::to_string(partition.type);
}

std::string slot_of(const OtadataEntry& entry, uint8_t slot_count) {
  if (slot_count == 0) return "";
  return "ota_" + std::to_string(otadata_slot(entry.sequence, slot_count));
}

json::object entry_json(const OtadataEntry& entry, uint8_t slot_count) {
  if (entry.sequence == UINT32_MAX) return {{"erased", true}};
  return {{"sequence", entry.sequence},
          {"state", string_of(name(entry.state))},
          {"crc_ok", entry.crc_ok()},
          {"slot", slot_of(entry, slot_count)}};
}

json::object slot_json(const sim::SlotReport& slot) {
  json::object out = {{"label", slot.label}, {"erased", slot.is_erased}};
  if (slot.error != Error::ok) {
    out["error"] = string_of(name(slot.error));
    return out;
  }
  out["product"] = slot.firmware.product;
  out["version"] = slot.firmware.version;
  out["behaviour"] = name(slot.firmware.behaviour);
  out["chip"] = string_of(chip_name(slot.image.header.chip));
  out["size"] = slot.image.size_bytes;
  out["sha256"] = to_hex(slot.sha256).characters;
  return out;
}

json::object journal_json(const JournalState& journal) {
  json::object out = {{"sequence_floor", journal.sequence_floor},
                      {"security_floor", journal.security_floor},
                      {"outcome", string_of(name(journal.outcome.phase))},
                      {"update", nullptr}};
  const PendingUpdate& update = journal.update;
  if (update.stage == UpdateStage::none) return out;
  out["update"] = {{"stage", update.stage == UpdateStage::trial ? "trial" : "downloading"},
                   {"version", update.version},
                   {"slot", update.slot},
                   {"size", update.image_size_bytes},
                   {"verified", update.verified_bytes},
                   {"attempts", update.attempts}};
  return out;
}

json::object report_json(const sim::FlashReport& report, uint32_t size_bytes) {
  json::object out = {{"flash_size", size_bytes}};
  if (report.table_error != Error::ok) {
    out["table_error"] = string_of(name(report.table_error));
    return out;
  }
  json::array partitions, otadata, slots;
  for (size_t i = 0; i < report.table.count; ++i) {
    const Partition& row = report.table.partitions[i];
    partitions.push_back({{"label", row.label},
                          {"type", type_name(row)},
                          {"subtype", row.subtype},
                          {"offset", row.offset},
                          {"size", row.size_bytes}});
  }
  for (const sim::SlotReport& slot : report.slots) slots.push_back(slot_json(slot));
  out["layout"] = std::string(to_hex(report.layout).characters, 2 * kLayoutSize);
  out["partitions"] = std::move(partitions);
  out["slots"] = std::move(slots);
  if (report.otadata) {
    for (const OtadataEntry& entry : report.otadata->entries) {
      otadata.push_back(entry_json(entry, report.slot_count));
    }
    out["otadata"] = std::move(otadata);
    out["active"] = report.otadata->active();
  }
  if (report.journal) out["journal"] = journal_json(*report.journal);
  return out;
}

void print_otadata(const sim::FlashReport& report) {
  for (int i = 0; i < 2; ++i) {
    const OtadataEntry& entry = report.otadata->entries[i];
    std::cout << "otadata[" << i << "]: ";
    if (entry.sequence == UINT32_MAX) {
      std::cout << "erased\n";
      continue;
    }
    std::cout << "sequence " << entry.sequence << ", " << string_of(name(entry.state)) << ", CRC "
              << (entry.crc_ok() ? "right" : "wrong") << ": " << slot_of(entry, report.slot_count)
              << (report.otadata->active() == i ? " (active)\n" : "\n");
  }
}

void print_slot(const sim::SlotReport& slot) {
  std::cout << slot.label << ": ";
  if (slot.is_erased) {
    std::cout << "erased\n";
  } else if (slot.error != Error::ok) {
    std::cout << "no image that boots: " << string_of(meaning(slot.error)) << '\n';
  } else {
    std::cout << slot.firmware.product << ' ' << slot.firmware.version << " for "
              << string_of(chip_name(slot.image.header.chip)) << ", " << slot.image.size_bytes
              << " bytes, SHA-256 " << to_hex(slot.sha256).characters << '\n';
  }
}

void print_journal(const JournalState& journal) {
  std::cout << "journal: sequence floor " << journal.sequence_floor << ", security floor "
            << journal.security_floor;
  const PendingUpdate& update = journal.update;
  if (update.stage != UpdateStage::none) {
    std::cout << "; " << (update.stage == UpdateStage::trial ? "trial of " : "download of ")
              << update.version << ", " << update.verified_bytes << " of "
              << update.image_size_bytes << " bytes proved, attempt " << int{update.attempts};
  }
  if (journal.outcome.phase != Phase::none) {
    std::cout << "; to be reported: " << journal.outcome.version << ' '
              << string_of(name(journal.outcome.phase));
  }
  std::cout << '\n';
}

void print_report(const sim::FlashReport& report, uint32_t size_bytes) {
  std::cout << "flash: " << size_bytes / sim::kMebibyte << " MiB\n";
  if (report.table_error != Error::ok) {
    std::cout << "partition table: " << string_of(meaning(report.table_error)) << '\n';
    return;
  }
  std::cout << "partition table: layout "
            << std::string(to_hex(report.layout).characters, 2 * kLayoutSize)
            << (report.table.has_md5 ? "\n" : ", no MD5\n");
  for (size_t i = 0; i < report.table.count; ++i) {
    const Partition& row = report.table.partitions[i];
    std::printf("  %-16s %-4s 0x%02x  0x%06x  0x%06x\n", row.label, type_name(row).c_str(),
                static_cast<unsigned>(row.subtype), static_cast<unsigned>(row.offset),
                static_cast<unsigned>(row.size_bytes));
  }
  std::fflush(stdout);
  if (report.otadata) print_otadata(report);
  for (const sim::SlotReport& slot : report.slots) print_slot(slot);
  if (report.journal) print_journal(*report.journal);
}

void run_flash_info(const FlashOptions& options) {
  sim::NorFlash flash = sim::NorFlash::load_file(options.path);
  HostCrypto crypto;
  const sim::FlashReport report = sim::inspect_flash(flash, crypto);
  if (options.json) {
    std::cout << json::serialize(report_json(report, flash.size_bytes())) << '\n';
  } else {
    print_report(report, flash.size_bytes());
  }
}

}  // namespace

void add_sim_flash(CLI::App& sim) {
  CLI::App* flash = sim.add_subcommand("flash", "Look into a board's flash file");
  flash->require_subcommand(1);
  CLI::App* info = flash->add_subcommand("info", "Partition table, otadata, images, journal");
  auto options = std::make_shared<FlashOptions>();
  info->add_option("flash", options->path, "flash file; a board may be running on it")->required();
  info->add_flag("--json", options->json, "print JSON");
  info->callback([options] { run_flash_info(*options); });
}

}  // namespace otter::cli
