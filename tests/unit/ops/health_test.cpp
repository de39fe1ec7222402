#include <catch2/catch.hpp>

#include "holdfast/ops/health.hpp"

using holdfast::ops::Health;

TEST_CASE("a program without parts is not ready") { CHECK_FALSE(Health{}.report().ready); }

TEST_CASE("an optional part that is down is told and does not stop the service") {
  Health health;
  health.add("webhook", true, [] { return ""; });
  health.add("index", false, [] { return "cannot be read\nat all"; });
  CHECK(health.report().ready);
  CHECK(health.report().text == "webhook: ok\nindex: cannot be read at all\n");
}

TEST_CASE("a required part that is down makes the program not ready") {
  Health health;
  health.add("webhook", true, [] { return "stopping"; });
  CHECK_FALSE(health.report().ready);
}
