#include <catch2/catch.hpp>

#include <limits>
#include <string>

#include "holdfast/core/quantity.hpp"

using holdfast::core::format_size;
using holdfast::core::parse_bytes;

namespace {

constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();

struct Row {
  std::string_view text;
  std::int64_t bytes;
};

void check(std::initializer_list<Row> rows) {
  for (const Row& row : rows) {
    INFO(row.text);
    CHECK(parse_bytes(row.text) == row.bytes);
  }
}

}  // namespace

TEST_CASE("every suffix of a Kubernetes quantity is known") {
  check({{"0", 0},
         {"42", 42},
         {"1k", 1000},
         {"500M", 500'000'000},
         {"1G", 1'000'000'000},
         {"2T", 2'000'000'000'000},
         {"3P", 3'000'000'000'000'000},
         {"4E", 4'000'000'000'000'000'000},
         {"1Ki", 1024},
         {"1Mi", 1048576},
         {"10Gi", 10737418240},
         {"1Ti", 1099511627776},
         {"1Pi", 1125899906842624},
         {"1Ei", 1152921504606846976}});
}

TEST_CASE("exponents, signs and fractions are read") {
  check({{"1e9", 1'000'000'000},
         {"1E9", 1'000'000'000},
         {"1e+3", 1000},
         {"5000e-3", 5},
         {"1E", 1'000'000'000'000'000'000},
         {"+10Gi", 10737418240},
         {"0.5Ti", 549755813888},
         {".5Gi", 536870912},
         {"5.Gi", 5368709120},
         {"1.5", 2},
         {"007", 7}});
}

TEST_CASE("a fraction of a byte counts as a byte") {
  check({{"0.1Gi", 107374183}, {"1m", 1}, {"1u", 1}, {"1n", 1}, {"1001m", 2}, {"1e-30", 1}, {"0m", 0}, {"0e99", 0}});
}

TEST_CASE("a whole number of bytes is never rounded up, however it is written") {
  check({{"0.253k", 253}, {"0.501k", 501}, {"1000m", 1}, {"4096000u", 5}, {"3000000000n", 3}, {"1.1k", 1100}});
  for (int i = 1; i < 10'000; ++i) {
    const std::string digits = std::to_string(10'000 + i).substr(1);
    REQUIRE(parse_bytes("0." + digits + "M") == i * 100);
    REQUIRE(parse_bytes(std::to_string(i) + "000m") == i);
  }
}

TEST_CASE("every int64 is exact and what is larger is capped") {
  check({{"9223372036854775806", kMax - 1},
         {"9223372036854775807", kMax},
         {"9223372036854775808", kMax},
         {"8Ei", kMax},
         {"10E", kMax},
         {"1e19", kMax},
         {"1e99", kMax},
         {"1e2000000000", kMax}});
}

TEST_CASE("what is no quantity, or negative, is refused") {
  for (const char* text : {"",     "+",     ".",    "Gi",    "-1",  "-1Gi",  "1 Gi", " 1Gi",         "1Gi ",
                           "1K",   "1gi",   "1GiB", "1GB",   "1e",  "1e1.5", "1e+",  "1e+-5",        "1e++5",
                           "1ee5", "1.2.3", "0x10", "1,5Gi", "NaN", "inf",   "++1",  "1e99999999999"}) {
    INFO(text);
    CHECK(parse_bytes(text) == std::nullopt);
  }
  CHECK(parse_bytes(std::string(65, '1')) == std::nullopt);
}

TEST_CASE("a size is told in the largest unit that it fills") {
  CHECK(format_size(-1) == "0 B");
  CHECK(format_size(0) == "0 B");
  CHECK(format_size(1023) == "1023 B");
  CHECK(format_size(1024) == "1.0 KiB");
  CHECK(format_size(1536) == "1.5 KiB");
  CHECK(format_size(1024 * 1024 - 1) == "1.0 MiB");
  CHECK(format_size(5LL << 30) == "5.0 GiB");
  CHECK(format_size(kMax) == "8.0 EiB");
}
