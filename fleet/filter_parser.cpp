// Filter::parse(): one function for each rule of the grammar in docs/spec/filter.md.
#include <algorithm>
#include <iterator>
#include <utility>

#include "fleet/filter.h"
#include "fleet/filter_tokens.h"
#include "fleet/filter_words.h"
#include "ota/wire/version.h"

namespace otter::fleet {
namespace {

using Kind = FilterToken::Kind;

constexpr std::string_view kReserved[] = {"and", "or", "not", "in"};
constexpr std::string_view kAttributePrefix = "attr.";
constexpr FilterOperator kSigns[] = {
    FilterOperator::equal, FilterOperator::not_equal, FilterOperator::less, FilterOperator::at_most,
    FilterOperator::more,  FilterOperator::at_least,  FilterOperator::glob};

bool is_reserved(std::string_view word) {
  return std::ranges::find(kReserved, word) != std::end(kReserved);
}

// A group within one of its own kind is the same as its
// parts, and of each group there is one spelling only.
void append(FilterNode* group, FilterNode part) {
  if (part.kind != group->kind || part.is_negated) {
    group->parts.push_back(std::move(part));
    return;
  }
  std::ranges::move(part.parts, std::back_inserter(group->parts));
}

size_t column_of(std::string_view text, size_t offset) {
  const auto begins = [](char byte) { return (static_cast<unsigned char>(byte) & 0xc0) != 0x80; };
  return 1 + static_cast<size_t>(std::ranges::count_if(text.substr(0, offset), begins));
}

// After the first refusal there is nothing left to read, so each rule comes to its end; what they
// refuse then does not count.
class FilterParser {
 public:
  explicit FilterParser(std::string_view text)
      : text_(text), tokens_(text), token_(tokens_.next()) {}

  FilterNode parse() {
    if (token_.kind == Kind::end) return {};
    FilterNode root = parse_group(FilterNode::Kind::any_of);
    if (token_.kind != Kind::end) refuse("and, or, or the end");
    return root;
  }
  const std::optional<FilterError>& error() const { return error_; }

 private:
  void refuse(const std::string& expected) {
    refuse_at(token_, token_.kind == Kind::wrong
                          ? token_.text
                          : "expected " + expected + ", found " + shown(token_));
  }
  void refuse_at(const FilterToken& token, std::string message) {
    if (error_.has_value()) return;
    error_ = {column_of(text_, token.offset), std::move(message)};
    tokens_ = FilterTokens({});
    token_ = tokens_.next();
  }
  FilterToken take() { return std::exchange(token_, tokens_.next()); }
  bool take_if(Kind kind, std::string_view text) {
    if (!token_.is(kind, text)) return false;
    take();
    return true;
  }
  void take_sign(const char* sign, const char* expected) {
    if (!take_if(Kind::sign, sign)) refuse(expected);
  }

  // any_of = all_of, { "or", all_of };  all_of = factor, { "and", factor };
  FilterNode parse_group(FilterNode::Kind kind) {
    const bool is_any = kind == FilterNode::Kind::any_of;
    const auto parse_part = [&] {
      return is_any ? parse_group(FilterNode::Kind::all_of) : parse_factor();
    };
    FilterNode first = parse_part();
    const char* const joint = is_any ? "or" : "and";
    if (!token_.is(Kind::word, joint)) return first;
    FilterNode group{.kind = kind};
    append(&group, std::move(first));
    while (take_if(Kind::word, joint)) append(&group, parse_part());
    return group;
  }

  // factor = { "not" }, ( "(", any_of, ")" | term );
  FilterNode parse_factor() {
    bool is_negated = false;
    while (take_if(Kind::word, "not")) is_negated = !is_negated;
    FilterNode node = token_.is(Kind::sign, "(") ? parse_parentheses() : parse_term();
    node.is_negated = node.is_negated != is_negated;
    return node;
  }

  FilterNode parse_parentheses() {
    const FilterToken opening = take();
    if (++nesting_ > kFilterNestingMax) {
      refuse_at(opening, "parentheses nest deeper than " + std::to_string(kFilterNestingMax));
    }
    FilterNode node = parse_group(FilterNode::Kind::any_of);
    take_sign(")", "and, or, or ')'");
    --nesting_;
    return node;
  }

