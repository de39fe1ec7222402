#include "holdfast/core/mover_identity.hpp"
#include "tests/unit/volsync/subject.hpp"

using namespace holdfast;
using namespace holdfast::volsync;
using namespace holdfast::volsync::test;

namespace {

const core::Identity kElsewhere{"data-backup", "media", "/srv/data"};

Json::Value run_kopia(const core::Identity& source) {
  return run_object(Scene().subject(), {source, "2026-11-21T08:46:10.5Z", "t"}).body["spec"]["kopia"];
}

}  // namespace

TEST_CASE("a path other than VolSync's own goes through sourceIdentity, without which VolSync does not read it") {
  const Json::Value kopia = run_kopia(kElsewhere);
  CHECK(kopia["sourceIdentity"] == parse(R"({"sourceName": "data-backup", "sourceNamespace": "media",
    "sourcePVCName": "data", "sourcePathOverride": "/srv/data"})"));
  CHECK_FALSE(kopia.isMember("username"));
  CHECK_FALSE(kopia.isMember("hostname"));
  CHECK(core::mover_problem(kElsewhere).empty());
}

TEST_CASE("a source always names its path, so that nobody else can") {
  Scene scene;
  CHECK(source_object(scene.subject()).body["spec"]["kopia"]["sourcePathOverride"] == "/data");
  scene.identity = kElsewhere;
  const Json::Value kopia = source_object(scene.subject()).body["spec"]["kopia"];
  CHECK(kopia["sourcePathOverride"] == "/srv/data");
  CHECK(kopia["username"] == "data-backup");
  CHECK(kopia["hostname"] == "media");
}

TEST_CASE("dots and long names stay as they are where names are explicit") {
  const std::string longer = std::string(80, 'a') + "-backup";
  for (const std::string& user : {std::string("my.app.data-backup"), longer}) {
    const Json::Value kopia = run_kopia({user, "media", "/data"});
    CHECK(kopia["username"] == user);
    CHECK(kopia["hostname"] == "media");
    CHECK_FALSE(kopia.isMember("sourceIdentity"));
    CHECK(core::mover_problem({user, "media", "/data"}).empty());
  }
}

TEST_CASE("an identity that VolSync would spell in its own way is a problem before it restores another's files") {
  for (const core::Identity& identity :
       {core::Identity{"my.app.data-backup", "media", "/srv"}, core::Identity{std::string(51, 'a'), "media", "/srv"},
        core::Identity{"data", "my_host", "/srv"}}) {
    INFO(core::to_string(identity));
    CHECK(core::mover_problem(identity).find(core::to_string(identity)) != std::string::npos);
    CHECK(run_kopia(identity)["username"] == identity.user);
    CHECK(run_kopia(identity)["hostname"] == identity.host);
  }
}
