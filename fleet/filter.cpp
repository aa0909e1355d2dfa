#include "fleet/filter.h"

#include <algorithm>

#include "fleet/filter_words.h"
#include "fleet/glob.h"
#include "ota/wire/version.h"

namespace otter::fleet {
namespace {

// What a term's field is on a device.
struct Actual {
  enum class Kind : uint8_t { unknown, text, version, number };

  Kind kind = Kind::unknown;
  std::string_view text = {};
  double number = 0;
};

Actual text_actual(std::string_view text, Actual::Kind kind = Actual::Kind::text) {
  return text.empty() ? Actual{} : Actual{kind, text, 0};
}

Actual number_actual(const std::optional<double>& number) {
  return number.has_value() ? Actual{Actual::Kind::number, {}, *number} : Actual{};
}

Actual attribute_actual(std::span<const Attribute> attributes, std::string_view name) {
  const auto found =
      std::ranges::find_if(attributes, [&](const Attribute& one) { return one.name == name; });
  if (found == attributes.end()) return {};
  if (const double* number = std::get_if<double>(&found->value)) return number_actual(*number);
  return {Actual::Kind::text, std::get<std::string>(found->value), 0};
}

Actual actual_of(const FilterTerm& term, const FilterSubject& subject) {
  switch (term.field) {
    case FilterField::id:
      return text_actual(subject.id);
    case FilterField::product:
      return text_actual(subject.product);
    case FilterField::chip:
      return text_actual(subject.chip);
    case FilterField::version:
      return text_actual(subject.version, Actual::Kind::version);
    case FilterField::boot:
      return text_actual(subject.boot);
    case FilterField::standing:
      return text_actual(subject.standing);
    case FilterField::tag:
      return {};  // there may be many
    case FilterField::attribute:
      return attribute_actual(subject.attributes, term.attribute);
    case FilterField::slot_bytes:
      return number_actual(subject.slot_bytes);
    case FilterField::seen_days:
      return number_actual(subject.seen_days);
    case FilterField::late:
      return number_actual(subject.late);
  }
  return {};
}

// < 0, 0 or > 0 as the device's value is before, equal to or after the filter's; none if one is a
// number and the other is not.
std::optional<int> order(const Actual& actual, const FilterValue& value) {
  if (actual.kind == Actual::Kind::version) return compare_versions(actual.text, value.text);
  if (actual.kind == Actual::Kind::number) {
    if (!value.number.has_value()) return std::nullopt;
    return (actual.number > *value.number) - (actual.number < *value.number);
  }
  return value.number.has_value() ? std::nullopt : std::optional(actual.text.compare(value.text));
}

bool is_in_order(FilterOperator op, int order) {
  switch (op) {
    case FilterOperator::less:
      return order < 0;
    case FilterOperator::at_most:
      return order <= 0;
    case FilterOperator::more:
      return order > 0;
    case FilterOperator::at_least:
      return order >= 0;
    default:
      return order == 0;
  }
}

bool compares(const FilterTerm& term, const Actual& actual) {
  if (term.op == FilterOperator::glob) {
    return actual.kind != Actual::Kind::number && glob_matches(term.values[0].text, actual.text);
  }
  if (term.op == FilterOperator::not_equal) return order(actual, term.values[0]) != 0;
  return std::ranges::any_of(term.values, [&](const FilterValue& value) {
    const std::optional<int> found = order(actual, value);
    return found.has_value() && is_in_order(term.op, *found);
  });
}

bool compares_a_tag(const FilterTerm& term, std::span<const std::string> tags) {
  const auto compares_this = [&](const std::string& tag) {
    return compares(term, text_actual(tag));
  };
  // Not "a tag that is another one", but "none that is this one".
  return term.op == FilterOperator::not_equal ? std::ranges::all_of(tags, compares_this)
                                              : std::ranges::any_of(tags, compares_this);
}

bool holds(const FilterTerm& term, const FilterSubject& subject) {
  if (term.field == FilterField::tag) return compares_a_tag(term, subject.tags);
  const Actual actual = actual_of(term, subject);
  if (actual.kind == Actual::Kind::unknown) return false;
  return term.op == FilterOperator::has || compares(term, actual);
}

// As deep as the parser lets parentheses nest.
bool holds(const FilterNode& node, const FilterSubject& subject) {
  const auto part_holds = [&](const FilterNode& part) { return holds(part, subject); };
  bool result = false;
  switch (node.kind) {
    case FilterNode::Kind::term:
      result = holds(node.term, subject);
      break;
    case FilterNode::Kind::all_of:
      result = std::ranges::all_of(node.parts, part_holds);
      break;
    case FilterNode::Kind::any_of:
      result = std::ranges::any_of(node.parts, part_holds);
      break;
  }
  return result != node.is_negated;
}

std::string quoted(const std::string& text) {
  std::string result = "\"";
  for (const char character : text) {
    if (character == '"' || character == '\\') result += '\\';
    result += character;
  }
  return result + "\"";
}

// A version that begins with a digit is no word of the language.
std::string spelling(const FilterTerm& term, const FilterValue& value) {
  const bool is_numbered_version = term.field == FilterField::version &&
                                   term.op != FilterOperator::glob &&
                                   value.text.find_first_of("0123456789") == 0;
  return value.number.has_value() || is_numbered_version ? value.text : quoted(value.text);
}

std::string spelling(const FilterTerm& term) {
  std::string field = word(term.field) + term.attribute;
  if (term.op == FilterOperator::has) return word(term.op) + ("(" + field + ")");
  std::string text = field + " " + word(term.op) + " ";
  if (term.op != FilterOperator::in) return text + spelling(term, term.values[0]);
  const char* before = "(";
  for (const FilterValue& value : term.values) {
    text += before + spelling(term, value);
    before = ", ";
  }
  return text + ")";
}

std::string spelling(const FilterNode& node) {
  std::string text;
  if (node.kind == FilterNode::Kind::term) text = spelling(node.term);
  for (const FilterNode& part : node.parts) {
    const bool is_looser = part.kind == FilterNode::Kind::any_of && !part.is_negated &&
                           node.kind == FilterNode::Kind::all_of;
    if (!text.empty()) text += node.kind == FilterNode::Kind::all_of ? " and " : " or ";
    text += is_looser ? "(" + spelling(part) + ")" : spelling(part);
  }
  if (!node.is_negated) return text;
  return node.kind == FilterNode::Kind::term ? "not " + text : "not (" + text + ")";
}

// Cost: at most kFilterNestingMax calls deep
void add_products(const FilterNode& node, std::vector<std::string>& products) {
  const bool is_whole = node.term.op == FilterOperator::equal ||
                        node.term.op == FilterOperator::not_equal ||
                        node.term.op == FilterOperator::in;
  if (node.kind == FilterNode::Kind::term && node.term.field == FilterField::product && is_whole) {
    for (const FilterValue& value : node.term.values) products.push_back(value.text);
  }
  for (const FilterNode& part : node.parts) add_products(part, products);
}

}  // namespace

Filter::Filter(FilterNode root) : root_(std::move(root)), text_(spelling(root_)) {}

bool Filter::matches(const FilterSubject& subject) const { return holds(root_, subject); }

std::vector<std::string> Filter::products() const {
  std::vector<std::string> products;
  add_products(root_, products);
  return products;
}

}  // namespace otter::fleet
