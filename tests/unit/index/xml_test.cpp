#include "src/index/s3/xml.hpp"

#include <catch2/catch.hpp>

#include <utility>
#include <vector>

namespace holdfast::index::test {
namespace {

using Seen = std::vector<std::pair<std::string, std::string>>;

struct Read {
  std::optional<std::string> problem;
  Seen seen;
};

Read read(const std::string& document, const XmlLimits& limits = {}) {
  Read result;
  result.problem = read_xml(
      document, [&](std::string_view path, std::string_view text) { result.seen.emplace_back(path, text); }, limits);
  return result;
}

TEST_CASE("every element is told with its place and its own text") {
  const Read result =
      read("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<a x='1'><b>one</b><c><d>t&amp;w&#x6F;</d></c></a>\n");
  CHECK_FALSE(result.problem);
  CHECK(result.seen == Seen{{"a/b", "one"}, {"a/c/d", "t&wo"}, {"a/c", ""}, {"a", ""}});
}

TEST_CASE("what is no whole document is a problem with its line") {
  const std::string document = GENERATE("", "text", "<a>", "<a></b>", "<a></a><b/>", "<a>&undefined;</a>", "{\"a\": 1}",
                                        "<a>\x01</a>", "<a>\xff</a>", "<a", "<a><b>half");
  CAPTURE(document);
  CHECK_THAT(read(document).problem.value_or("none"), Catch::Contains("in line"));
}

TEST_CASE("entities are not expanded, at whatever price, because there is no document type") {
  CHECK(read("<!DOCTYPE a [<!ENTITY x 'haha'><!ENTITY y '&x;&x;&x;'>]><a>&y;</a>").problem == "it has a document type");
  CHECK(read("<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>").problem == "it has a document type");
  CHECK(read("<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>").seen.empty());
}

TEST_CASE("size, depth and text are bounded, and the bound itself is allowed") {
  const XmlLimits limits{.bytes = 100, .depth = 3, .text = 5};
  CHECK_FALSE(read("<a><b><c>12345</c></b></a>", limits).problem);
  CHECK(read("<a><b><c><d/></c></b></a>", limits).problem == "it is nested too deeply");
  CHECK(read("<a>123456</a>", limits).problem == "an element's text is too long");
  CHECK(read("<a>123<b/>456</a>", limits).problem == "an element's text is too long");
  CHECK(read("<a>" + std::string(100, ' ') + "</a>", limits).problem == "it is longer than 100 bytes");
}

TEST_CASE("a million open elements end at the bound") {
  std::string document;
  for (int i = 0; i < 1'000'000; ++i) document += "<a>";
  CHECK(read(document).problem == "it is nested too deeply");
}

}  // namespace
}  // namespace holdfast::index::test
