// A NOR flash chip: erasing sets a 4 KiB sector or a 64 KiB block to FF, programming only clears
// bits. Its bytes are in memory, or in a file that follows at once, so that killing the process is
// a power cut between or within two operations. docs/simulator.md. One caller at a time.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "ota/flash.h"
#include "sim/flash_traits.h"

namespace otter::sim {

constexpr uint32_t kMebibyte = 1024 * 1024;
constexpr uint32_t kPageSize = 256;  // [bytes] the most that one program operation reaches

// 4, 8 or 16 MiB: what is soldered beside these chips.
bool is_flash_size(uint64_t size_bytes);

class NorFlash {
 public:
  // An erased chip in memory.
  //
  // REQUIRES: is_flash_size(size_bytes)
  explicit NorFlash(uint32_t size_bytes);

  // Makes an erased chip in a new file. Throws SimError if the file exists or can't be written.
  //
  // REQUIRES: is_flash_size(size_bytes)
  static NorFlash create_file(const std::string& path, uint32_t size_bytes);

  // Opens a chip's file, which stays locked until this object ends. Throws SimError if it can't be
  // opened, has no flash chip's size, or is in use by another process.
  static NorFlash open_file(const std::string& path);

  // A copy in memory of a chip's file, whether or not a process runs that board. Throws SimError if
  // it can't be read or has no flash chip's size.
  static NorFlash load_file(const std::string& path);

  NorFlash(NorFlash&&) noexcept;
  NorFlash& operator=(NorFlash&&) noexcept;
  ~NorFlash();

  // A second chip with the same bytes, in memory, powered, that nobody asks before its operations.
  // Sectors are shared until one of both writes to them.
  //
  // Cost: no copy of the bytes
  NorFlash fork() const;

  uint32_t size_bytes() const { return static_cast<uint32_t>(sectors_.size() * kSectorSize); }

  // From now on the chip encrypts all of it, in units of kEncryptedUnit.
  //
  // REQUIRES: it is in memory and erased
  void encrypt() { is_encrypted_ = true; }
  // [bytes] 1, or kEncryptedUnit
  uint32_t write_unit() const { return is_encrypted_ ? kEncryptedUnit : 1; }

  // From now on the chip is as good or as bad as that.
  void set_traits(FlashTraits traits) { traits_ = std::move(traits); }
  const FlashTraits& traits() const { return traits_; }
  // [us] that all its operations took, by its traits. Reads take no time.
  uint64_t busy_us() const { return busy_us_; }

  // Errors: flash_io (outside of the chip; no power)
  Error read(uint32_t offset, MutableBytes out) const;
  // What the cells hold: the same, but for encryption.
  Error read_cells(uint32_t offset, MutableBytes out) const;

  // Of all its bytes: equal for chips that hold the same. No protection against intent.
  uint64_t hash() const;

  // Sets [offset, offset + size) to FF: one operation for each 64 KiB block that lies in it, and
  // for each other sector.
  //
  // Errors: flash_io (not in whole sectors; outside of the chip; no power; the file)
  // Power:  a cut inside an operation leaves its front erased
  // Source: esp_flash_erase_region(), ESP-IDF v5.5 components/spi_flash/esp_flash_api.c
  Error erase(uint32_t offset, uint32_t size);

  // Clears the 0 bits of `data`, one operation per page that it touches.
  //
  // Errors: flash_io (not in whole write units; outside of the chip; no power; the file)
  // Power:  a cut inside a page leaves its front programmed
  Error program(uint32_t offset, Bytes data);

  // Any bytes at all in the cells, as a torn operation may leave them; no operation of the chip.
  //
  // REQUIRES: it is in memory
  void tear(uint32_t offset, Bytes cells);

  // The erase of what held `before` was cut: what its traits say of that happens to the cells.
  //
  // REQUIRES: whole sectors
  void unsettle(uint32_t offset, Bytes before);

  // From now on the chip lies: it tells of operations that a power cut can still undo.
  void forget_last_at_cut() { is_forgetful_ = true; }
  // The power was cut: a chip that lies loses the last operation that it has told of.
  void lose_last();

  // Asked before each operation; nullptr for none. It must outlive its use.
  void set_fault(FlashFault* fault) { fault_ = fault; }
  // False from a cut on: every call then fails and changes nothing, until restore_power().
  bool has_power() const { return has_power_; }
  void restore_power() { has_power_ = true; }

  uint64_t operation_count() const { return operations_; }
  // REQUIRES: sector < size_bytes() / kSectorSize
  uint32_t erase_count(uint32_t sector) const { return erases_[sector]; }

 private:
  class File;
  using Sector = std::array<uint8_t, kSectorSize>;
  NorFlash(Bytes bytes, std::unique_ptr<File> file);
  Sector& writable(uint32_t sector);
  bool holds(uint32_t offset, size_t size) const;
  void decrypt(uint32_t offset, MutableBytes cells) const;
  uint32_t erase_unit(uint32_t offset, uint32_t size) const;
  void add_defects(uint32_t offset, MutableBytes cells) const;
  void settle(FlashAction action, uint32_t offset, Bytes data);
  Error operate(FlashAction action, uint32_t offset, Bytes data);
  Error tear_off(const FlashOperation& operation, Bytes data);
  Error apply(FlashAction action, uint32_t offset, Bytes data);
  void apply_in_sector(FlashAction action, uint32_t offset, Bytes data);

  std::vector<std::shared_ptr<Sector>> sectors_;  // nullptr: erased
  std::vector<uint32_t> erases_;                  // per sector, since the chip was made or opened
  std::unique_ptr<File> file_;                    // nullptr: in memory only
  FlashTraits traits_;
  std::map<uint32_t, Sector> unstable_;  // by sector: the bits that read by chance
  mutable uint64_t unstable_reads_ = 0;
  uint64_t busy_us_ = 0;
  FlashFault* fault_ = nullptr;
  uint64_t operations_ = 0;
  bool has_power_ = true;
  bool is_encrypted_ = false;
  bool is_forgetful_ = false;
  uint32_t last_offset_ = 0;          // of a chip that lies, its last operation
  std::vector<uint8_t> before_last_;  // and what was in the cells
};

// A partition: a window onto the chip, and no way out of it.
class FlashPartition : public Flash {
 public:
  // REQUIRES: offset + size <= flash.size_bytes(); flash outlives it
  FlashPartition(NorFlash& flash, uint32_t offset, uint32_t size)
      : flash_(flash), offset_(offset), size_(size) {}

  uint32_t size_bytes() const override { return size_; }
  uint32_t write_unit() const override { return flash_.write_unit(); }
  Result<bool> is_erased(uint32_t offset, uint32_t size) override;
  Error read(uint32_t offset, MutableBytes out) override;
  Error erase(uint32_t offset, uint32_t size) override;
  Error program(uint32_t offset, Bytes data) override;

 private:
  bool holds(uint32_t offset, size_t size) const;

  NorFlash& flash_;
  uint32_t offset_;
  uint32_t size_;
};

}  // namespace otter::sim
