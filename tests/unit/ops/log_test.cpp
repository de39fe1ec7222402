#include <catch2/catch.hpp>

#include "holdfast/ops/log.hpp"

using namespace holdfast::ops;
using namespace std::chrono_literals;

namespace {

std::string line(Format format, std::string_view message, const std::vector<Field>& fields) {
  return format_line(format, Level::Info, "", message, fields);
}

}  // namespace

TEST_CASE("an event is one line of keys and values") {
  CHECK(line(Format::Text, "listening", {{"listener", "webhook"}, {"address", "[::]:43117"}}) ==
        "level=info msg=listening listener=webhook address=[::]:43117");
  CHECK(line(Format::Json, "listening", {{"port", 43117}, {"tls", true}, {"load", 0.5}}) ==
        R"({"level":"info","msg":"listening","port":43117,"tls":true,"load":0.5})");
}

TEST_CASE("a value cannot break the line or pose as another key") {
  CHECK(line(Format::Text, "x", {{"name", "a b=c\n\"q\"\x01"}}) == R"(level=info msg=x name="a b=c\n\"q\"\x01")");
  CHECK(line(Format::Text, "x", {{"name", ""}}) == R"(level=info msg=x name="")");
  CHECK(line(Format::Json, "x", {{"name", "a\n\"b\""}}) == R"({"level":"info","msg":"x","name":"a\n\"b\""})");
}

TEST_CASE("levels below the chosen one are not enabled") {
  const Logger logger(Logger::Sink::None, Level::Warn, Format::Text);
  CHECK_FALSE(logger.enabled(Level::Info));
  CHECK(logger.enabled(Level::Warn));
  CHECK(logger.enabled(Level::Error));
}

TEST_CASE("line budget: the first is told at once, those after it as a number in the next line") {
  LineBudget lines(10s);
  const LineBudget::Time begin{1h};
  CHECK(lines.happened(begin) == 1);
  for (int i = 0; i < 1000; ++i) CHECK_FALSE(lines.happened(begin + std::chrono::milliseconds(i)));
  CHECK(lines.happened(begin + 10s) == 1001);
  CHECK_FALSE(lines.happened(begin + 11s));
  CHECK(lines.happened(begin + 60s) == 2);
}
