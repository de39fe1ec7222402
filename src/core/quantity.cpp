#include "holdfast/core/quantity.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <utility>

namespace holdfast::core {
namespace {

constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
constexpr std::size_t kMaxLength = 64;
constexpr int kMaxExponent = 128;

/// A suffix as a fraction. Both parts are whole numbers, so that nothing is rounded before the one division at the end:
/// "0.253k" is 253 bytes and not a hair more. long double has 64 bits of mantissa on x86-64 and 113 on arm64, which is
/// exact for every int64.
struct Scale {
  long double times = 1;
  long double over = 1;
};

long double power_of_ten(int exponent) {
  long double power = 1;
  for (int i = 0; i < exponent; ++i) power *= 10;
  return power;
}

/// What follows the 'e' of "1e9". Beyond kMaxExponent the result is the same: the cap, or a single byte.
std::optional<Scale> parse_exponent(std::string_view text) {
  if (text.starts_with('+')) {
    text.remove_prefix(1);
    if (text.starts_with('-')) return std::nullopt;
  }
  int exponent = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), exponent);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  exponent = std::clamp(exponent, -kMaxExponent, kMaxExponent);
  return exponent < 0 ? Scale{1, power_of_ten(-exponent)} : Scale{power_of_ten(exponent), 1};
}

std::optional<Scale> parse_suffix(std::string_view suffix) {
  static constexpr std::array<std::pair<std::string_view, int>, 6> kBinary = {
      {{"Ki", 10}, {"Mi", 20}, {"Gi", 30}, {"Ti", 40}, {"Pi", 50}, {"Ei", 60}}};
  static constexpr std::array<std::pair<std::string_view, int>, 10> kDecimal = {
      {{"n", -9}, {"u", -6}, {"m", -3}, {"", 0}, {"k", 3}, {"M", 6}, {"G", 9}, {"T", 12}, {"P", 15}, {"E", 18}}};
  for (const auto& [name, bits] : kBinary) {
    if (suffix == name) return Scale{static_cast<long double>(std::int64_t{1} << bits), 1};
  }
  for (const auto& [name, power] : kDecimal) {
    if (suffix == name) return power < 0 ? Scale{1, power_of_ten(-power)} : Scale{power_of_ten(power), 1};
  }
  if (suffix.size() < 2 || (suffix[0] != 'e' && suffix[0] != 'E')) return std::nullopt;
  return parse_exponent(suffix.substr(1));
}

/// Digits with at most one point, and at least one digit; returns how many characters they take.
std::size_t number_length(std::string_view text) {
  std::size_t digits = 0, points = 0, i = 0;
  for (; i < text.size(); ++i) {
    if (text[i] == '.') {
      if (++points > 1) return 0;
    } else if (text[i] >= '0' && text[i] <= '9') {
      ++digits;
    } else {
      break;
    }
  }
  return digits == 0 ? 0 : i;
}

}  // namespace

std::optional<std::int64_t> parse_bytes(std::string_view text) {
  if (text.size() > kMaxLength) return std::nullopt;
  if (text.starts_with('+')) text.remove_prefix(1);
  const std::size_t length = number_length(text);
  if (length == 0) return std::nullopt;
  const auto scale = parse_suffix(text.substr(length));
  if (!scale) return std::nullopt;

  long double value = 0, place = 1;
  bool after_point = false;
  for (char c : text.substr(0, length)) {
    if (c == '.') {
      after_point = true;
      continue;
    }
    value = value * 10 + static_cast<long double>(c - '0');
    if (after_point) place *= 10;
  }
  value = value * scale->times / (place * scale->over);
  if (value >= static_cast<long double>(kMax)) return kMax;
  const auto whole = static_cast<std::int64_t>(value);
  return static_cast<long double>(whole) < value ? whole + 1 : whole;
}

std::string format_size(std::int64_t bytes) {
  constexpr std::array<std::string_view, 7> kUnits = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  constexpr double kNext = 1023.95;  // what would be printed as 1024.0
  double value = static_cast<double>(std::max<std::int64_t>(bytes, 0));
  std::size_t unit = 0;
  for (; value >= kNext && unit + 1 < kUnits.size(); ++unit) value /= 1024;
  return fmt::format("{:.{}f} {}", value, unit == 0 ? 0 : 1, kUnits[unit]);
}

}  // namespace holdfast::core
