#include <catch2/catch.hpp>

#include "holdfast/core/time.hpp"

using namespace holdfast::core;
using namespace std::chrono_literals;
using std::chrono::nanoseconds;

namespace {

/// What a text reads as, printed back; "-" where it does not read.
std::string again(std::string_view text) {
  const auto time = parse_rfc3339(text);
  return time ? format_nanoseconds(*time) : "-";
}

}  // namespace

TEST_CASE("an RFC 3339 time is read to the nanosecond and printed without trailing zeros") {
  CHECK(again("2026-11-21T08:46:10Z") == "2026-11-21T08:46:10Z");
  CHECK(again("2026-11-21T08:46:10.5Z") == "2026-11-21T08:46:10.5Z");
  CHECK(again("2026-11-21T08:46:10.500Z") == "2026-11-21T08:46:10.5Z");
  CHECK(again("2026-11-21T08:46:10.000Z") == "2026-11-21T08:46:10Z");
  CHECK(again("2026-11-21T08:46:10.000000001Z") == "2026-11-21T08:46:10.000000001Z");
  CHECK(again("2026-11-21t08:46:10z") == "2026-11-21T08:46:10Z");
}

TEST_CASE("more than nine decimals are cut") {
  CHECK(again("2026-11-21T08:46:10.1234567899Z") == "2026-11-21T08:46:10.123456789Z");
  CHECK(again("2026-11-21T08:46:10.00000000099999999999999999999999Z") == "2026-11-21T08:46:10Z");
}

TEST_CASE("a time with an offset is the same moment in UTC") {
  CHECK(again("2026-11-21T08:46:10+01:00") == "2026-11-21T07:46:10Z");
  CHECK(again("2026-11-21T23:46:10-05:30") == "2026-11-22T05:16:10Z");
  CHECK(again("2026-01-01T00:00:00+00:01") == "2025-12-31T23:59:00Z");
  CHECK(again("2026-11-21T08:46:10-00:00") == "2026-11-21T08:46:10Z");
}

TEST_CASE("the calendar is respected") {
  CHECK(again("2024-02-29T00:00:00Z") == "2024-02-29T00:00:00Z");
  for (const char* text :
       {"2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z", "2026-04-31T00:00:00Z",
        "2026-01-00T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z", "2026-01-01T00:00:60Z",
        "2026-01-01T00:00:00+24:00", "2026-01-01T00:00:00+00:60"}) {
    INFO(text);
    CHECK(again(text) == "-");
  }
}

TEST_CASE("what is not RFC 3339 is refused") {
  for (const char* text : {"",
                           "now",
                           "2026",
                           "2026-11-21",
                           "2026-11-21T08:46:10",
                           "2026-11-21 08:46:10Z",
                           "2026-11-21T08:46Z",
                           "2026-11-21T08:46:10.Z",
                           "2026-11-21T08:46:10,5Z",
                           "2026-11-21T08:46:10Zx",
                           " 2026-11-21T08:46:10Z",
                           "2026-11-21T08:46:10+0100",
                           "2026-11-21T08:46:10+01",
                           "26-11-21T08:46:10Z",
                           "2026-1-21T08:46:10Z",
                           "2026-11-1T08:46:10Z",
                           "2026-11-21T8:46:10Z",
                           "2026-11-21T08:6:10Z",
                           "2026-11-21T08:46:1Z",
                           "-026-11-21T08:46:10Z",
                           "2026/11-21T08:46:10Z",
                           "2026-11/21T08:46:10Z",
                           "2026-11-21T08.46:10Z",
                           "2026-11-21T08:46.10Z",
                           "2026-11-21T08:46:10+x1:00",
                           "2026-11-21T08:46:10+01:x0"}) {
    INFO(text);
    CHECK(again(text) == "-");
  }
}

TEST_CASE("years that nanoseconds cannot hold are refused, not wrapped") {
  CHECK(again("1678-01-01T00:00:00Z") == "1678-01-01T00:00:00Z");
  CHECK(again("2261-12-31T23:59:59.999999999Z") == "2261-12-31T23:59:59.999999999Z");
  CHECK(again("1677-12-31T23:59:59Z") == "-");
  CHECK(again("2262-01-01T00:00:00Z") == "-");
  CHECK(again("9999-12-31T23:59:59Z") == "-");
}

TEST_CASE("a zone does not lead out of the range that can be read back") {
  CHECK(again("2261-12-31T23:59:59-00:01") == "-");
  CHECK(again("1678-01-01T00:00:00+00:01") == "-");
  CHECK(again("2262-01-01T00:00:59+00:01") == "-");
  CHECK(again("1678-01-01T00:00:00-00:01") == "1678-01-01T00:01:00Z");
}

TEST_CASE("times before 1970 print as they were read") {
  CHECK(again("1969-12-31T23:59:59.25Z") == "1969-12-31T23:59:59.25Z");
}

TEST_CASE("people see whole seconds, cut and not rounded") {
  CHECK(format_seconds(*parse_rfc3339("2026-11-21T08:46:10.999Z")) == "2026-11-21T08:46:10Z");
}

TEST_CASE("durations read as Go reads them") {
  CHECK(parse_duration("8s") == 8s);
  CHECK(parse_duration("2h") == 2h);
  CHECK(parse_duration("500ms") == 500ms);
  CHECK(parse_duration("1h30m") == 90min);
  CHECK(parse_duration("1.5s") == 1500ms);
  CHECK(parse_duration(".5s") == 500ms);
  CHECK(parse_duration("7us") == 7us);
  CHECK(parse_duration("9ns") == 9ns);
  CHECK(parse_duration("0") == nanoseconds{0});
  CHECK(parse_duration("0s") == nanoseconds{0});
  CHECK(parse_duration("876600h") == 876600h);
}

TEST_CASE("a duration without a unit, negative, endless or over 100 years is refused") {
  for (const char* text : {"", "8", "s", "-8s", "-0s", "8 s", "8sec", "8s ", "8d", "1e3s", "infs", "nans", "1h-30m",
                           "876601h", "1e", "99999999999999999999h", "1.2.3s", "+8s"}) {
    INFO(text);
    CHECK(parse_duration(text) == std::nullopt);
  }
}

TEST_CASE("durations are printed exactly, as they are read") {
  CHECK(format_duration(0s) == "0s");
  CHECK(format_duration(20s) == "20s");
  CHECK(format_duration(2h) == "2h");
  CHECK(format_duration(90min) == "90m");
  CHECK(format_duration(1500ms) == "1500ms");
  CHECK(format_duration(std::chrono::nanoseconds{1'000'000'001}) == "1000000001ns");
  for (const std::chrono::nanoseconds one :
       {std::chrono::nanoseconds{7us}, std::chrono::nanoseconds{26h}, std::chrono::nanoseconds{61s}}) {
    CHECK(parse_duration(format_duration(one)) == one);
  }
}

TEST_CASE("an age is told roughly, and what is yet to come is new") {
  CHECK(format_age(-5h) == "0m");
  CHECK(format_age(35min + 59s) == "35m");
  CHECK(format_age(119min) == "119m");
  CHECK(format_age(2h) == "2h");
  CHECK(format_age(47h + 59min) == "47h");
  CHECK(format_age(std::chrono::days{12} + 3h) == "12d");
}
