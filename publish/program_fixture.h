// A small linked program as an application image: functions that call each other, load constants
// and refer to data, for Xtensa or RISC-V. Functions can be added, taken away, moved and changed;
// linking gives each its address, as a linker does. For tests of patches. One thread.
#pragma once

#include <algorithm>
#include <random>
#include <vector>

#include "ota/patch/unit.h"
#include "publish/image_maker.h"

namespace otter {

// Random numbers that are the same on every machine.
class Dice {
 public:
  explicit Dice(uint32_t seed) : engine_(seed) {}
  uint32_t operator()() { return static_cast<uint32_t>(engine_()); }

 private:
  std::mt19937 engine_;
};

class LinkedProgram {
 public:
  LinkedProgram(ChipId chip, size_t function_count, uint32_t seed)
      : chip_(chip), random_(seed), called_ids_(static_cast<uint32_t>(function_count)) {
    for (size_t i = 0; i < function_count; ++i) functions_.push_back(make_function());
  }

  void insert_function() {
    const Function made = make_function();
    functions_.insert(functions_.begin() + any_index(), made);
  }
  void remove_function() { functions_.erase(functions_.begin() + any_index()); }
  void move_function() {
    const Function moved = functions_[any_index()];
    std::erase_if(functions_, [&](const Function& f) { return f.id == moved.id; });
    functions_.insert(functions_.begin() + any_index(), moved);
  }
  void change_function() { functions_[any_index()].seed = random_(); }

  // The image, sealed as esptool does.
  std::vector<uint8_t> link() {
    place_functions();
    std::vector<uint8_t> code;
    for (const Function& function : functions_) {
      code.resize(function.address - kCodeAddress, 0);
      if (is_xtensa()) {
        add_xtensa(function, code);
      } else {
        add_riscv(function, code);
      }
    }
    return sealed(make_data(), code);
  }

 private:
  static constexpr uint32_t kDataAddress = 0x3C000020;  // mapped flash of the ESP32-S3 and -C3
  static constexpr uint32_t kCodeAddress = 0x42010020;
  static constexpr uint32_t kDataWords = 128;
  static constexpr uint32_t kLiterals = 4;

  struct Function {
    uint32_t id;
    uint32_t seed;
    uint32_t length;  // in instructions, about
    uint32_t address = 0;
  };

  bool is_xtensa() const { return chip_ == 9; }
  std::ptrdiff_t any_index() { return static_cast<std::ptrdiff_t>(random_() % functions_.size()); }
  Function make_function() {
    const uint32_t length = 8 + random_() % 40;
    return {next_id_++, static_cast<uint32_t>(random_()), length};
  }

  void place_functions() {
    uint32_t address = kCodeAddress;
    for (Function& function : functions_) {
      function.address = address;
      std::vector<uint8_t> code(address - kCodeAddress);
      if (is_xtensa()) {
        add_xtensa(function, code);
      } else {
        add_riscv(function, code);
      }
      address = (kCodeAddress + static_cast<uint32_t>(code.size()) + 3) & ~3u;
    }
  }

  // The function with that id, or another if it is gone.
  uint32_t address_of(uint32_t id) const {
    const auto found = std::find_if(functions_.begin(), functions_.end(),
                                    [&](const Function& f) { return f.id == id; });
    return found == functions_.end() ? functions_.front().address : found->address;
  }
  uint32_t some_function(Dice& random) const { return address_of(1 + random() % called_ids_); }
  static uint32_t some_data(Dice& random) { return kDataAddress + 4 * (random() % kDataWords); }

  static void put(std::vector<uint8_t>& code, uint32_t word, size_t size) {
    for (size_t i = 0; i < size; ++i) code.push_back(static_cast<uint8_t>(word >> (8 * i)));
  }
  static uint32_t here(const std::vector<uint8_t>& code) {
    return kCodeAddress + static_cast<uint32_t>(code.size());
  }

  void add_xtensa(const Function& function, std::vector<uint8_t>& code) const {
    Dice random(function.seed);
    const uint32_t pool = here(code);
    for (uint32_t i = 0; i < kLiterals; ++i) {
      put(code, i == 0 ? some_function(random) : some_data(random), 4);
    }
    put(code, 0x004136, 3);  // entry a1, 32
    for (uint32_t i = 0; i < function.length; ++i) add_xtensa_instruction(pool, random, code);
    put(code, 0xF01D, 2);  // retw.n
  }

