#include "holdfast/core/time.hpp"

#include "tests/fuzz/fuzz.hpp"

using namespace holdfast;

namespace {

void check_time(std::string_view text) {
  const auto time = core::parse_rfc3339(text);
  if (!time) return;
  fuzz::require(core::parse_rfc3339(core::format_nanoseconds(*time)) == time, "a time survives being written");
  const auto seconds = core::parse_rfc3339(core::format_seconds(*time));
  fuzz::require(seconds && *seconds <= *time && *time - *seconds < std::chrono::seconds(1),
                "whole seconds are cut, not rounded");
}

void check_duration(std::string_view text) {
  constexpr auto kLongest = std::chrono::hours(24) * 36525;
  const auto duration = core::parse_duration(text);
  if (!duration) return;
  fuzz::require(duration->count() >= 0 && *duration <= kLongest, "a duration is between nothing and 100 years");
  fuzz::require(core::parse_duration(std::to_string(duration->count()) + "ns") == duration,
                "a duration is the same in nanoseconds");
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const fuzz::Input input(data, size);
  check_time(input.text());
  check_duration(input.text());
  return 0;
}
