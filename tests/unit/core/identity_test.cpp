#include "tests/unit/core/builders.hpp"

using namespace holdfast::core;
using namespace holdfast::core::test;

namespace {

std::vector<IdentityTemplate> templates(std::initializer_list<std::string_view> texts) {
  std::vector<IdentityTemplate> result;
  for (const std::string_view text : texts) {
    const auto parsed = IdentityTemplate::parse(text);
    REQUIRE(parsed);
    result.push_back(*parsed);
  }
  return result;
}

constexpr std::string_view kLegacy = "{pvc}-backup@{namespace}:/data";
constexpr std::string_view kV4 = "{pvc}@{namespace}:/data";

}  // namespace

TEST_CASE("a PVC is named by namespace and name") {
  CHECK(parse_pvc_name("media/data") == PvcName{"media", "data"});
  CHECK(parse_pvc_name("media/my.app.data-0") == PvcName{"media", "my.app.data-0"});
  CHECK(to_string(PvcName{"media", "data"}) == "media/data");
}

TEST_CASE("a name that the API server would not take is refused") {
  for (const char* text :
       {"",          "/",        "media",     "media/",   "/data",    "Media/data", "media/Data", "me.dia/data",
        "media/a/b", "media/-a", "media/a-",  "media/.a", "media/a.", "media/a..b", "media/a-.b", "media/a.-b",
        "-m/data",   "m-/data",  "media/a_b", "media/a b"}) {
    INFO(text);
    CHECK(parse_pvc_name(text) == std::nullopt);
  }
  CHECK(parse_pvc_name(std::string(63, 'n') + "/" + std::string(253, 'p')));
  CHECK_FALSE(parse_pvc_name(std::string(64, 'n') + "/p"));
  CHECK_FALSE(parse_pvc_name("n/" + std::string(254, 'p')));
}

TEST_CASE("a kopia source reads as user, host and path") {
  CHECK(parse_identity("data-backup@media:/data") == Identity{"data-backup", "media", "/data"});
  CHECK(parse_identity("u@h:/a:b@c") == Identity{"u", "h", "/a:b@c"});
  CHECK(to_string(identity("u@h:/p q")) == "u@h:/p q");
}

TEST_CASE("a source with a part missing, a relative path or control characters is refused") {
  for (const char* text :
       {"", "u", "u@h", "u@h:", "@h:/p", "u@:/p", "u@h:p", ":/p", "u:/p", "u@h:/p\n", "\tu@h:/p", "u@h:/\x7f"}) {
    INFO(text);
    CHECK(parse_identity(text) == std::nullopt);
  }
}

TEST_CASE("a source is at most 1,024 bytes long") {
  const std::string longest = "u@h:/" + std::string(1019, 'p');
  CHECK(parse_identity(longest));
  CHECK_FALSE(parse_identity(longest + "p"));
}

TEST_CASE("a template names the PVC and the namespace and nothing else") {
  CHECK(IdentityTemplate::parse(kLegacy)->text() == kLegacy);
  CHECK(IdentityTemplate::parse("{namespace}-{pvc}@host:/data"));
  CHECK(IdentityTemplate::parse("root@host:/{namespace}/{pvc}"));
  for (const char* text :
       {"", "{pvc}@{namespace}", "data@{namespace}:/data", "{pvc}@host:/data", "{pvc}{x}@{namespace}:/d",
        "{pvc}@{namespace}:/{", "{pvc}@{namespace}:/}", "{PVC}@{namespace}:/data", "{pvc}@{ns}:/data",
        "{pvc}@{namespace}:data", "{ {pvc}@{namespace}:/data"}) {
    INFO(text);
    CHECK_FALSE(IdentityTemplate::parse(text));
  }
}

TEST_CASE("expanding fills in both names wherever they stand") {
  const auto both = templates({kLegacy, "{namespace}.{pvc}@{pvc}:/{namespace}/{pvc}/{pvc}"});
  CHECK(to_string(both[0].expand({"media", "data"})) == "data-backup@media:/data");
  CHECK(to_string(both[1].expand({"media", "data"})) == "media.data@data:/media/data/data");
}
