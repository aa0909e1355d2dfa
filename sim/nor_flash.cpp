#include "sim/nor_flash.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "sim/flash_cipher.h"
#include "sim/sim_error.h"
#include "sim/trace_hash.h"

namespace otter::sim {
namespace {

constexpr uint8_t kErased = 0xFF;

[[noreturn]] void fail(const std::string& path, const std::string& what) {
  throw SimError("flash " + path + ": " + what);
}

[[noreturn]] void fail_errno(const std::string& path, const std::string& what) {
  fail(path, what + ": " + std::strerror(errno));
}

// Four hashes side by side: one would wait for its own multiplications.
uint64_t hash_of(Bytes sector) {
  constexpr size_t kLanes = 4;
  TraceHash lanes[kLanes];
  size_t used = sector.size;
  while (used > 0 && load_le64(sector.data + used - 8) == UINT64_MAX) used -= 8;
  if (used == 0) return 0;
  for (size_t at = 0; at < used; at += 8) {
    lanes[at / 8 % kLanes].add(load_le64(sector.data + at));
  }
  return mix(mix(lanes[0].value(), lanes[1].value()), mix(lanes[2].value(), lanes[3].value()));
}

}  // namespace

bool is_flash_size(uint64_t size_bytes) {
  return size_bytes == 4 * kMebibyte || size_bytes == 8 * kMebibyte || size_bytes == 16 * kMebibyte;
}

// The chip's file, locked for this process. Whole transfers or nothing: the host's disk is not what
// is being simulated.
class NorFlash::File {
 public:
  File(const std::string& path, int flags)
      : path_(path), descriptor_(::open(path.c_str(), flags | O_CLOEXEC, 0644)) {
    if (descriptor_ < 0) fail_errno(path_, "can't open it");
    if ((flags & O_ACCMODE) != O_RDONLY) lock();
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() { ::close(descriptor_); }

  // All of it, if it has the size of a chip.
  std::vector<uint8_t> read() {
    struct stat status = {};
    if (::fstat(descriptor_, &status) != 0) fail_errno(path_, "can't read its size");
    const uint64_t size = static_cast<uint64_t>(status.st_size);
    if (!is_flash_size(size)) {
      fail(path_, "has " + std::to_string(size) + " bytes; a flash chip has 4, 8 or 16 MiB");
    }
    std::vector<uint8_t> out(size);
    for (size_t done = 0; done < out.size();) {
      const ssize_t got =
          ::pread(descriptor_, out.data() + done, out.size() - done, static_cast<off_t>(done));
      if (got <= 0) fail_errno(path_, "can't read it");
      done += static_cast<size_t>(got);
    }
    return out;
  }

  bool write(uint32_t offset, Bytes data) {
    size_t done = 0;
    while (done < data.size) {
      const ssize_t put = ::pwrite(descriptor_, data.data + done, data.size - done,
                                   static_cast<off_t>(offset + done));
      if (put <= 0) return false;
      done += static_cast<size_t>(put);
    }
    return true;
  }

 private:
  void lock() {
    if (::flock(descriptor_, LOCK_EX | LOCK_NB) == 0) return;
    const int error = errno;
    ::close(descriptor_);
    if (error != EWOULDBLOCK) fail(path_, "can't lock it");
    fail(path_, "another process runs this board; stop it first, or use another file");
  }

  std::string path_;
  int descriptor_;
};

NorFlash::NorFlash(Bytes bytes, std::unique_ptr<File> file)
    : sectors_(bytes.size / kSectorSize),
      erases_(bytes.size / kSectorSize),
      file_(std::move(file)) {
  for (uint32_t i = 0; i < sectors_.size(); ++i) {
    const Bytes sector = bytes.part(i * kSectorSize, kSectorSize);
    const bool erased = std::all_of(sector.data, sector.data + sector.size,
                                    [](uint8_t byte) { return byte == kErased; });
    if (!erased) std::copy_n(sector.data, sector.size, writable(i).begin());
  }
}

NorFlash::NorFlash(uint32_t size_bytes)
    : sectors_(size_bytes / kSectorSize), erases_(size_bytes / kSectorSize) {}

NorFlash NorFlash::fork() const {
  NorFlash copy(0);
  copy.sectors_ = sectors_;
  copy.erases_ = erases_;
  copy.traits_ = traits_;
  copy.unstable_ = unstable_;
  copy.unstable_reads_ = unstable_reads_;
  copy.busy_us_ = busy_us_;
  copy.operations_ = operations_;
  copy.is_encrypted_ = is_encrypted_;
  copy.is_forgetful_ = is_forgetful_;
  copy.last_offset_ = last_offset_;
  copy.before_last_ = before_last_;
  return copy;
}

NorFlash::Sector& NorFlash::writable(uint32_t sector) {
  std::shared_ptr<Sector>& held = sectors_[sector];
  if (held == nullptr) {
    held = std::make_shared<Sector>();
    held->fill(kErased);
  } else if (held.use_count() > 1) {
    held = std::make_shared<Sector>(*held);
  }
  return *held;
}

NorFlash::NorFlash(NorFlash&&) noexcept = default;
NorFlash& NorFlash::operator=(NorFlash&&) noexcept = default;
NorFlash::~NorFlash() = default;

NorFlash NorFlash::create_file(const std::string& path, uint32_t size_bytes) {
  auto file = std::make_unique<File>(path, O_RDWR | O_CREAT | O_EXCL);
  std::vector<uint8_t> bytes(size_bytes, kErased);
  if (!file->write(0, bytes)) {
    const int error = errno;
    ::unlink(path.c_str());
    errno = error;
    fail_errno(path, "can't write it");
  }
  return NorFlash(std::move(bytes), std::move(file));
}

NorFlash NorFlash::open_file(const std::string& path) {
  auto file = std::make_unique<File>(path, O_RDWR);
  std::vector<uint8_t> bytes = file->read();
  return NorFlash(std::move(bytes), std::move(file));
}

NorFlash NorFlash::load_file(const std::string& path) {
  return NorFlash(File(path, O_RDONLY).read(), nullptr);
}

bool NorFlash::holds(uint32_t offset, size_t size) const {
  return size <= size_bytes() && offset <= size_bytes() - size;
}

Error NorFlash::read(uint32_t offset, MutableBytes out) const {
  const uint32_t skip = offset % write_unit();
  if (skip == 0 && out.size % write_unit() == 0) {
    OTTER_TRY(read_cells(offset, out));
    decrypt(offset, out);
    return Error::ok;
  }
  std::vector<uint8_t> units((skip + out.size + kEncryptedUnit - 1) / kEncryptedUnit *
                             kEncryptedUnit);
  OTTER_TRY(read(offset - skip, units));
  std::copy_n(units.begin() + skip, out.size, out.data);
  return Error::ok;
}

void NorFlash::decrypt(uint32_t offset, MutableBytes cells) const {
  for (uint32_t i = 0; is_encrypted_ && i < cells.size; i += kEncryptedUnit) {
    decrypt_unit(offset + i, cells.data + i);
  }
}

Error NorFlash::read_cells(uint32_t offset, MutableBytes out) const {
  if (!has_power_ || !holds(offset, out.size)) return Error::flash_io;
  for (size_t done = 0; done < out.size;) {
    const uint32_t at = offset + static_cast<uint32_t>(done);
    const MutableBytes piece = out.part(done, kSectorSize - at % kSectorSize);
    const std::shared_ptr<Sector>& sector = sectors_[at / kSectorSize];
    if (sector == nullptr) {
      std::memset(piece.data, kErased, piece.size);
    } else {
      std::memcpy(piece.data, sector->data() + at % kSectorSize, piece.size);
    }
    done += piece.size;
  }
  add_defects(offset, out);
  return Error::ok;
}

void NorFlash::add_defects(uint32_t offset, MutableBytes cells) const {
  for (const auto& [sector, bits] : unstable_) {
    const uint32_t start = sector * kSectorSize;
    if (start + kSectorSize <= offset || start >= offset + cells.size) continue;
    SeededRandom random(mix(traits_.seed, unstable_reads_++));
    for (size_t i = offset < start ? start - offset : 0; i < cells.size; ++i) {
      if (offset + i >= start + kSectorSize) break;
      if (bits[offset + i - start] == 0) continue;
      const uint64_t flips = random.next() & random.next();  // one in four
      cells.data[i] ^= static_cast<uint8_t>(flips & bits[offset + i - start]);
    }
  }
  for (const StuckBit& stuck : traits_.stuck_bits) {
    if (stuck.offset < offset || stuck.offset - offset >= cells.size) continue;
    uint8_t& cell = cells.data[stuck.offset - offset];
    const uint8_t bit = static_cast<uint8_t>(1 << stuck.bit);
    cell = static_cast<uint8_t>(stuck.value ? cell | bit : cell & ~bit);
  }
}

uint64_t NorFlash::hash() const {
  TraceHash hash;
  for (size_t i = 0; i < sectors_.size(); ++i) {
    const uint64_t held = sectors_[i] != nullptr ? hash_of(*sectors_[i]) : 0;
    if (held == 0) continue;  // erased
    hash.add(uint64_t{i});
    hash.add(held);
  }
  for (const auto& [sector, bits] : unstable_) {
    hash.add(uint64_t{sector});
    hash.add(Bytes(bits.data(), bits.size()));
    hash.add(unstable_reads_);
  }
  return hash.value();
}

// [bytes] what one operation erases of a range that begins at `offset`.
uint32_t NorFlash::erase_unit(uint32_t offset, uint32_t size) const {
  const bool fits = offset % kEraseBlockSize == 0 && size >= kEraseBlockSize;
  return fits && traits_.has_block_erase ? kEraseBlockSize : kSectorSize;
}

Error NorFlash::erase(uint32_t offset, uint32_t size) {
  if (offset % kSectorSize != 0 || size % kSectorSize != 0) return Error::flash_io;
  if (!holds(offset, size)) return Error::flash_io;
  static const std::vector<uint8_t> erased(kEraseBlockSize, kErased);
  for (uint32_t done = 0; done < size;) {
    const uint32_t unit = erase_unit(offset + done, size - done);
    OTTER_TRY(operate(FlashAction::erase, offset + done, Bytes(erased).part(0, unit)));
    done += unit;
  }
  return Error::ok;
}

Error NorFlash::program(uint32_t offset, Bytes data) {
  if (!holds(offset, data.size)) return Error::flash_io;
  if (offset % write_unit() != 0 || data.size % write_unit() != 0) return Error::flash_io;
  uint8_t page[kPageSize];
  for (size_t done = 0; done < data.size;) {
    const uint32_t at = offset + static_cast<uint32_t>(done);
    const Bytes piece = data.part(done, kPageSize - at % kPageSize);
    std::memcpy(page, piece.data, piece.size);
    for (uint32_t i = 0; is_encrypted_ && i < piece.size; i += kEncryptedUnit) {
      encrypt_unit(at + i, page + i);
    }
    OTTER_TRY(operate(FlashAction::program, at, Bytes(page, piece.size)));
    done += piece.size;
  }
  return Error::ok;
}

void NorFlash::tear(uint32_t offset, Bytes cells) {
  for (size_t done = 0; done < cells.size;) {
    const uint32_t at = offset + static_cast<uint32_t>(done);
    const Bytes piece = cells.part(done, kSectorSize - at % kSectorSize);
    std::copy_n(piece.data, piece.size, writable(at / kSectorSize).data() + at % kSectorSize);
    done += piece.size;
  }
}

// How many of the cells are at the edge is different from one cut to the next, down to a few: a
// record then reads as it was one time, and torn the next.
void NorFlash::unsettle(uint32_t offset, Bytes before) {
  if (!traits_.has_unstable_erase) return;
  constexpr uint64_t kShares[] = {2, 64, 2048, 16384};  // one of so many cells
  SeededRandom random(mix(traits_.seed, operations_));
  const uint64_t share = kShares[random.below(std::size(kShares))];
  for (uint32_t done = 0; done < before.size; done += kSectorSize) {
    Sector& bits = unstable_[(offset + done) / kSectorSize];
    for (uint32_t i = 0; i < kSectorSize; ++i) {
      bits[i] = 0;
      for (uint8_t bit = 1; bit != 0; bit = static_cast<uint8_t>(bit << 1)) {
        if ((before.data[done + i] & bit) == 0 && random.below(share) == 0) bits[i] |= bit;
      }
    }
  }
}

// What an operation that came to its end leaves firm.
void NorFlash::settle(FlashAction action, uint32_t offset, Bytes data) {
  if (unstable_.empty()) return;
  if (action == FlashAction::erase) {
    unstable_.erase(
        unstable_.lower_bound(offset / kSectorSize),
        unstable_.lower_bound(static_cast<uint32_t>((offset + data.size) / kSectorSize)));
    return;
  }
  const auto found = unstable_.find(offset / kSectorSize);
  if (found == unstable_.end()) return;
  for (size_t i = 0; i < data.size; ++i) found->second[offset % kSectorSize + i] &= data.data[i];
}

Error NorFlash::operate(FlashAction action, uint32_t offset, Bytes data) {
  if (!has_power_) return Error::flash_io;
  const FlashOperation operation{operations_++, action, offset, static_cast<uint32_t>(data.size)};
  const FlashDecision decision = fault_ != nullptr ? fault_->decide(operation) : FlashDecision();
  if (decision.fails) return Error::flash_io;
  busy_us_ += uint64_t{traits_.time_factor} * operation_us(operation, traits_.seed);
  if (decision.cut == PowerCut::none) {
    if (is_forgetful_) {
      last_offset_ = offset;
      before_last_.resize(data.size);
      OTTER_TRY(read_cells(offset, before_last_));
    }
    return apply(action, offset, data);
  }

  if (decision.cut == PowerCut::torn) return tear_off(operation, data.part(0, decision.torn_bytes));
  has_power_ = false;
  if (decision.cut == PowerCut::after) OTTER_TRY(apply(action, offset, data));
  return Error::flash_io;
}

// `data` is the front of it that happens.
Error NorFlash::tear_off(const FlashOperation& operation, Bytes data) {
  std::vector<uint8_t> before(operation.size);
  OTTER_TRY(read_cells(operation.offset, before));
  has_power_ = false;
  OTTER_TRY(apply(operation.action, operation.offset, data));
  if (operation.action == FlashAction::erase) unsettle(operation.offset, before);
  return Error::flash_io;
}

Error NorFlash::apply(FlashAction action, uint32_t offset, Bytes data) {
  for (size_t done = 0; done < data.size;) {
    const uint32_t at = offset + static_cast<uint32_t>(done);
    const Bytes piece = data.part(done, kSectorSize - at % kSectorSize);
    apply_in_sector(action, at, piece);
    done += piece.size;
  }
  settle(action, offset, data);
  if (file_ == nullptr) return Error::ok;
  std::vector<uint8_t> after(data.size);
  const bool had_power = std::exchange(has_power_, true);  // it is the host that reads
  const Error error = read_cells(offset, after);
  has_power_ = had_power;
  OTTER_TRY(error);
  return file_->write(offset, after) ? Error::ok : Error::flash_io;
}

void NorFlash::apply_in_sector(FlashAction action, uint32_t offset, Bytes data) {
  const uint32_t index = offset / kSectorSize;
  if (action == FlashAction::erase) ++erases_[index];
  if (action == FlashAction::erase && data.size == kSectorSize) {
    sectors_[index].reset();
    return;
  }
  uint8_t* const at = writable(index).data() + offset % kSectorSize;
  for (size_t i = 0; i < data.size; ++i) {
    at[i] = action == FlashAction::erase ? kErased : static_cast<uint8_t>(at[i] & data.data[i]);
  }
}

void NorFlash::lose_last() {
  if (!before_last_.empty()) tear(last_offset_, before_last_);
  before_last_.clear();
}

bool FlashPartition::holds(uint32_t offset, size_t size) const {
  return size <= size_ && offset <= size_ - size;
}

Error FlashPartition::read(uint32_t offset, MutableBytes out) {
  return holds(offset, out.size) ? flash_.read(offset_ + offset, out) : Error::flash_io;
}

Result<bool> FlashPartition::is_erased(uint32_t offset, uint32_t size) {
  uint8_t piece[kPageSize];
  for (uint32_t done = 0; done < size; done += kPageSize) {
    const MutableBytes part(piece, std::min(kPageSize, size - done));
    if (!holds(offset + done, part.size)) return Error::flash_io;
    OTTER_TRY(flash_.read_cells(offset_ + offset + done, part));
    for (size_t i = 0; i < part.size; ++i) {
      if (part.data[i] != kErased) return false;
    }
  }
  return true;
}

Error FlashPartition::erase(uint32_t offset, uint32_t size) {
  return holds(offset, size) ? flash_.erase(offset_ + offset, size) : Error::flash_io;
}

Error FlashPartition::program(uint32_t offset, Bytes data) {
  return holds(offset, data.size) ? flash_.program(offset_ + offset, data) : Error::flash_io;
}

}  // namespace otter::sim
