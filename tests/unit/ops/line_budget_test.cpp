#include "holdfast/ops/line_budget.hpp"

#include <catch2/catch.hpp>

using namespace holdfast::ops;
using namespace std::chrono_literals;

TEST_CASE("line budget: the first is told at once, those after it as a number in the next line") {
  LineBudget lines(10s);
  const LineBudget::Time begin{1h};
  CHECK(lines.happened(begin) == 1);
  for (int i = 0; i < 1000; ++i) CHECK_FALSE(lines.happened(begin + std::chrono::milliseconds(i)));
  CHECK(lines.happened(begin + 10s) == 1001);
  CHECK_FALSE(lines.happened(begin + 11s));
  CHECK(lines.happened(begin + 60s) == 2);
}
