#include "holdfast/core/time.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace holdfast::core {
namespace {

using std::chrono::nanoseconds;

constexpr int kFirstYear = 1678;
constexpr int kLastYear = 2261;
constexpr std::chrono::hours kLongest{24 * 36525};

/// Takes exactly `digits` decimal digits off the front of `text`.
std::optional<int> take_number(std::string_view& text, std::size_t digits) {
  if (text.size() < digits) return std::nullopt;
  int value = 0;
  for (char c : text.substr(0, digits)) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  text.remove_prefix(digits);
  return value;
}

bool take(std::string_view& text, std::string_view any_of) {
  if (text.empty() || any_of.find(text.front()) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<nanoseconds> take_fraction(std::string_view& text) {
  if (!take(text, ".")) return nanoseconds{0};
  std::int64_t value = 0;
  std::int64_t unit = 100'000'000;
  std::size_t digits = 0;
  for (; digits < text.size() && text[digits] >= '0' && text[digits] <= '9'; ++digits, unit /= 10) {
    value += (text[digits] - '0') * unit;
  }
  if (digits == 0) return std::nullopt;
  text.remove_prefix(digits);
  return nanoseconds{value};
}

std::optional<std::chrono::minutes> take_zone(std::string_view& text) {
  if (take(text, "Zz")) return std::chrono::minutes{0};
  if (text.empty() || (text.front() != '+' && text.front() != '-')) return std::nullopt;
  const int sign = text.front() == '-' ? -1 : 1;
  text.remove_prefix(1);
  const auto hours = take_number(text, 2);
  if (!hours || !take(text, ":")) return std::nullopt;
  const auto minutes = take_number(text, 2);
  if (!minutes || *hours > 23 || *minutes > 59) return std::nullopt;
  return std::chrono::minutes{sign * (*hours * 60 + *minutes)};
}

bool in_range(std::chrono::year year) {
  return year >= std::chrono::year{kFirstYear} && year <= std::chrono::year{kLastYear};
}

std::optional<std::chrono::sys_days> take_date(std::string_view& text) {
  const auto year = take_number(text, 4);
  if (!year || !take(text, "-")) return std::nullopt;
  const auto month = take_number(text, 2);
  if (!month || !take(text, "-")) return std::nullopt;
  const auto day = take_number(text, 2);
  if (!day || !in_range(std::chrono::year{*year})) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{*year}, std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days{date};
}

std::optional<std::chrono::seconds> take_clock(std::string_view& text) {
  const auto hour = take_number(text, 2);
  if (!hour || !take(text, ":")) return std::nullopt;
  const auto minute = take_number(text, 2);
  if (!minute || !take(text, ":")) return std::nullopt;
  const auto second = take_number(text, 2);
  if (!second || *hour > 23 || *minute > 59 || *second > 59) return std::nullopt;
  return std::chrono::hours{*hour} + std::chrono::minutes{*minute} + std::chrono::seconds{*second};
}

/// Takes a unit of Go's time.ParseDuration; 0: none.
nanoseconds take_unit(std::string_view& text) {
  struct Unit {
    std::string_view name;
    nanoseconds length;
  };
  static constexpr Unit kUnits[] = {
      {"ms", std::chrono::milliseconds{1}}, {"us", std::chrono::microseconds{1}}, {"ns", nanoseconds{1}},
      {"h", std::chrono::hours{1}},         {"m", std::chrono::minutes{1}},       {"s", std::chrono::seconds{1}}};
  for (const Unit& unit : kUnits) {
    if (text.starts_with(unit.name)) {
      text.remove_prefix(unit.name.size());
      return unit.length;
    }
  }
  return nanoseconds{0};
}

/// With zeros in front: large listings print two times for each snapshot, so that this is by hand.
void append_digits(std::string& text, std::uint64_t number, std::size_t width) {
  const std::size_t begin = text.size();
  text.resize(begin + width);
  for (std::size_t at = begin + width; at > begin; number /= 10) text[--at] = static_cast<char>('0' + number % 10);
}

std::string format_date_time(Time time) {
  const auto days = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{days};
  const std::chrono::hh_mm_ss clock{std::chrono::floor<std::chrono::seconds>(time - days)};
  std::string text;
  text.reserve(32);
  const auto add = [&](char before, auto number, std::size_t width) {
    if (before != 0) text += before;
    append_digits(text, static_cast<std::uint64_t>(number), width);
  };
  add(0, std::clamp(static_cast<int>(date.year()), 0, 9999), 4);
  add('-', static_cast<unsigned>(date.month()), 2);
  add('-', static_cast<unsigned>(date.day()), 2);
  add('T', clock.hours().count(), 2);
  add(':', clock.minutes().count(), 2);
  add(':', clock.seconds().count(), 2);
  return text;
}

}  // namespace

std::optional<Time> parse_rfc3339(std::string_view text) {
  const auto date = take_date(text);
  if (!date || !take(text, "Tt")) return std::nullopt;
  const auto clock = take_clock(text);
  if (!clock) return std::nullopt;
  const auto fraction = take_fraction(text);
  if (!fraction) return std::nullopt;
  const auto zone = take_zone(text);
  if (!zone || !text.empty()) return std::nullopt;
  const Time time = Time{*date} + *clock + *fraction - *zone;
  // A zone may lead across the ends of the range.
  const std::chrono::year_month_day utc{std::chrono::floor<std::chrono::days>(time)};
  return in_range(utc.year()) ? std::optional(time) : std::nullopt;
}

std::string format_seconds(Time time) { return format_date_time(time) + "Z"; }

std::string format_nanoseconds(Time time) {
  const auto fraction = (time - std::chrono::floor<std::chrono::seconds>(time)).count();
  if (fraction == 0) return format_seconds(time);
  std::string text = format_date_time(time).append(".");
  append_digits(text, static_cast<std::uint64_t>(fraction), 9);
  text.erase(text.find_last_not_of('0') + 1);
  return text.append("Z");
}

std::optional<nanoseconds> parse_duration(std::string_view text) {
  if (text == "0") return nanoseconds{0};
  double total = 0;
  if (text.empty()) return std::nullopt;
  while (!text.empty()) {
    double number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
    if (error != std::errc{} || text.front() == '-' || !(number >= 0)) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    const nanoseconds unit = take_unit(text);
    if (unit.count() == 0) return std::nullopt;
    total += number * static_cast<double>(unit.count());
    if (total > static_cast<double>(nanoseconds{kLongest}.count())) return std::nullopt;
  }
  return nanoseconds{static_cast<std::int64_t>(total)};
}

std::string format_age(nanoseconds age) {
  using std::chrono::hours, std::chrono::minutes, std::chrono::days;
  age = std::max(age, nanoseconds{0});
  if (age < hours{2}) return fmt::format("{}m", age / minutes{1});
  if (age < days{2}) return fmt::format("{}h", age / hours{1});
  return fmt::format("{}d", age / days{1});
}

std::string format_duration(nanoseconds duration) {
  static constexpr std::pair<nanoseconds, std::string_view> kUnits[] = {{std::chrono::hours{1}, "h"},
                                                                        {std::chrono::minutes{1}, "m"},
                                                                        {std::chrono::seconds{1}, "s"},
                                                                        {std::chrono::milliseconds{1}, "ms"},
                                                                        {std::chrono::microseconds{1}, "us"}};
  if (duration == nanoseconds{0}) return "0s";
  for (const auto& [unit, name] : kUnits) {
    if (duration % unit == nanoseconds{0}) return fmt::format("{}{}", duration / unit, name);
  }
  return fmt::format("{}ns", duration.count());
}

}  // namespace holdfast::core
