#include "fleet/filter_tokens.h"

#include <algorithm>
#include <charconv>

#include "fleet/filter_tree.h"

namespace otter::fleet {
namespace {

bool is_digit(char character) { return character >= '0' && character <= '9'; }

bool is_of_word(char character) {
  const bool is_letter =
      (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z');
  return is_letter || is_digit(character) ||
         std::string_view("._+:-").find(character) != std::string_view::npos;
}

size_t count_digits(std::string_view text) {
  return static_cast<size_t>(std::ranges::find_if_not(text, is_digit) - text.begin());
}

}  // namespace

FilterToken FilterTokens::wrong(size_t offset, std::string what) {
  at_ = offset;
  return {FilterToken::Kind::wrong, offset, std::move(what)};
}

FilterToken FilterTokens::quoted(size_t offset) {
  FilterToken token{FilterToken::Kind::quoted, offset, {}};
  for (size_t at = offset + 1; at < text_.size(); ++at) {
    char character = text_[at];
    if (character == '"') {
      at_ = at + 1;
      return token;
    }
    if (character == '\\') {
      const std::string_view next = text_.substr(++at, 1);
      if (next != "\"" && next != "\\") {
        return wrong(at - 1, "after a backslash there must be a quotation mark or a backslash");
      }
      character = next.front();
    }
    if (static_cast<unsigned char>(character) < 0x20 || character == 0x7f) {
      return wrong(at, "there must be no control character");
    }
    token.text += character;
  }
  return wrong(offset, "the quotation mark that ends this text is missing");
}

FilterToken FilterTokens::next() {
  const size_t begin = text_.find_first_not_of(" \t\r\n", at_);
  if (begin == std::string_view::npos) return {FilterToken::Kind::end, text_.size(), {}};
  if (text_[begin] == '"') return quoted(begin);
  size_t end = begin;
  while (end < text_.size() && is_of_word(text_[end])) ++end;
  const bool is_word = end > begin;
  if (!is_word) {
    for (const std::string_view sign : {"!=", "<=", ">=", "=", "<", ">", "~", "(", ")", ","}) {
      if (end == begin && text_.substr(begin).starts_with(sign)) end = begin + sign.size();
    }
  }
  if (end == begin) {
    return wrong(begin, "this character may stand in a quoted text only");
  }
  at_ = end;
  return {is_word ? FilterToken::Kind::word : FilterToken::Kind::sign, begin,
          std::string(text_.substr(begin, end - begin))};
}

std::optional<double> filter_number(std::string_view text) {
  constexpr size_t kWholeDigitsMax = 15;
  constexpr size_t kFractionDigitsMax = 6;
  const std::string_view unsigned_text = text.starts_with('-') ? text.substr(1) : text;
  const size_t whole = count_digits(unsigned_text);
  if (whole == 0 || whole > kWholeDigitsMax) return std::nullopt;
  if (whole > 1 && unsigned_text.front() == '0') return std::nullopt;
  std::string_view fraction = unsigned_text.substr(whole);
  if (!fraction.empty()) {
    if (fraction.front() != '.') return std::nullopt;
    fraction.remove_prefix(1);
    const size_t digits = count_digits(fraction);
    if (digits == 0 || digits > kFractionDigitsMax || digits != fraction.size()) {
      return std::nullopt;
    }
  }
  double number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

std::string shown(const FilterToken& token) {
  switch (token.kind) {
    case FilterToken::Kind::end:
      return "the end";
    case FilterToken::Kind::word:
      return "'" + token.text.substr(0, kFilterValueSizeMax) + "'";
    case FilterToken::Kind::quoted:
      return "a quoted text";
    case FilterToken::Kind::sign:
      return "'" + token.text + "'";
    case FilterToken::Kind::wrong:
      return token.text;
  }
  return "";
}

}  // namespace otter::fleet
