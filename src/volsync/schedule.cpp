// Cron schedules as VolSync takes them, and the minute that a PVC has for itself.
#include <algorithm>
#include <array>

#include "holdfast/base/text.hpp"
#include "holdfast/volsync/objects.hpp"
#include "holdfast/volsync/text.hpp"

namespace holdfast::volsync {
namespace {

constexpr std::size_t kMaxScheduleBytes = 256;
constexpr std::string_view kOwnMinute = "M";
constexpr std::array<std::string_view, 6> kShortForms = {"@annually", "@yearly", "@monthly",
                                                         "@weekly",   "@daily",  "@hourly"};

struct Range {
  int low;
  int high;
};
/// Minute, hour, day of the month, month, day of the week.
constexpr std::array<Range, 5> kRanges = {{{0, 59}, {0, 23}, {1, 31}, {1, 12}, {0, 6}}};

bool is_number(std::string_view text, Range range) { return whole_number(text, range.low, range.high).has_value(); }
bool is_step(std::string_view text, Range range) { return whole_number(text, 1, range.high).has_value(); }

bool is_span(std::string_view text, std::size_t dash, Range range) {
  const auto from = whole_number(text.substr(0, dash), range.low, range.high);
  const auto to = whole_number(text.substr(dash + 1), range.low, range.high);
  return from && to && *from <= *to;
}

/// "*", "*/5", "3/5", "3-5" or "3,4,5": the pattern allows no mixture of them.
bool is_field(std::string_view text, Range range) {
  if (text == "*") return true;
  if (text.starts_with("*/")) return is_step(text.substr(2), range);
  if (const auto slash = text.find('/'); slash != std::string_view::npos) {
    return is_number(text.substr(0, slash), range) && is_step(text.substr(slash + 1), range);
  }
  if (const auto dash = text.find('-'); dash != std::string_view::npos) return is_span(text, dash, range);
  const auto numbers = base::split(text, ',');
  return std::ranges::all_of(numbers, [&](std::string_view n) { return is_number(n, range); });
}

/// The fields, whatever number of spaces stands between them.
std::vector<std::string_view> fields_of(std::string_view schedule) {
  std::vector<std::string_view> fields = base::split(schedule, ' ');
  std::erase(fields, std::string_view{});
  return fields;
}

}  // namespace

bool valid_schedule(std::string_view schedule) {
  if (schedule.size() > kMaxScheduleBytes) return false;
  const auto fields = fields_of(schedule);
  if (fields.size() == 1) return std::ranges::find(kShortForms, fields[0]) != kShortForms.end();
  if (fields.size() != kRanges.size()) return false;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const bool own_minute = i == 0 && fields[0] == kOwnMinute;
    if (!own_minute && !is_field(fields[i], kRanges[i])) return false;
  }
  return true;
}

int minute_of(const core::PvcName& pvc) {
  int minute = 0;
  for (const std::uint8_t byte : sha256(core::to_string(pvc))) minute = (minute * 256 + byte) % 60;
  return minute;
}

std::chrono::hours longest_pause(std::string_view schedule) {
  using std::chrono::hours;
  static constexpr hours kHour{1}, kDay{24}, kWeek{24 * 7}, kMonth{24 * 31}, kYear{24 * 366};
  const auto fields = fields_of(schedule);
  if (fields.size() != kRanges.size()) {
    if (schedule.find("hourly") != std::string_view::npos) return kHour;
    if (schedule.find("daily") != std::string_view::npos) return kDay;
    if (schedule.find("weekly") != std::string_view::npos) return kWeek;
    return schedule.find("monthly") != std::string_view::npos ? kMonth : kYear;
  }
  if (fields[3] != "*") return kYear;
  if (fields[2] != "*") return kMonth;
  if (fields[4] != "*") return kWeek;
  if (fields[1] == "*") return kHour;
  const bool every_so_many = fields[1].starts_with("*/");
  const auto hours_between = every_so_many ? whole_number(fields[1].substr(2), 1, 24) : std::nullopt;
  return hours_between ? hours{*hours_between} : kDay;
}

std::chrono::hours overdue_after(std::string_view schedule) {
  const std::chrono::hours pause = longest_pause(schedule);
  return 2 * pause + std::max(std::chrono::hours{1}, pause / 12);
}

std::string spread(std::string_view schedule, const core::PvcName& pvc) {
  auto fields = fields_of(schedule);
  const std::string minute = std::to_string(minute_of(pvc));
  if (fields.size() == kRanges.size() && fields[0] == kOwnMinute) fields[0] = minute;
  std::string result;
  for (const std::string_view field : fields) result.append(result.empty() ? "" : " ").append(field);
  return result;
}

}  // namespace holdfast::volsync
