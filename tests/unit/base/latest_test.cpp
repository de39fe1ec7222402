#include <catch2/catch.hpp>

#include <string>
#include <thread>

#include "holdfast/base/latest.hpp"

namespace holdfast::base {
namespace {

TEST_CASE("a reader keeps the value it read") {
  Latest<std::string> latest("first");
  const auto read = latest.read();
  latest.replace("second");
  CHECK(*read == "first");
  CHECK(*latest.read() == "second");
}

TEST_CASE("there is always a value") { CHECK(Latest<std::string>().read()->empty()); }

TEST_CASE("readers see whole values while one writes") {
  Latest<std::string> latest(std::string(100, 'a'));
  std::thread writer([&] {
    for (int i = 0; i < 10'000; ++i) latest.replace(std::string(100, static_cast<char>('a' + i % 26)));
  });
  for (int i = 0; i < 10'000; ++i) {
    const auto value = latest.read();
    if (value->find_first_not_of(value->front()) != std::string::npos) FAIL("torn");
  }
  writer.join();
}

}  // namespace
}  // namespace holdfast::base