  // term = has | comparison;
  FilterNode parse_term() {
    const FilterToken name = take_field("a field, has(...), not or '('");
    FilterNode node{.kind = FilterNode::Kind::term};
    if (name.text == "has" && token_.is(Kind::sign, "(")) {
      take();
      set_field(&node.term, take_field("attr.NAME"));
      if (node.term.field != FilterField::attribute) {
        refuse_at(name, "has(...) asks for attr.NAME alone");
      }
      node.term.op = FilterOperator::has;
      take_sign(")", "')'");
      count_terms(name);
      return node;
    }
    set_field(&node.term, name);
    node.term.op = take_operator(node.term.field);
    take_values(&node.term);
    return node;
  }

  FilterToken take_field(const char* expected) {
    const bool is_field = token_.kind == Kind::word && !is_reserved(token_.text);
    if (!is_field) refuse(expected);
    return take();
  }

  void set_field(FilterTerm* term, const FilterToken& name) {
    if (name.text.starts_with(kAttributePrefix)) {
      term->field = FilterField::attribute;
      term->attribute = name.text.substr(kAttributePrefix.size());
      if (is_identifier(term->attribute)) return;
      return refuse_at(name, "an attribute's name is 1 to 64 letters, digits and . - _ :");
    }
    const std::optional<FilterField> field = field_named(name.text);
    if (field.has_value()) {
      term->field = *field;
      return;
    }
    refuse_at(name, "there is no field " + shown(name) + "; there are " + field_list());
  }

  FilterOperator take_operator(FilterField field) {
    const FilterToken name = token_;
    if (take_if(Kind::word, "in")) return FilterOperator::in;
    for (const FilterOperator op : kSigns) {
      if (!take_if(Kind::sign, word(op))) continue;
      const bool is_equality = op == FilterOperator::equal || op == FilterOperator::not_equal;
      const bool fits =
          is_equality || (op == FilterOperator::glob ? !is_number(field) : has_order(field));
      if (!fits) refuse_at(name, "expected " + operators_of(field) + ", found " + shown(name));
      return op;
    }
    refuse(operators_of(field));
    return FilterOperator::equal;
  }

  static std::string operators_of(FilterField field) {
    return std::string("= !=") + (has_order(field) ? " < <= > >=" : "") +
           (is_number(field) ? "" : " ~") + " or in";
  }

  void take_values(FilterTerm* term) {
    if (term->op != FilterOperator::in) {
      term->values.push_back(take_value(*term));
      return;
    }
    take_sign("(", "'('");
    do {
      term->values.push_back(take_value(*term));
    } while (take_if(Kind::sign, ","));
    take_sign(")", "',' or ')'");
  }

  FilterValue take_value(const FilterTerm& term) {
    const bool is_bare = token_.kind == Kind::word && !is_reserved(token_.text);
    if (!is_bare && token_.kind != Kind::quoted) refuse("a value");
    const FilterToken token = token_;
    FilterValue value{token.text};
    if (value.text.size() > kFilterValueSizeMax) {
      refuse_at(token, "a value is at most " + std::to_string(kFilterValueSizeMax) + " bytes");
    }
    const bool may_be_number = is_number(term.field) || term.field == FilterField::attribute;
    if (is_bare && may_be_number && term.op != FilterOperator::glob) {
      value.number = filter_number(value.text);
    }
    if (is_number(term.field) && !value.number.has_value()) refuse("a number");
    const bool must_be_version =
        term.field == FilterField::version && term.op != FilterOperator::glob;
    if (must_be_version && !is_version(value.text)) {
      refuse_at(token, "a version is 1 to 32 letters, digits and . - _ +");
    }
    count_terms(token);
    take();
    return value;
  }

  void count_terms(const FilterToken& at) {
    if (++terms_ > kFilterTermsMax) {
      refuse_at(at, "there are more than " + std::to_string(kFilterTermsMax) + " comparisons");
    }
  }

  std::string_view text_;
  FilterTokens tokens_;
  FilterToken token_;
  size_t nesting_ = 0;
  size_t terms_ = 0;
  std::optional<FilterError> error_;
};

}  // namespace

std::variant<Filter, FilterError> Filter::parse(std::string_view text) {
  const std::string limit = std::to_string(kFilterSizeMax) + " bytes";
  if (text.size() > kFilterSizeMax) {
    return FilterError{column_of(text, kFilterSizeMax), "a filter is at most " + limit};
  }
  FilterParser parser(text);
  Filter filter(parser.parse());
  if (parser.error().has_value()) return *parser.error();
  if (filter.text().size() <= kFilterSizeMax) return filter;
  return FilterError{1, "with blanks and quotation marks it is more than " + limit};
}

}  // namespace otter::fleet
