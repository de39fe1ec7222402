#include <catch2/catch.hpp>

#include <fstream>
#include <set>
#include <string>

#include "holdfast/core/code.hpp"

using namespace holdfast::core;

namespace {

std::vector<Code> every_code() {
  std::vector<Code> codes;
  for (int i = 0; i <= static_cast<int>(Code::kLast); ++i) codes.push_back(static_cast<Code>(i));
  return codes;
}

/// The headings `## <Code>` of the page for operators, in their order.
std::vector<std::string> headings() {
  std::ifstream page(TEST_DATA "/../../docs/codes.md");
  REQUIRE(page);
  std::vector<std::string> found;
  for (std::string line; std::getline(page, line);) {
    if (line.starts_with("## ")) found.push_back(line.substr(3));
  }
  return found;
}

}  // namespace

TEST_CASE("every code has a name of its own") {
  std::set<std::string_view> names;
  for (const Code code : every_code()) names.insert(to_string(code));
  CHECK(names.size() == every_code().size());
}

TEST_CASE("a name is one word that a metric label and an Event reason can hold") {
  for (const Code code : every_code()) {
    const std::string_view name = to_string(code);
    INFO(name);
    CHECK(name.size() <= 64);
    CHECK((name.front() >= 'A' && name.front() <= 'Z'));
    CHECK(name.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") == std::string_view::npos);
  }
}

TEST_CASE("a value that is no code has the name of the zero value") {
  CHECK(to_string(static_cast<Code>(static_cast<int>(Code::kLast) + 1)) == "InternalError");
  CHECK(to_string(Code{}) == "InternalError");
}

TEST_CASE("every code is explained exactly once on the page for operators, and nothing else is") {
  const std::vector<std::string> found = headings();
  std::set<std::string> expected;
  for (const Code code : every_code()) expected.emplace(to_string(code));
  CHECK(std::set<std::string>(found.begin(), found.end()) == expected);
  CHECK(found.size() == expected.size());
}
