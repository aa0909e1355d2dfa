// Takes a filter's text apart into words, quoted texts and signs: docs/spec/filter.md. One thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace otter::fleet {

struct FilterToken {
  enum class Kind : uint8_t { end, word, quoted, sign, wrong };

  Kind kind = Kind::end;
  size_t offset = 0;      // [bytes] where it begins
  std::string text = {};  // of a quoted one what it stands for; of a wrong one what is wrong

  bool is(Kind wanted, std::string_view wanted_text) const {
    return kind == wanted && text == wanted_text;
  }
};

class FilterTokens {
 public:
  explicit FilterTokens(std::string_view text) : text_(text) {}

  // Behind the end, or something wrong, there is that again.
  FilterToken next();

 private:
  FilterToken quoted(size_t offset);
  FilterToken wrong(size_t offset, std::string what);

  std::string_view text_;
  size_t at_ = 0;
};

// `-?(0|[1-9][0-9]*)(.[0-9]+)?`, at most 15 digits before the point and 6 behind it: what is read
// and written again is the same text or the same number.
std::optional<double> filter_number(std::string_view text);

// How a person is told of a token: "the end", "'='", ...
std::string shown(const FilterToken& token);

}  // namespace otter::fleet
