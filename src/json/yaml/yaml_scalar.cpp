#include "src/json/yaml/yaml_scalar.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <span>

#include <fmt/format.h>

#include "holdfast/base/text.hpp"

namespace holdfast::json {
namespace {

using Kind = YamlScalar::Kind;

constexpr std::string_view kStandardTags = "tag:yaml.org,2002:";

constexpr std::array<std::string_view, 11> kTrue = {"y",    "Y",    "yes", "Yes", "YES", "true",
                                                    "True", "TRUE", "on",  "On",  "ON"};
constexpr std::array<std::string_view, 11> kFalse = {"n",     "N",     "no",  "No",  "NO", "false",
                                                     "False", "FALSE", "off", "Off", "OFF"};
constexpr std::array<std::string_view, 5> kNull = {"", "~", "null", "Null", "NULL"};
constexpr std::array<std::string_view, 12> kNotFinite = {".nan",  ".NaN",  ".NAN",  ".inf",  ".Inf",  ".INF",
                                                         "+.inf", "+.Inf", "+.INF", "-.inf", "-.Inf", "-.INF"};

bool one_of(std::span<const std::string_view> words, std::string_view word) {
  return std::ranges::find(words, word) != words.end();
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string_view skip_digits(std::string_view text) {
  return text.substr(std::min(text.size(), text.find_first_not_of("0123456789")));
}

/// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`
bool is_float(std::string_view text) {
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) text.remove_prefix(1);
  const bool whole_part = !text.empty() && is_digit(text[0]);
  text = skip_digits(text);
  if (!text.empty() && text[0] == '.') {
    text.remove_prefix(1);
    if (!whole_part && (text.empty() || !is_digit(text[0]))) return false;
    text = skip_digits(text);
  } else if (!whole_part) {
    return false;
  }
  if (text.empty()) return true;
  if (text[0] != 'e' && text[0] != 'E') return false;
  text.remove_prefix(1);
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) text.remove_prefix(1);
  return !text.empty() && skip_digits(text).empty();
}

/// Takes the prefix off and gives its base, as Go's strconv does for base 0.
int take_base(std::string_view& digits) {
  if (digits.size() < 2 || digits[0] != '0') return 10;
  const char mark = static_cast<char>(digits[1] | 0x20);
  const int base = mark == 'x' ? 16 : mark == 'b' ? 2 : mark == 'o' ? 8 : 0;
  digits.remove_prefix(base == 0 ? 1 : 2);
  return base == 0 ? 8 : base;
}

/// The integer in decimal; nullopt: not one, or not within 64 bits.
std::optional<std::string> as_integer(std::string_view text) {
  std::string_view digits = text;
  const bool signed_text = !digits.empty() && (digits[0] == '-' || digits[0] == '+');
  if (signed_text) digits.remove_prefix(1);
  const int base = take_base(digits);
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
  if (digits.empty() || error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return (text[0] == '-' && value != 0 ? "-" : "") + std::to_string(value);
}

std::optional<std::string> as_number(std::string_view text) {
  const bool may_be = !text.empty() && (is_digit(text[0]) || text[0] == '-' || text[0] == '+' || text[0] == '.');
  if (!may_be) return std::nullopt;
  std::string plain(text);
  std::erase(plain, '_');
  if (auto integer = as_integer(plain)) return integer;
  if (is_float(plain)) return plain[0] == '+' ? plain.substr(1) : plain;
  return std::nullopt;
}

YamlScalar resolve_plain(std::string_view value) {
  if (one_of(kNull, value)) return {Kind::Null, {}};
  if (one_of(kTrue, value)) return {Kind::Boolean, "true"};
  if (one_of(kFalse, value)) return {Kind::Boolean, "false"};
  if (value == "<<") return {Kind::Merge, "<<"};
  if (auto number = as_number(value)) return {Kind::Number, std::move(*number)};
  return {Kind::Text, std::string(value)};
}

/// What a standard tag asks for; nullopt: not a scalar's.
std::optional<Kind> kind_of_tag(std::string_view name) {
  if (name == "int" || name == "float") return Kind::Number;
  if (name == "bool") return Kind::Boolean;
  if (name == "null") return Kind::Null;
  if (name == "merge") return Kind::Merge;
  return std::nullopt;
}

}  // namespace

std::variant<YamlScalar, YamlScalarFault> resolve_yaml_scalar(std::string_view tag, std::string_view value) {
  if (tag == "?" || tag.empty()) {
    // JSON, and so Kubernetes, has no such numbers.
    if (one_of(kNotFinite, value)) return YamlScalarFault{fmt::format("{} is not a finite number", value)};
    return resolve_plain(value);
  }
  if (tag == "!") return YamlScalar{Kind::Text, std::string(value)};
  const bool standard = tag.starts_with(kStandardTags);
  const std::string_view name = standard ? tag.substr(kStandardTags.size()) : std::string_view{};
  // A timestamp stays the string that it is, since JSON has no other form for it.
  if (name == "str" || name == "timestamp") return YamlScalar{Kind::Text, std::string(value)};
  const auto wanted = kind_of_tag(name);
  if (!wanted) return YamlScalarFault{fmt::format("the tag {} is not supported", base::printable(tag, 64))};
  YamlScalar scalar = resolve_plain(value);
  if (scalar.kind == *wanted) return scalar;
  return YamlScalarFault{fmt::format("\"{}\" is not what its tag !!{} says", base::printable(value, 64), name)};
}

}  // namespace holdfast::json
