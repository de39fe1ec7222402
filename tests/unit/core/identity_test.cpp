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

/// "a@b:/c, d@e:/f?": the candidates in their order, the ambiguous ones with a question mark.
std::string places(std::initializer_list<std::string_view> texts, const PvcName& pvc) {
  std::string result;
  for (const Candidate& candidate : candidates(templates(texts), pvc)) {
    result += (result.empty() ? "" : ", ") + to_string(candidate.identity) + (candidate.ambiguous ? "?" : "");
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

TEST_CASE("the fork's spelling drops dots, trims dashes and keeps 50 bytes") {
  CHECK(fork_user_name("my.app.data-backup") == "myappdata-backup");
  CHECK(fork_user_name("plain_Name-0") == "plain_Name-0");
  CHECK(fork_user_name("-_a-b_-") == "a-b");
  CHECK(fork_user_name(".-a-.") == "a");
  CHECK(fork_user_name("ä b") == "b");
  CHECK(fork_user_name(std::string(60, 'a')) == std::string(50, 'a'));
  CHECK(fork_user_name("-" + std::string(50, 'a')) == std::string(50, 'a'));
}

TEST_CASE("a name of which the fork keeps nothing has no fork spelling") {
  CHECK(fork_user_name("").empty());
  CHECK(fork_user_name("._-.").empty());
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

TEST_CASE("a plain name has one place to look, and it is nobody else's") {
  CHECK(places({kLegacy}, {"media", "data"}) == "data-backup@media:/data");
  CHECK(places({kV4}, {"media", "data"}) == "data@media:/data");
}

TEST_CASE("the fork's spelling comes after the own one and is never sure") {
  CHECK(places({kLegacy}, {"media", "my.app.data"}) == "my.app.data-backup@media:/data, myappdata-backup@media:/data?");
  const std::string name(60, 'a');
  CHECK(places({kLegacy}, {"media", name}) == name + "-backup@media:/data, " + std::string(50, 'a') + "@media:/data?");
}

TEST_CASE("templates are tried in their order and no place twice") {
  CHECK(places({"{pvc}@{namespace}:/a", "{pvc}@{namespace}:/b"}, {"m", "x.y"}) ==
        "x.y@m:/a, xy@m:/a?, x.y@m:/b, xy@m:/b?");
  CHECK(places({kV4, kV4}, {"m", "x"}) == "x@m:/data");
}

TEST_CASE("with both naming strategies x-backup under the one is x under the other, and both are ambiguous") {
  CHECK(places({kLegacy, kV4}, {"m", "x"}) == "x-backup@m:/data?, x@m:/data");
  CHECK(places({kLegacy, kV4}, {"m", "x-backup"}) == "x-backup-backup@m:/data?, x-backup@m:/data?");
}

TEST_CASE("a template with several readings is ambiguous where another reading is a valid name") {
  constexpr std::string_view joined = "{namespace}-{pvc}@host:/data";
  CHECK(places({joined}, {"a", "b"}) == "a-b@host:/data");
  CHECK(places({joined}, {"a", "b-c"}) == "a-b-c@host:/data?");
  CHECK(places({joined}, {"a-b", "c"}) == "a-b-c@host:/data?");
  // A namespace holds no dot: "a.b" can only be the PVC's.
  CHECK(places({"{namespace}{pvc}@host:/data"}, {"a", ".b"}) == "a.b@host:/data, ab@host:/data?");
}

TEST_CASE("a name that stands twice must read the same twice") {
  constexpr std::string_view twice = "{namespace}-{pvc}@{namespace}:/data";
  CHECK(places({twice}, {"a", "b-c"}) == "a-b-c@a:/data");
  CHECK(places({"{pvc}-{pvc}@{namespace}:/data"}, {"m", "x-x"}) == "x-x-x-x@m:/data");
}