  void add_xtensa_instruction(uint32_t pool, Dice& random, std::vector<uint8_t>& code) const {
    const uint32_t at = here(code);
    const uint32_t target = some_function(random) + 4 * kLiterals;
    const uint32_t literal = pool + 4 * (random() % kLiterals);
    const uint32_t name = random() % 16;
    switch (random() % 6) {
      case 0:
        return put(code, 0x25 | ((target - (at & ~3u) - 4) >> 2 & 0x3FFFF) << 6, 3);
      case 1:
        return put(code, 1 | name << 4 | ((literal - ((at + 3) & ~3u)) >> 2 & 0xFFFF) << 8, 3);
      case 2:
        return put(code, 0x16 | name << 8 | (random() % 40) << 12, 3);  // beqz
      case 3:
        return put(code, 0x8C | name << 8 | (random() % 16) << 12, 2);  // beqz.n
      case 4:
        return put(code, 0x0D | name << 4 | (random() % 16) << 8, 2);  // mov.n
      default:
        return put(code, 0x800000 | name << 12 | name << 8, 3);  // add
    }
  }

  void add_riscv(const Function& function, std::vector<uint8_t>& code) const {
    Dice random(function.seed);
    put(code, 0x1141, 2);  // c.addi sp, -16
    for (uint32_t i = 0; i < function.length; ++i) add_riscv_instructions(random, code);
    put(code, 0x8082, 2);  // ret
  }

  void add_riscv_instructions(Dice& random, std::vector<uint8_t>& code) const {
    const uint32_t distance = some_function(random) - here(code);
    const uint32_t data = some_data(random);
    const uint32_t upper = (data + 0x800) & 0xFFFFF000u;
    switch (random() % 6) {
      case 0:  // jal ra
        return put(code,
                   0xEF | (distance >> 20 & 1) << 31 | (distance >> 1 & 0x3FF) << 21 |
                       (distance >> 11 & 1) << 20 | (distance >> 12 & 0xFF) << 12,
                   4);
      case 1:  // auipc ra; jalr ra
        put(code, 0x97 | ((distance + 0x800) & 0xFFFFF000u), 4);
        return put(code, 0x80E7 | distance << 20, 4);
      case 2:  // lui a5; addi a5, a5; c.lw a4, 4(a5)
        put(code, 0x7B7 | upper, 4);
        put(code, 0x78793 | (data - upper) << 20, 4);
        return put(code, 0x43D8, 2);
      case 3:
        return put(code, 0xC791, 2);  // c.beqz a5, 12
      case 4:
        return put(code, 0x02E78063, 4);  // beq a5, a4, 32
      default:
        return put(code, 0x0001 | (random() % 32) << 2, 2);
    }
  }

  std::vector<uint8_t> make_data() const {
    Dice random(7);
    std::vector<uint8_t> data;
    for (uint32_t i = 0; i < kDataWords; ++i) {
      put(data, i % 3 == 0 ? some_function(random) : random(), 4);
    }
    return data;
  }

  std::vector<uint8_t> sealed(const std::vector<uint8_t>& data,
                              const std::vector<uint8_t>& code) const {
    std::vector<uint8_t> image(kImageHeaderSize, 0);
    image[0] = kImageMagic;
    image[1] = 2;
    store_le16(&image[12], chip_);
    image[23] = 1;  // an SHA-256 is appended
    add_segment(image, kDataAddress, data);
    add_segment(image, kCodeAddress, code);
    image.resize(image.size() / 16 * 16 + 16 + kDigestSize);
    seal_image(image);
    return image;
  }
  static void add_segment(std::vector<uint8_t>& image, uint32_t address,
                          const std::vector<uint8_t>& content) {
    const uint32_t size = static_cast<uint32_t>((content.size() + 3) / 4 * 4);
    put(image, address, 4);
    put(image, size, 4);
    image.insert(image.end(), content.begin(), content.end());
    image.resize(image.size() + size - content.size(), 0);
  }

  ChipId chip_;
  Dice random_;
  uint32_t next_id_ = 1;
  uint32_t called_ids_;  // [1, called_ids_] are called
  std::vector<Function> functions_;
};

}  // namespace otter
